/*
 * A store into an empty directory: sha256, zstd, tar, one entry at a time.
 *
 * 1. The whole object is hashed, also what follows the end of the tar.
 * 2. The marker bounds what is made: no more entries, no more bytes.
 * 3. Regular files, directories, symlinks, pipes and further names of such;
 *    anything else was never ours: ERR_CORRUPT.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "archive/hash.h"
#include "archive/put.h"
#include "archive/send.h"
#include "base/fs.h"

#define CHUNK ((size_t)1 << 18)

struct source {
	struct cx *cx;
	const struct store_ops *store;
	struct store_reader *r;
	struct hash *hash;
	struct tick *tick;
	int64_t size, limit;
	char *chunk;
	enum err err;
};

/* The next bytes of the object; *n = 0 at its end. */
static enum err
pull(struct source *s, size_t *n)
{
	enum err e;

	if ((e = s->store->get_read(s->cx, s->r, s->chunk, CHUNK, n)) ||
	    (e = tick_add(s->tick, 0)))
		return e;
	hash_add(s->hash, s->chunk, *n);
	s->size += (int64_t)*n;
	if (s->size > s->limit)
		return cx_fail(s->cx, ERR_CORRUPT,
			       "the archive is longer than its marker says");
	return OK;
}

static la_ssize_t
on_read(struct archive *a, void *arg, const void **p)
{
	struct source *s = arg;
	size_t n = 0;

	(void)a;
	if (s->err || (s->err = pull(s, &n)))
		return -1;
	*p = s->chunk;
	return (la_ssize_t)n;
}

/* What follows the end of the tar belongs to the object too. */
static enum err
check_source(struct source *s, const struct archive_meta *meta)
{
	char hex[65];
	enum err e;
	size_t n;

	do {
		if ((e = pull(s, &n)))
			return e;
	} while (n);
	hash_hex(s->hash, hex);
	if (s->size != meta->size)
		return cx_fail(s->cx, ERR_CORRUPT,
			       "the archive has %lld bytes, not %lld",
			       (long long)s->size, (long long)meta->size);
	if (strcmp(hex, meta->sha256) != 0)
		return cx_fail(s->cx, ERR_CORRUPT,
			       "the archive's sha256 is %s, not %s", hex,
			       meta->sha256);
	return OK;
}

static enum err
tar_failed(struct source *s, struct archive *a)
{
	const char *why = archive_error_string(a);

	return s->err ? s->err
		      : cx_fail(s->cx, ERR_CORRUPT,
				"the archive cannot be read: %s",
				why ? why : "?");
}

/* What takes the entries: put.h or send.h. */
struct taker {
	enum err (*entry)(void *arg, struct archive *a,
			  struct archive_entry *entry);
	void *arg;
};

static enum err
all_entries(const struct taker *to, struct source *s, struct archive *a)
{
	struct archive_entry *entry;
	enum err e;
	int r;

	for (;;) {
		r = archive_read_next_header(a, &entry);
		if (r == ARCHIVE_EOF)
			return OK;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return tar_failed(s, a);
		if ((e = to->entry(to->arg, a, entry)))
			return e;
	}
}

static enum err
read_tar(const struct taker *to, struct bounds *b, struct source *s)
{
	struct archive *a = archive_read_new();
	enum err e;

	if (!a)
		abort(); /* out of memory: crash-only */
	if (archive_read_support_filter_zstd(a) ||
	    archive_read_support_format_tar(a) ||
	    archive_read_open(a, s, NULL, on_read, NULL))
		e = tar_failed(s, a);
	else if (!(e = all_entries(to, s, a)) &&
		 !(e = check_source(s, b->meta)))
		e = bounds_check(b);
	archive_read_free(a);
	return e;
}

static enum err
check_space(struct cx *cx, const char *path, const struct archive_meta *meta)
{
	uint64_t bytes, inodes;
	enum err e = fs_free(cx, path, &bytes, &inodes);

	if (e)
		return e;
	if ((uint64_t)meta->content > bytes)
		return cx_fail(cx, ERR_NO_SPACE,
			       "restoring needs %lld bytes, the disk of the"
			       " homes has %llu free",
			       (long long)meta->content,
			       (unsigned long long)bytes);
	if ((uint64_t)meta->files > inodes)
		return cx_fail(cx, ERR_NO_SPACE,
			       "restoring needs %lld inodes, the disk of the"
			       " homes has %llu free",
			       (long long)meta->files,
			       (unsigned long long)inodes);
	return OK;
}

/* Opened before the first write, so that no error of a later write-back is
 * missed by the sync at the end. */
static enum err
open_disk(struct cx *cx, const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *fd < 0 ? cx_errno(cx, errno, "open %s", path) : OK;
}

struct syncing {
	int disk, bell; /* its own; the bell rings with errno + 1 */
};

static void *
sync_disk(void *arg)
{
	struct syncing *s = arg;
	uint64_t answer = 1;

	if (s->disk < 0)
		sync();
	else if (syncfs(s->disk))
		answer = (uint64_t)errno + 1;

	(void)!write(s->bell, &answer, sizeof(answer));
	if (s->disk >= 0)
		close(s->disk);
	close(s->bell);
	free(s);
	return NULL;
}

static void
start_sync(int disk, int bell)
{
	struct syncing *s = malloc(sizeof(*s));
	pthread_t thread;

	if (!s)
		abort(); /* out of memory: crash-only */
	*s = (struct syncing){disk, fcntl(bell, F_DUPFD_CLOEXEC, 0)};
	if (pthread_create(&thread, NULL, sync_disk, s))
		sync_disk(s);
	else
		pthread_detach(thread);
}

/* disk -1: all of them. A sync may take long and cannot be interrupted: it is
 * left to itself when this is given up. */
static enum err
sync_patiently(struct tick *tick, int disk, const char *path)
{
	struct pollfd bell = {.fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN};
	uint64_t answer = 0;
	enum err e = OK;

	if (bell.fd < 0) {
		if (disk >= 0)
			close(disk);
		return cx_errno(tick->cx, errno, "wait for %s", path);
	}
	start_sync(disk, bell.fd);
	while (!e && poll(&bell, 1, 20) != 1)
		e = tick_add(tick, 0);
	if (!e && read(bell.fd, &answer, sizeof(answer)) != sizeof(answer))
		e = cx_errno(tick->cx, errno, "wait for %s", path);
	if (!e && answer > 1)
		e = cx_errno(tick->cx, (int)answer - 1, "sync %s", path);
	close(bell.fd);
	return e;
}

struct unpack {
	struct source s;
	struct bounds b;
	struct tick tick;
	struct progress quiet;
	struct archive_meta m;
	int64_t uid;
};

static enum err
fill_tree(struct unpack *u, const char *path)
{
	struct put pt = {.cx = u->b.cx, .b = &u->b, .uid = u->uid};
	const struct taker to = {put_entry, &pt};
	enum err e;
	int disk;

	if ((e = open_disk(u->b.cx, path, &disk)))
		return e;
	if (!(e = put_begin(&pt, path)) && !(e = read_tar(&to, &u->b, &u->s)))
		e = put_finish(&pt);
	put_end(&pt);
	if (!e)
		return sync_patiently(&u->tick, disk, path);
	close(disk);
	return e;
}

/* Into where only a stream leads. */
static enum err
fill_stream(struct unpack *u, const struct tree *stage)
{
	struct send sd = {.cx = u->b.cx,
			  .b = &u->b,
			  .to = stage,
			  .uid = u->uid};
	const struct taker to = {send_entry, &sd};
	enum err e;

	if (!(e = send_begin(&sd)) && !(e = read_tar(&to, &u->b, &u->s)))
		e = send_finish(&sd);
	send_end(&sd);
	/* Which disk it is, is not known; that it is one of this machine is. */
	return e ? e : sync_patiently(&u->tick, -1, "the disks");
}

static enum err
read_object(struct unpack *u, const char *key, const struct progress *q,
	    const struct tree *stage)
{
	struct source *s = &u->s;
	enum err e;

	if ((e = tick_now(&u->tick)) ||
	    (e = s->store->get_open(s->cx, key, q, &s->r)))
		return e;
	s->hash = hash_new();
	s->chunk = malloc(CHUNK);
	if (!s->chunk)
		abort(); /* out of memory: crash-only */
	bounds_begin(&u->b);
	e = stage->path ? fill_tree(u, stage->path) : fill_stream(u, stage);
	bounds_end(&u->b);
	free(s->chunk);
	hash_free(s->hash);
	s->store->get_close(s->r);
	return e;
}

enum err
archive_unpack_home(struct cx *cx, const struct store_ops *store,
		    const char *key, const struct tree *stage, int64_t uid,
		    const struct progress *pg, struct archive_meta *meta)
{
	struct unpack u = {.s = {.cx = cx, .store = store, .tick = &u.tick},
			   .b = {.cx = cx,
				 .tick = &u.tick,
				 .meta = &u.m,
				 .broken = &u.s.err},
			   .uid = uid};
	const struct progress *q = pg ? &u.quiet : NULL;
	enum err e;

	tick_begin(&u.tick, cx, pg, 0);
	u.quiet = tick_beside(&u.tick);
	if ((e = store->get_meta(cx, key, q, &u.m)) ||
	    (stage->disk && (e = check_space(cx, stage->disk, &u.m))))
		return e;
	u.tick.total = u.m.content;
	u.s.limit = u.m.size;
	if ((e = read_object(&u, key, q, stage)))
		return e;
	*meta = u.m;
	return OK;
}

enum err
archive_unpack(struct cx *cx, const struct store_ops *store, const char *key,
	       const char *path, int64_t uid, const struct progress *pg,
	       struct archive_meta *meta)
{
	const struct tree stage = {.path = path, .disk = path};

	return archive_unpack_home(cx, store, key, &stage, uid, pg, meta);
}
