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
#include "archive/tick.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/id.h"
#include "rules/names.h"

#define OBJECT "home.tar.zst"
#define META OBJECT ".meta"
#define PART OBJECT ".part"
#define FLUSH_BYTES ((int64_t)16 << 20) /* what may wait for the last sync */

struct store_writer {
	int fd;
	int64_t size, flushed;
	const char *dir;
};

struct store_reader {
	int fd;
};

static enum err
check_key(struct cx *cx, const char *key)
{
	char id[37], op_id[37];

	if (!key || !name_archive_ids(key, id, op_id))
		return cx_fail(cx, ERR_INVALID, "not the key of an archive");
	return OK;
}

static const char *
path_of(struct cx *cx, const char *key, const char *file)
{
	return arena_printf(&cx->arena, "%s/%s%s%s", cx->site->archives_dir,
			    key, file ? "/" : "", file ? file : "");
}

/* The directory of all archives of one workspace. */
static const char *
above(struct cx *cx, const char *key)
{
	return path_of(cx, arena_strndup(&cx->arena, key, ID_UUID_LEN), NULL);
}

/* Without its root a store knows nothing: that is a failed look. */
static enum err
check_root(struct cx *cx)
{
	const char *root = cx->site->archives_dir;
	struct stat st;

	if (stat(root, &st))
		return cx_errno(cx, errno, "look at archives_dir %s", root);
	if (!S_ISDIR(st.st_mode))
		return cx_fail(cx, ERR_CONFIG,
			       "archives_dir %s is no directory", root);
	return OK;
}

static enum err
not_found(struct cx *cx, const char *key)
{
	enum err e = check_root(cx);

	return e ? e
		 : cx_fail(cx, ERR_NOT_FOUND, "there is no archive %s", key);
}

static enum err
dir_probe(struct cx *cx)
{
	const char *root = cx->site->archives_dir;
	enum err e;

	if ((e = fs_mkdirs(cx, root, 0700)) || (e = check_root(cx)))
		return e;
	if (access(root, R_OK | W_OK | X_OK))
		return cx_fail(cx, ERR_CONFIG,
			       "archives_dir %s is not writable for uid %u:"
			       " chown it",
			       root, (unsigned)geteuid());
	return fs_sync_dir(cx, root);
}

static enum err
remove_file(struct cx *cx, const char *path)
{
	if (unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "remove %s", path);
	return OK;
}

static enum err
make_dirs(struct cx *cx, const char *key)
{
	const char *up = above(cx, key);
	enum err e;

	if ((e = check_root(cx)) || (e = fs_mkdir(cx, up, 0700)) ||
	    (e = fs_mkdir(cx, path_of(cx, key, NULL), 0700)) ||
	    (e = fs_sync_dir(cx, up)))
		return e;
	return fs_sync_dir(cx, cx->site->archives_dir);
}

/* A marker without the data that it speaks of must never be seen. */
static enum err
clear_old(struct cx *cx, const char *key)
{
	const char *meta = path_of(cx, key, META);
	enum err e;

	if (fs_exists(meta) && ((e = remove_file(cx, meta)) ||
				(e = fs_sync_dir(cx, path_of(cx, key, NULL)))))
		return e;
	return remove_file(cx, path_of(cx, key, PART));
}

static enum err
dir_put_open(struct cx *cx, const char *key, struct store_writer **w)
{
	const char *part;
	enum err e;
	int fd;

	if ((e = check_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_PUT_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: write archive %s", key);
	if ((e = make_dirs(cx, key)) || (e = clear_old(cx, key)))
		return e;
	part = path_of(cx, key, PART);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return cx_errno(cx, errno, "make %s", part);
	*w = calloc(1, sizeof(**w));
	if (!*w)
		abort(); /* out of memory: crash-only */
	(*w)->fd = fd;
	(*w)->dir = path_of(cx, key, NULL);
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
			return cx_errno(cx, errno, "write %s/" PART, w->dir);
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
		e = cx_errno(cx, errno, "sync %s/" PART, dir);
	if (close(w->fd) && !e)
		e = cx_errno(cx, errno, "close %s/" PART, dir);
	w->fd = -1;
	if (!e && FAULT(FAULT_STORE_PUT_BEFORE))
		e = cx_fail(cx, ERR_IO, "fault: finish %s/" PART, dir);
	if (!e)
		e = fs_rename_sync(cx,
				   arena_printf(&cx->arena, "%s/" PART, dir),
				   arena_printf(&cx->arena, "%s/" OBJECT, dir));
	if (!e && FAULT(FAULT_STORE_PUT_AFTER))
		e = cx_fail(cx, ERR_IO, "fault: finished %s/" OBJECT, dir);
	return e;
}

/* What is unfinished stays: put_open and remove clear it. */
static void
dir_put_abort(struct store_writer *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

static enum err
dir_put_close(struct cx *cx, struct store_writer *w)
{
	enum err e = finish_part(cx, w);

	dir_put_abort(w);
	return e;
}

static enum err
dir_put_meta(struct cx *cx, const char *key, const char *json, size_t n)
{
	enum err e;

	if ((e = check_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_META_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: write marker of %s", key);
	if ((e = fs_write_sync(cx, path_of(cx, key, META), json, n, 0600)))
		return e;
	if (FAULT(FAULT_STORE_META_AFTER))
		return cx_fail(cx, ERR_IO, "fault: wrote marker of %s", key);
	return OK;
}

static enum err
dir_get_meta(struct cx *cx, const char *key, struct archive_meta *meta)
{
	struct buf b;
	enum err e;

	if ((e = check_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_GET))
		return cx_fail(cx, ERR_IO, "fault: read marker of %s", key);
	buf_init(&b, META_MAX);
	e = fs_read(cx, path_of(cx, key, META), &b);
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
	const char *path = path_of(cx, key, OBJECT);
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
dir_get_open(struct cx *cx, const char *key, struct store_reader **r)
{
	enum err e;
	int fd;

	if ((e = check_key(cx, key)))
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
	size_t n;

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
	int fd;

	if ((e = check_key(cx, key)))
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

/* Everything of ours in the key's directory; the marker goes before. */
static enum err
clear_dir(struct cx *cx, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	enum err e = OK;

	if (!d)
		return errno == ENOENT ? OK
				       : cx_errno(cx, errno, "list %s", dir);
	while (!e && (errno = 0, de = readdir(d))) {
		if (!strncmp(de->d_name, OBJECT, strlen(OBJECT)) &&
		    unlinkat(dirfd(d), de->d_name, 0) && errno != ENOENT)
			e = cx_errno(cx, errno, "remove %s/%s", dir,
				     de->d_name);
	}
	if (!e && errno)
		e = cx_errno(cx, errno, "list %s", dir);
	closedir(d);
	return e;
}

static enum err
remove_empty(struct cx *cx, const char *path, bool must)
{
	if (!rmdir(path) || errno == ENOENT)
		return OK;
	if ((errno == ENOTEMPTY || errno == EEXIST) && !must)
		return OK;
	return cx_errno(cx, errno, "remove %s", path);
}

static enum err
dir_remove(struct cx *cx, const char *key)
{
	const char *dir, *up;
	enum err e;

	if ((e = check_key(cx, key)) || (e = check_root(cx)))
		return e;
	if (FAULT(FAULT_STORE_DELETE))
		return cx_fail(cx, ERR_IO, "fault: delete archive %s", key);
	dir = path_of(cx, key, NULL);
	up = above(cx, key);
	if (fs_exists(path_of(cx, key, META)) &&
	    ((e = remove_file(cx, path_of(cx, key, META))) ||
	     (e = fs_sync_dir(cx, dir))))
		return e;
	if ((e = clear_dir(cx, dir)) || (e = remove_empty(cx, dir, true)) ||
	    (e = remove_empty(cx, up, false)))
		return e;
	return fs_sync_dir(cx, cx->site->archives_dir);
}

struct names {
	const char **v;
	size_t n, cap;
};

static void
add_name(struct cx *cx, struct names *l, const char *id, const char *op_id)
{
	char key[NAME_MAX_LEN];

	if (l->n == l->cap) {
		size_t more = l->cap ? l->cap * 2 : 64;
		const char **v = arena_array(&cx->arena, more, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->cap = more;
	}
	l->v[l->n++] = arena_strdup(&cx->arena, name_archive(id, op_id, key));
}

/* Calls each(name) for the UUIDs in a directory; strange names are left. */
static enum err
list_uuids(struct cx *cx, const char *path, const char *id, struct names *l)
{
	DIR *d = opendir(path);
	struct dirent *de;
	enum err e = OK;

	/* It may have been removed since it was seen in its parent. */
	if (!d)
		return id && (errno == ENOENT || errno == ENOTDIR)
			       ? OK
			       : cx_errno(cx, errno, "list %s", path);
	while (!e && (errno = 0, de = readdir(d))) {
		if (!id_is_uuid(de->d_name))
			continue;
		if (id)
			add_name(cx, l, id, de->d_name);
		else
			e = list_uuids(cx, path_of(cx, de->d_name, NULL),
				       de->d_name, l);
	}
	if (!e && errno)
		e = cx_errno(cx, errno, "list %s", path);
	closedir(d);
	return e;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err
dir_list(struct cx *cx, struct archive_names *out)
{
	struct names l = {0};
	enum err e;

	if (FAULT(FAULT_STORE_LIST))
		return cx_fail(cx, ERR_IO, "fault: list archives");
	if ((e = list_uuids(cx, cx->site->archives_dir, NULL, &l)))
		return e;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_name);
	out->v = l.v;
	out->n = l.n;
	return OK;
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
