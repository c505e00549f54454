#include "archive/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "archive/links.h"
#include "archive/walk.h"

static int64_t
bytes_of(const struct stat *st)
{
	int64_t held = (int64_t)st->st_blocks * 512;

	/* Small files may be kept in the inode, in no block at all. */
	return held && held < st->st_size ? held : st->st_size;
}

static void
count(struct measure *m, struct links *links, const char *path,
      const struct stat *st)
{
	int64_t ms = (int64_t)st->st_ctim.tv_sec * 1000 +
		     st->st_ctim.tv_nsec / 1000000;

	m->files++;
	if (ms > m->changed_ms)
		m->changed_ms = ms;
	if (S_ISREG(st->st_mode) && !links_seen(links, st, path))
		m->bytes += bytes_of(st);
}

static enum err
look(struct cx *cx, const struct walk_item *it, struct links *links,
     struct measure *m)
{
	struct stat st;

	if (it->type == DT_SOCK || it->type == DT_BLK || it->type == DT_CHR)
		return OK;
	if (it->st) {
		count(m, links, "", it->st);
		return OK;
	}
	if (!fstatat(it->at, it->name, &st, AT_SYMLINK_NOFOLLOW))
		count(m, links, "", &st);
	else if (errno != ENOENT)
		return cx_errno(cx, errno, "look at %.200s", it->path);
	return OK;
}

enum err
measure_tree(struct cx *cx, const char *path, struct tick *tick,
	     struct measure *out)
{
	struct measure m = {0};
	struct links links = {0};
	struct walk_item it;
	struct walk w;
	bool more;
	enum err e = walk_open(&w, cx, path);

	while (!e && !(e = walk_next(&w, &it, &more)) && more)
		if (!(e = look(cx, &it, &links, &m)))
			e = tick_add(tick, 0);
	walk_close(&w);
	links_free(&links);
	if (!e)
		*out = m;
	return e;
}

enum err
archive_measure(struct cx *cx, const char *path, int64_t *bytes, int64_t *files)
{
	struct measure m;
	struct tick tick;
	enum err e;

	tick_begin(&tick, cx, NULL, 0);
	if ((e = measure_tree(cx, path, &tick, &m)))
		return e;
	*bytes = m.bytes;
	*files = m.files;
	return OK;
}
