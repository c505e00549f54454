#include "archive/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/sparse.h"
#include "archive/traits.h"
#include "archive/walk.h"
#include "base/fault.h"

#define CHUNK ((size_t)1 << 18)
#define INSIDE_ID 1000 /* owner and group of everything in an archive */
/* A reader refuses a tar header over 1 MiB. */
#define HEADER_MAX ((size_t)900 << 10)

static const char zeros[1 << 16];

static la_ssize_t
on_bytes(struct archive *a, void *arg, const void *p, size_t n)
{
	struct pack *pk = arg;

	(void)a;
	if (pk->err)
		return -1;
	hash_add(pk->hash, p, n);
	pk->meta.size += (int64_t)n;
	if ((pk->err = pk->store->put_write(pk->cx, pk->w, p, n)) ||
	    (pk->err = tick_add(&pk->tick, 0)))
		return -1;
	return (la_ssize_t)n;
}

/* libarchive has failed: was it one of ours, passed through it? */
static enum err
lib_failed(struct pack *pk, const char *what)
{
	const char *why = archive_error_string(pk->a);

	if (pk->err)
		return pk->err;
	return cx_fail(pk->cx, ERR_ACTION, "%s: %s", what, why ? why : "?");
}

static enum err
file_failed(struct pack *pk, const char *path, const char *what)
{
	if (errno == ENOENT || errno == ELOOP)
		return cx_fail(pk->cx, ERR_ACTION,
			       "%s/%.300s changed while it was archived",
			       pk->root, path);
	return cx_errno(pk->cx, errno, "%s %s/%.300s", what, pk->root, path);
}

static void
fill_entry(struct pack *pk, const char *path, const struct stat *st)
{
	struct archive_entry *en = archive_entry_clear(pk->entry);

	archive_entry_set_pathname(en, *path ? path : ".");
	archive_entry_set_filetype(en, st->st_mode & S_IFMT);
	archive_entry_set_perm(en, st->st_mode & 07777);
	archive_entry_set_uid(en, INSIDE_ID);
	archive_entry_set_gid(en, INSIDE_ID);
	archive_entry_set_mtime(en, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(en, 0);
}

static enum err
put_header(struct pack *pk, const char *path)
{
	int r;

	if (traits_size(pk->entry) + 2 * strlen(path) > HEADER_MAX)
		return cx_fail(pk->cx, ERR_ACTION,
			       "%s/%.300s has too many attributes to be"
			       " archived",
			       pk->root, path);
	r = archive_write_header(pk->a, pk->entry);
	if (r != ARCHIVE_OK)
		return lib_failed(pk, "write a header of the archive");
	pk->meta.files++;
	return tick_add(&pk->tick, 0);
}

static enum err
put_bytes(struct pack *pk, const void *p, size_t n)
{
	if (archive_write_data(pk->a, p, n) != (la_ssize_t)n)
		return lib_failed(pk, "write the archive");
	return OK;
}

/* Holes take no room in the archive, but its writer counts them. */
static enum err
put_hole(struct pack *pk, int64_t n)
{
	enum err e;

	while (n > 0) {
		size_t some =
			n < (int64_t)sizeof(zeros) ? (size_t)n : sizeof(zeros);

		if ((e = put_bytes(pk, zeros, some)) ||
		    (e = tick_add(&pk->tick, 0)))
			return e;
		n -= (int64_t)some;
	}
	return OK;
}

static enum err
put_region(struct pack *pk, int fd, int64_t at, int64_t n, const char *path)
{
	enum err e;

	while (n > 0) {
		size_t some = n < (int64_t)CHUNK ? (size_t)n : CHUNK;
		ssize_t got = pread(fd, pk->chunk, some, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return file_failed(pk, path, "read");
		if (!got)
			return cx_fail(pk->cx, ERR_ACTION,
				       "%s/%.300s shrank while it was"
				       " archived",
				       pk->root, path);
		if ((e = put_bytes(pk, pk->chunk, (size_t)got)) ||
		    (e = tick_add(&pk->tick, got)))
			return e;
		pk->meta.content += got;
		at += got;
		n -= got;
	}
	return OK;
}

static enum err
put_regions(struct pack *pk, int fd, const struct sparse *map, int64_t size,
	    const char *path)
{
	int64_t at = 0;
	enum err e;
	size_t i;

	for (i = 0; i < map->n; i++) {
		const struct region *r = &map->v[i];

		if ((e = put_hole(pk, r->at - at)) ||
		    (e = put_region(pk, fd, r->at, r->n, path)))
			return e;
		at = r->at + r->n;
	}
	return put_hole(pk, size - at);
}

static void
add_map(struct pack *pk, const struct sparse *map)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		archive_entry_sparse_add_entry(pk->entry, map->v[i].at,
					       map->v[i].n);
	if (!map->n)
		archive_entry_sparse_add_entry(pk->entry, 0, 0);
}

static enum err
check_same(struct pack *pk, int fd, const struct stat *a, const char *path)
{
	struct stat b;

	if (fstat(fd, &b))
		return file_failed(pk, path, "look at");
	if (a->st_size != b.st_size || a->st_mtim.tv_sec != b.st_mtim.tv_sec ||
	    a->st_mtim.tv_nsec != b.st_mtim.tv_nsec ||
	    a->st_ctim.tv_sec != b.st_ctim.tv_sec ||
	    a->st_ctim.tv_nsec != b.st_ctim.tv_nsec)
		return cx_fail(pk->cx, ERR_ACTION,
			       "%s/%.300s changed while it was archived",
			       pk->root, path);
	return OK;
}

static enum err
put_content(struct pack *pk, int fd, const struct stat *st, const char *path)
{
	struct sparse map = {.v = pk->regions};
	bool holes;
	enum err e;

	if ((e = sparse_map(pk->cx, fd, st, &map, &holes)))
		return e;
	archive_entry_set_size(pk->entry, st->st_size);
	if (holes)
		add_map(pk, &map);
	if ((e = put_header(pk, path)))
		return e;
	return holes ? put_regions(pk, fd, &map, st->st_size, path)
		     : put_region(pk, fd, 0, st->st_size, path);
}

/* A further name of what is in the archive already? */
static bool
is_link(struct pack *pk, const char *path, const struct stat *st)
{
	const char *first = links_seen(&pk->links, st, path);

	if (first)
		archive_entry_set_hardlink(pk->entry, first);
	return first;
}

static enum err
pack_open_file(struct pack *pk, const struct walk_item *it, int fd)
{
	struct stat st;
	enum err e;

	if (fstat(fd, &st))
		return file_failed(pk, it->path, "look at");
	if (!S_ISREG(st.st_mode)) {
		errno = ENOENT;
		return file_failed(pk, it->path, "read");
	}
	fill_entry(pk, it->path, &st);
	if (is_link(pk, it->path, &st))
		return put_header(pk, it->path);
	if ((e = traits_read(pk->cx, fd, false, pk->entry)) ||
	    (e = put_content(pk, fd, &st, it->path)))
		return e;
	return check_same(pk, fd, &st, it->path);
}

static enum err
pack_file(struct pack *pk, const struct walk_item *it)
{
	enum err e;
	int fd;

	if (FAULT(FAULT_PACK_READ))
		return cx_fail(pk->cx, ERR_IO, "fault: read %.300s", it->path);
	fd = walk_read_file(it->at, it->name);
	if (fd < 0)
		return file_failed(pk, it->path, "open");
	e = pack_open_file(pk, it, fd);
	close(fd);
	return e;
}

static enum err
pack_dir(struct pack *pk, const struct walk_item *it)
{
	enum err e;

	fill_entry(pk, it->path, it->st);
	if ((e = traits_read(pk->cx, it->fd, true, pk->entry)))
		return e;
	return put_header(pk, it->path);
}

/* Symlinks and pipes: all that they are is in their header. */
static enum err
pack_other(struct pack *pk, const struct walk_item *it)
{
	char target[PATH_MAX + 1];
	struct stat st;
	ssize_t n;

	if (fstatat(it->at, it->name, &st, AT_SYMLINK_NOFOLLOW))
		return file_failed(pk, it->path, "look at");
	fill_entry(pk, it->path, &st);
	if (is_link(pk, it->path, &st) || !S_ISLNK(st.st_mode))
		return put_header(pk, it->path);
	n = readlinkat(it->at, it->name, target, PATH_MAX);
	if (n < 0)
		return file_failed(pk, it->path, "read the link");
	target[n] = '\0';
	archive_entry_set_symlink(pk->entry, target);
	return put_header(pk, it->path);
}

static enum err
pack_item(struct pack *pk, const struct walk_item *it)
{
	switch (it->type) {
	case DT_DIR:
		return pack_dir(pk, it);
	case DT_REG:
		return pack_file(pk, it);
	case DT_LNK:
	case DT_FIFO:
		return pack_other(pk, it);
	default: /* sockets and devices */
		pk->meta.skipped++;
		return tick_add(&pk->tick, 0);
	}
}

static enum err
pack_tree(struct pack *pk)
{
	struct walk_item it;
	struct walk w;
	bool more;
	enum err e = walk_open(&w, pk->cx, pk->root);

	while (!e && !(e = walk_next(&w, &it, &more)) && more)
		e = pack_item(pk, &it);
	walk_close(&w);
	return e;
}

static int
count_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

static enum err
open_tar(struct pack *pk, int level)
{
	struct archive *a = pk->a;
	char threads[16], lvl[16];

	snprintf(threads, sizeof(threads), "%d", count_cores());
	snprintf(lvl, sizeof(lvl), "%d",
		 level < 1    ? 1
		 : level > 19 ? 19
			      : level);
	if (archive_write_set_format_pax(a) ||
	    archive_write_set_format_option(a, "pax", "hdrcharset", "BINARY") ||
	    archive_write_add_filter_zstd(a) ||
	    archive_write_set_filter_option(a, "zstd", "compression-level",
					    lvl) ||
	    archive_write_set_filter_option(a, "zstd", "threads", threads) ||
	    archive_write_set_bytes_per_block(a, 0) ||
	    archive_write_open2(a, pk, NULL, on_bytes, NULL, NULL))
		return lib_failed(pk, "begin an archive");
	return OK;
}

enum err
pack_stream(struct pack *pk, int level)
{
	enum err e;

	if ((e = open_tar(pk, level)) || (e = pack_tree(pk))) {
		archive_write_fail(pk->a);
		return e;
	}
	if (archive_write_close(pk->a) != ARCHIVE_OK)
		return lib_failed(pk, "finish an archive");
	hash_hex(pk->hash, pk->meta.sha256);
	return OK;
}

void
pack_begin(struct pack *pk)
{
	pk->a = archive_write_new();
	pk->entry = archive_entry_new();
	pk->hash = hash_new();
	pk->chunk = malloc(CHUNK);
	pk->regions = calloc(SPARSE_MAX, sizeof(*pk->regions));
	if (!pk->a || !pk->entry || !pk->chunk || !pk->regions)
		abort(); /* out of memory: crash-only */
}

void
pack_end(struct pack *pk)
{
	archive_write_free(pk->a);
	archive_entry_free(pk->entry);
	hash_free(pk->hash);
	free(pk->chunk);
	free(pk->regions);
	links_free(&pk->links);
}
