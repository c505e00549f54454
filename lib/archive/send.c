#include "archive/send.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/nest.h"
#include "archive/traits.h"

static la_ssize_t
on_bytes(struct archive *a, void *arg, const void *p, size_t n)
{
	struct send *sd = arg;

	(void)a;
	if (sd->err || (sd->err = sd->to->ops->write(sd->cx, sd->s, p, n)) ||
	    (sd->err = tick_add(sd->b->tick, 0)))
		return -1;
	return (la_ssize_t)n;
}

static enum err
broken(struct send *sd)
{
	const char *why = archive_error_string(sd->a);

	return sd->err ? sd->err
		       : cx_fail(sd->cx, ERR_ACTION, "send a home: %s",
				 why ? why : "?");
}

/* To libarchive the whole tar is one file. */
static enum err
open_raw(struct send *sd)
{
	struct archive_entry *one = archive_entry_new();
	int r;

	if (!one)
		abort(); /* out of memory: crash-only */
	archive_entry_set_filetype(one, AE_IFREG);
	r = archive_write_set_format_raw(sd->a) ||
	    archive_write_set_bytes_per_block(sd->a, 0) ||
	    archive_write_open2(sd->a, sd, NULL, on_bytes, NULL, NULL) ||
	    archive_write_header(sd->a, one);
	archive_entry_free(one);
	if (r)
		return broken(sd);
	tar_begin(&sd->tar, sd->a);
	sd->tar.uid = sd->uid >= 0 ? sd->uid : (int64_t)geteuid();
	sd->tar.gid = sd->uid >= 0 ? sd->uid : (int64_t)getegid();
	return OK;
}

enum err
send_begin(struct send *sd)
{
	struct patience p = tick_patience(sd->b->tick);
	enum err e;

	buf_init(&sd->dir, NEST_PATH_MAX);
	buf_init(&sd->target, NEST_PATH_MAX);
	buf_init(&sd->name, 2 * NEST_PATH_MAX);
	buf_init(&sd->link, 2 * NEST_PATH_MAX);
	buf_init(&sd->traits, TAR_PAX_MAX);
	sd->a = archive_write_new();
	if (!sd->a)
		abort(); /* out of memory: crash-only */
	if ((e = sd->to->ops->in(sd->cx, sd->to, sd->b->tick->pg ? &p : NULL,
				 &sd->s)))
		return e;
	return open_raw(sd);
}

void
send_end(struct send *sd)
{
	/* What it still holds goes nowhere. */
	if (!sd->err)
		sd->err = ERR_ABANDONED;
	archive_write_free(sd->a);
	tar_free(&sd->tar);
	sd->to->ops->end(sd->s);
	buf_free(&sd->dir);
	buf_free(&sd->target);
	buf_free(&sd->name);
	buf_free(&sd->link);
	buf_free(&sd->traits);
}

enum err
send_finish(struct send *sd)
{
	if (!tar_end(&sd->tar) || archive_write_close(sd->a) != ARCHIVE_OK)
		return broken(sd);
	return sd->to->ops->taken(sd->cx, sd->s);
}

/* Is dir ("" is the root) that directory, or one above it? */
static bool
is_above(const char *dir, size_t n, const struct buf *last)
{
	return n == 0 || (n <= last->len && !memcmp(dir, last->data, n) &&
			  (n == last->len || last->data[n] == '/'));
}

/* Invariant 2. */
static enum err
check_place(struct send *sd, bool dir)
{
	const char *path = buf_str(&sd->b->path), *slash = strrchr(path, '/');
	size_t n = sd->b->path.len, up = slash ? (size_t)(slash - path) : 0;

	if (sd->b->files == 1 ? !n && dir
			      : n && is_above(path, up, &sd->dir) &&
					!is_above(path, n, &sd->dir))
		return OK;
	return cx_fail(sd->cx, ERR_CORRUPT,
		       "the archive has %.200s in a place where none of ours "
		       "has it",
		       n ? path : "its root");
}

/* As put.c has it: programs that become their owner only for ourselves. */
static mode_t
mode_of(const struct send *sd, struct archive_entry *entry)
{
	mode_t mode = archive_entry_perm(entry) & 07777;

	return sd->uid >= 0 || !geteuid() ? mode & ~(mode_t)06000 : mode;
}

static enum err
put_header(struct send *sd, struct archive_entry *entry, struct tar_entry *en)
{
	const char *prefix = sd->to->ops->prefix(sd->s);
	bool too_long;

	buf_clear(&sd->name);
	buf_puts(&sd->name, prefix);
	buf_puts(&sd->name, sd->b->path.len ? buf_str(&sd->b->path) : ".");
	en->path = buf_str(&sd->name);
	en->mtime.tv_sec = archive_entry_mtime(entry);
	en->mtime.tv_nsec = archive_entry_mtime_nsec(entry);
	if (tar_header(&sd->tar, en, &too_long))
		return OK;
	return too_long ? cx_fail(sd->cx, ERR_CORRUPT,
				  "%.200s has too many attributes", en->path)
			: broken(sd);
}

static enum err
put_bytes(struct send *sd, const char *p, int64_t n)
{
	enum err e;

	while (n > 0) {
		size_t some;
		char *room = tar_room(&sd->tar, &some);

		if (!room)
			return broken(sd);
		if ((int64_t)some > n)
			some = (size_t)n;
		if (p)
			memcpy(room, p, some);
		else
			memset(room, 0, some);
		tar_took(&sd->tar, some);
		if ((e = tick_add(sd->b->tick, 0)))
			return e;
		p = p ? p + some : NULL;
		n -= (int64_t)some;
	}
	return OK;
}

/* Who takes it may know no holes: they are written out. */
static enum err
put_content(struct send *sd, struct archive *a, int64_t size)
{
	const void *p;
	la_int64_t at;
	int64_t done = 0;
	size_t n;
	enum err e;
	int r;

	while ((r = archive_read_data_block(a, &p, &n, &at)) == ARCHIVE_OK) {
		if ((e = bounds_content(sd->b, at < done ? -1 : at, n, size)) ||
		    (e = put_bytes(sd, NULL, at - done)) ||
		    (e = put_bytes(sd, p, (int64_t)n)))
			return e;
		done = at + (int64_t)n;
	}
	if (r != ARCHIVE_EOF)
		return bounds_unreadable(sd->b, a);
	if ((e = put_bytes(sd, NULL, size - done)))
		return e;
	return tar_pad(&sd->tar) ? OK : broken(sd);
}

static enum err
send_file(struct send *sd, struct archive *a, struct archive_entry *entry)
{
	struct tar_entry en = {.type = TAR_FILE,
			       .mode = mode_of(sd, entry),
			       .size = archive_entry_size(entry),
			       .traits = &sd->traits};
	enum err e;

	if ((e = check_place(sd, false)))
		return e;
	traits_copy(entry, false, &sd->traits);
	if ((e = put_header(sd, entry, &en)))
		return e;
	return put_content(sd, a, en.size);
}

/* Whatever the mode that was archived: a home is its owner's alone. */
static enum err
send_dir(struct send *sd, struct archive_entry *entry)
{
	struct tar_entry en = {.type = TAR_DIR,
			       .mode = archive_entry_perm(entry) & 07777,
			       .traits = &sd->traits};
	enum err e;

	if ((e = check_place(sd, true)))
		return e;
	if (!sd->b->path.len)
		en.mode = 0700;
	traits_copy(entry, true, &sd->traits);
	if ((e = put_header(sd, entry, &en)))
		return e;
	buf_clear(&sd->dir);
	buf_add(&sd->dir, buf_str(&sd->b->path), sd->b->path.len);
	return OK;
}

static enum err
send_other(struct send *sd, struct archive_entry *entry, enum tar_type type)
{
	struct tar_entry en = {.type = type, .mode = mode_of(sd, entry)};
	enum err e;

	if ((e = check_place(sd, false)))
		return e;
	if (type == TAR_SYMLINK) {
		en.link = bounds_symlink(entry);
		if (!en.link || !*en.link)
			return cx_fail(sd->cx, ERR_CORRUPT,
				       "%.200s links to nothing",
				       buf_str(&sd->b->path));
	}
	return put_header(sd, entry, &en);
}

static enum err
send_link(struct send *sd, struct archive_entry *entry, const char *target)
{
	struct tar_entry en = {.type = TAR_LINK, .mode = mode_of(sd, entry)};
	enum err e;

	if ((e = check_place(sd, false)) ||
	    (e = nest_clean(sd->cx, target, &sd->target)))
		return e;
	buf_clear(&sd->link);
	buf_puts(&sd->link, sd->to->ops->prefix(sd->s));
	buf_puts(&sd->link, buf_str(&sd->target));
	en.link = buf_str(&sd->link);
	return put_header(sd, entry, &en);
}

static enum err
send_typed(struct send *sd, struct archive *a, struct archive_entry *entry)
{
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return send_file(sd, a, entry);
	case AE_IFDIR:
		return send_dir(sd, entry);
	case AE_IFLNK:
		return send_other(sd, entry, TAR_SYMLINK);
	case AE_IFIFO:
		return send_other(sd, entry, TAR_PIPE);
	default:
		return cx_fail(sd->cx, ERR_CORRUPT,
			       "%.200s is of a kind that no home has",
			       buf_str(&sd->b->path));
	}
}

enum err
send_entry(void *send, struct archive *a, struct archive_entry *entry)
{
	struct send *sd = send;
	const char *link;
	enum err e;

	buf_clear(&sd->traits);
	if ((e = bounds_entry(sd->b, entry, &link)))
		return e;
	return link ? send_link(sd, entry, link) : send_typed(sd, a, entry);
}
