/*
 * Archives in a directory: {archives_dir}/{id}/{op_id}/home.tar.zst, written
 * as .part, synced, renamed, and its .meta last; every directory on the way
 * is synced too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/hash.h"
#include "archive/meta.h"
#include "archive/store_dir.h"
#include "archive/tick.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/id.h"
#include "rules/names.h"

#define FLUSH_BYTES ((int64_t)16 << 20) /* what may wait for the last sync */

struct store_writer {
	int fd;
	int64_t size, flushed;
	const char *dir, *part;
};

struct store_reader {
	int fd;
};

static enum err
not_found(struct cx *cx, const char *key)
{
	enum err e = spot_root(cx);

	return e ? e
		 : cx_fail(cx, ERR_NOT_FOUND, "there is no archive %s", key);
}

static enum err
dir_probe(struct cx *cx)
{
	const char *root = cx->site->archives_dir;
	enum err e;

	if ((e = fs_mkdirs(cx, root, 0700)) || (e = spot_root(cx)))
		return e;
	if (access(root, R_OK | W_OK | X_OK))
		return cx_fail(cx, ERR_CONFIG,
			       "archives_dir %s is not writable for uid %u:"
			       " chown it",
			       root, (unsigned)geteuid());
	return fs_sync_dir(cx, root);
}

static enum err
make_dirs(struct cx *cx, const char *key)
{
	const char *up = spot_above(cx, key);
	enum err e;

	if ((e = spot_root(cx)) || (e = fs_mkdir(cx, up, 0700)) ||
	    (e = fs_mkdir(cx, spot_path(cx, key, NULL), 0700)) ||
	    (e = fs_sync_dir(cx, up)))
		return e;
	return fs_sync_dir(cx, cx->site->archives_dir);
}

/* A marker without the data that it speaks of must never be seen. */
static enum err
clear_old(struct cx *cx, const char *key)
{
	const char *meta = spot_path(cx, key, SPOT_META);
	enum err e;

	if (fs_exists(meta) &&
	    ((e = spot_unlink(cx, meta)) ||
	     (e = fs_sync_dir(cx, spot_path(cx, key, NULL)))))
		return e;
	return spot_unlink(cx, spot_path(cx, key, SPOT_PART));
}

static enum err
dir_put_open(struct cx *cx, const char *key, const struct progress *pg,
	     struct store_writer **w)
{
	const char *part;
	enum err e;
	int fd;

	(void)pg;
	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_PUT_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: write archive %s", key);
	if ((e = make_dirs(cx, key)) || (e = clear_old(cx, key)))
		return e;
	part = spot_path(cx, key, SPOT_PART);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return cx_errno(cx, errno, "make %s", part);
	*w = calloc(1, sizeof(**w));
	if (!*w)
		abort(); /* out of memory: crash-only */
	(*w)->fd = fd;
	(*w)->dir = spot_path(cx, key, NULL);
	(*w)->part = part;
	return OK;
}

/* Starts what is written on its way to the disk, so that the last sync has
 * little left to wait for. */
static void
flush(struct store_writer *w)
{
	if (w->size - w->flushed < FLUSH_BYTES)
		return;
	(void)!sync_file_range(w->fd, w->flushed, w->size - w->flushed,
			       SYNC_FILE_RANGE_WRITE);
	w->flushed = w->size;
}

static enum err
dir_put_write(struct cx *cx, struct store_writer *w, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t done = write(w->fd, s, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return cx_errno(cx, errno, "write %s/" SPOT_PART,
					w->dir);
		s += done;
		n -= (size_t)done;
		w->size += done;
	}
	flush(w);
	return OK;
}

static enum err
finish_part(struct cx *cx, struct store_writer *w)
{
	const char *dir = w->dir;
	enum err e = OK;

	if (fsync(w->fd))
		e = cx_errno(cx, errno, "sync %s/" SPOT_PART, dir);
	if (close(w->fd) && !e)
		e = cx_errno(cx, errno, "close %s/" SPOT_PART, dir);
	w->fd = -1;
	if (!e && FAULT(FAULT_STORE_PUT_BEFORE))
		e = cx_fail(cx, ERR_IO, "fault: finish %s/" SPOT_PART, dir);
	if (!e)
		e = fs_rename_sync(cx,
				   arena_printf(&cx->arena, "%s/" SPOT_PART,
						dir),
				   arena_printf(&cx->arena, "%s/" SPOT_OBJECT,
						dir));
	if (!e && FAULT(FAULT_STORE_PUT_AFTER))
		e = cx_fail(cx, ERR_IO, "fault: finished %s/" SPOT_OBJECT, dir);
	return e;
}

/* What is unfinished goes at once: the disk may be full of it. (After a crash
 * put_open and remove clear it.) */
static void
dir_put_abort(struct store_writer *w)
{
	if (!w)
		return;
	unlink(w->part);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

static enum err
dir_put_close(struct cx *cx, struct store_writer *w)
{
	enum err e = finish_part(cx, w);

	/* Finished, there is no part any more that this would remove. */
	dir_put_abort(w);
	return e;
}

static enum err
dir_put_meta(struct cx *cx, const char *key, const char *json, size_t n,
	     const struct progress *pg)
{
	enum err e;

	(void)pg;
	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_META_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: write marker of %s", key);
	if ((e = fs_write_sync(cx, spot_path(cx, key, SPOT_META), json, n,
			       0600)))
		return e;
	if (FAULT(FAULT_STORE_META_AFTER))
		return cx_fail(cx, ERR_IO, "fault: wrote marker of %s", key);
	return OK;
}

static enum err
dir_get_meta(struct cx *cx, const char *key, const struct progress *pg,
	     struct archive_meta *meta)
{
	struct buf b;
	enum err e;

	(void)pg;
	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_GET))
		return cx_fail(cx, ERR_IO, "fault: read marker of %s", key);
	buf_init(&b, META_MAX);
	e = fs_read(cx, spot_path(cx, key, SPOT_META), &b);
	if (e == ERR_NOT_FOUND)
		e = not_found(cx, key);
	else if (e == ERR_TOO_LARGE)
		e = cx_fail(cx, ERR_CORRUPT, "the marker of %s is too large",
			    key);
	if (!e)
		e = archive_meta_parse(cx, buf_str(&b), b.len, meta);
	buf_free(&b);
	return e;
}

static enum err
open_object(struct cx *cx, const char *key, int *out)
{
	const char *path = spot_path(cx, key, SPOT_OBJECT);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return not_found(cx, key);
	if (fd < 0)
		return cx_errno(cx, errno, "open %s", path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*out = fd;
	return OK;
}

static enum err
dir_get_open(struct cx *cx, const char *key, const struct progress *pg,
	     struct store_reader **r)
{
	enum err e;
	int fd = -1;

	(void)pg;
	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_GET))
		return cx_fail(cx, ERR_IO, "fault: open archive %s", key);
	if ((e = open_object(cx, key, &fd)))
		return e;
	*r = calloc(1, sizeof(**r));
	if (!*r)
		abort(); /* out of memory: crash-only */
	(*r)->fd = fd;
	return OK;
}

static enum err
dir_get_read(struct cx *cx, struct store_reader *r, void *p, size_t max,
	     size_t *n)
{
	ssize_t got;

	do {
		got = read(r->fd, p, max);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return cx_errno(cx, errno, "read an archive");
	*n = (size_t)got;
	return OK;
}

static void
dir_get_close(struct store_reader *r)
{
	if (!r)
		return;
	close(r->fd);
	free(r);
}

static enum err
hash_fd(struct cx *cx, int fd, struct hash *h, const struct progress *pg)
{
	enum { CHUNK = 1 << 18 };
	struct store_reader r = {fd};
	struct tick t;
	struct stat st;
	enum err e;
	char *p;
	size_t n = 0;

	if (fstat(fd, &st))
		return cx_errno(cx, errno, "look at an archive");
	p = malloc(CHUNK);
	if (!p)
		abort(); /* out of memory: crash-only */
	tick_begin(&t, cx, pg, st.st_size);
	while (!(e = dir_get_read(cx, &r, p, CHUNK, &n)) && n) {
		hash_add(h, p, n);
		if ((e = tick_add(&t, (int64_t)n)))
			break;
	}
	free(p);
	return e;
}

static enum err
compare(struct cx *cx, const char *key, int fd, const struct archive_meta *meta,
	struct hash *h)
{
	char hex[65];
	struct stat st;

	hash_hex(h, hex);
	if (fstat(fd, &st))
		return cx_errno(cx, errno, "look at archive %s", key);
	if (st.st_size != meta->size)
		return cx_fail(cx, ERR_CORRUPT,
			       "archive %s has %lld bytes, not %lld", key,
			       (long long)st.st_size, (long long)meta->size);
	if (strcmp(hex, meta->sha256) != 0)
		return cx_fail(cx, ERR_CORRUPT,
			       "the sha256 of archive %s is %s, not %s", key,
			       hex, meta->sha256);
	return OK;
}

static enum err
dir_verify(struct cx *cx, const char *key, const struct archive_meta *meta,
	   const struct progress *pg)
{
	struct hash *h;
	enum err e;
	int fd = -1;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_VERIFY))
		return cx_fail(cx, ERR_IO, "fault: verify archive %s", key);
	if ((e = open_object(cx, key, &fd)))
		return e;
	/* The disk is asked, not what memory still holds of it. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	h = hash_new();
	if (!(e = hash_fd(cx, fd, h, pg)))
		e = compare(cx, key, fd, meta, h);
	hash_free(h);
	close(fd);
	return e;
}

const struct store_ops store_dir = {
	.name = "dir",
	.probe = dir_probe,
	.put_open = dir_put_open,
	.put_write = dir_put_write,
	.put_close = dir_put_close,
	.put_abort = dir_put_abort,
	.put_meta = dir_put_meta,
	.get_meta = dir_get_meta,
	.get_open = dir_get_open,
	.get_read = dir_get_read,
	.get_close = dir_get_close,
	.verify = dir_verify,
	.remove = dir_remove,
	.list = dir_list,
};
