#include "archive/sparse.h"

#include <errno.h>
#include <unistd.h>

#define HOLE_MIN 4096

/* The next data region at or after `from`; r->n = 0: no more. */
static int
next_region(int fd, int64_t from, int64_t size, struct region *r)
{
	off_t at = from < size ? lseek(fd, from, SEEK_DATA) : -1, end;

	*r = (struct region){0};
	if (from >= size || (at < 0 && errno == ENXIO) || at >= size)
		return 0;
	if (at < 0 || (end = lseek(fd, at, SEEK_HOLE)) < 0)
		return -1;
	*r = (struct region){at, (end > size ? size : end) - at};
	return 0;
}

/* 1: the map is too large with holes of this size; -1: errno. */
static int
fill(int fd, int64_t size, int64_t least, struct sparse *map)
{
	struct region r;
	int64_t from = 0;

	map->n = 0;
	for (;;) {
		struct region *last = map->n ? &map->v[map->n - 1] : NULL;

		if (next_region(fd, from, size, &r))
			return -1;
		if (!r.n)
			return 0;
		from = r.at + r.n;
		if (last && r.at - (last->at + last->n) < least)
			last->n = from - last->at;
		else if (map->n == SPARSE_MAX)
			return 1;
		else
			map->v[map->n++] = r;
	}
}

enum err
sparse_map(struct cx *cx, int fd, const struct stat *st, struct sparse *map,
	   bool *holes)
{
	int64_t least = HOLE_MIN, size = st->st_size;
	int r;

	*holes = false;
	if (size < HOLE_MIN || st->st_blocks * 512 >= size)
		return OK;
	while ((r = fill(fd, size, least, map)) > 0)
		least *= 4;
	/* EINVAL: a filesystem that cannot tell. */
	if (r < 0 && errno != EINVAL)
		return cx_errno(cx, errno, "look for holes");
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return OK;
	*holes = !(map->n == 1 && !map->v[0].at && map->v[0].n == size);
	return OK;
}
