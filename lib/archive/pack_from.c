/*
 * A home that comes as a tar: each entry is written as pack_tree.c writes it.
 *
 * 1. Its end must be there: who makes a tar and fails in the middle may end it
 *    without a word, and what was not in it would be lost.
 * 2. Names are cleaned as those of an archive that is unpacked; owners, and
 *    attributes that are not the home's, stay behind.
 */
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "archive/nest.h"
#include "archive/pack.h"
#include "archive/traits.h"
#include "base/fault.h"

#define CHUNK ((size_t)1 << 18)
#define BLOCK 512
#define END_BLOCKS 2

struct from {
	struct pack *pk;
	struct tree_stream *s;
	struct archive *a;
	struct archive_entry *entry;
	char *chunk;
	int64_t ended; /* where the last entry ended */
	struct buf path, link;
	enum err err; /* of the read callback */
};

static la_ssize_t
on_read(struct archive *a, void *arg, const void **p)
{
	struct from *f = arg;
	struct pack *pk = f->pk;
	size_t n = 0;

	(void)a;
	if (f->err ||
	    (f->err = pk->from->ops->read(pk->cx, f->s, f->chunk, CHUNK, &n)) ||
	    (f->err = tick_add(&pk->tick, 0)))
		return -1;
	*p = f->chunk;
	return (la_ssize_t)n;
}

static enum err
unreadable(struct from *f)
{
	const char *why = archive_error_string(f->a);

	return f->err ? f->err
		      : cx_fail(f->pk->cx, ERR_IO,
				"what came of %s cannot be read: %s",
				f->pk->root, why ? why : "?");
}

/* Bytes as they are: the charset of this process must not matter. */
static const char *
first_of(const char *raw, const char *utf8)
{
	return raw ? raw : utf8;
}

static enum err
clean(struct from *f, const char *raw, struct buf *out)
{
	while (raw && *raw == '/')
		raw++;
	if (!raw)
		return cx_fail(f->pk->cx, ERR_IO,
			       "what came of %s has an entry without a name",
			       f->pk->root);
	buf_clear(out);
	if (!*raw || !nest_clean(f->pk->cx, raw, out))
		return OK;
	return cx_fail(f->pk->cx, ERR_IO,
		       "what came of %s has a name that no home has: %.200s",
		       f->pk->root, raw);
}

static struct tar_entry
entry_of(const struct from *f, enum tar_type type)
{
	struct archive_entry *en = f->entry;

	return (struct tar_entry){
		.path = f->path.len ? buf_str(&f->path) : ".",
		.type = type,
		.mode = archive_entry_perm(en) & 07777,
		.mtime = {archive_entry_mtime(en),
			  archive_entry_mtime_nsec(en)},
	};
}

static enum err
put_bytes(struct pack *pk, const char *p, int64_t n)
{
	enum err e;

	pk->meta.content += n;
	while (n > 0) {
		size_t some;
		char *room = tar_room(&pk->tar, &some);

		if (!room)
			return pack_broken(pk, "compress");
		if ((int64_t)some > n)
			some = (size_t)n;
		if (p)
			memcpy(room, p, some);
		else
			memset(room, 0, some);
		tar_took(&pk->tar, some);
		if ((e = tick_add(&pk->tick, (int64_t)some)))
			return e;
		p = p ? p + some : NULL;
		n -= (int64_t)some;
	}
	return OK;
}

/* Whoever writes maps of holes has them filled here. */
static enum err
put_content(struct from *f, int64_t size)
{
	struct pack *pk = f->pk;
	const void *p;
	la_int64_t at;
	int64_t done = 0;
	size_t n;
	enum err e;
	int r;

	while ((r = archive_read_data_block(f->a, &p, &n, &at)) == ARCHIVE_OK) {
		if (at < done || (int64_t)n > size - at)
			return cx_fail(pk->cx, ERR_IO,
				       "what came of %s is longer than it says",
				       pk->root);
		if ((e = put_bytes(pk, NULL, at - done)) ||
		    (e = put_bytes(pk, p, (int64_t)n)))
			return e;
		done = at + (int64_t)n;
	}
	if (r != ARCHIVE_EOF)
		return unreadable(f);
	if ((e = put_bytes(pk, NULL, size - done)))
		return e;
	return tar_pad(&pk->tar) ? OK : pack_broken(pk, "compress");
}

static enum err
put_file(struct from *f)
{
	struct tar_entry en = entry_of(f, TAR_FILE);
	enum err e;

	en.size = archive_entry_size(f->entry);
	en.traits = &f->pk->traits;
	traits_copy(f->entry, false, &f->pk->traits);
	if ((e = pack_header(f->pk, &en)))
		return e;
	return put_content(f, en.size);
}

static enum err
put_dir(struct from *f)
{
	struct tar_entry en = entry_of(f, TAR_DIR);

	en.traits = &f->pk->traits;
	traits_copy(f->entry, true, &f->pk->traits);
	return pack_header(f->pk, &en);
}

static enum err
put_symlink(struct from *f)
{
	struct tar_entry en = entry_of(f, TAR_SYMLINK);

	en.link = first_of(archive_entry_symlink(f->entry),
			   archive_entry_symlink_utf8(f->entry));
	if (!en.link)
		return cx_fail(f->pk->cx, ERR_IO,
			       "what came of %s links to nothing: %.200s",
			       f->pk->root, en.path);
	return pack_header(f->pk, &en);
}

static enum err
put_link(struct from *f, const char *raw)
{
	struct tar_entry en = entry_of(f, TAR_LINK);
	enum err e;

	if ((e = clean(f, raw, &f->link)))
		return e;
	en.link = buf_str(&f->link);
	return pack_header(f->pk, &en);
}

static enum err
put_typed(struct from *f)
{
	struct tar_entry en;

	switch (archive_entry_filetype(f->entry)) {
	case AE_IFREG:
		return put_file(f);
	case AE_IFDIR:
		return put_dir(f);
	case AE_IFLNK:
		return put_symlink(f);
	case AE_IFIFO:
		en = entry_of(f, TAR_PIPE);
		return pack_header(f->pk, &en);
	default: /* sockets and devices */
		f->pk->meta.skipped++;
		return tick_add(&f->pk->tick, 0);
	}
}

static enum err
put_entry(struct from *f)
{
	const char *link = first_of(archive_entry_hardlink(f->entry),
				    archive_entry_hardlink_utf8(f->entry));
	enum err e;

	if (FAULT(FAULT_PACK_READ))
		return cx_fail(f->pk->cx, ERR_IO, "fault: read an entry");
	buf_clear(&f->pk->traits);
	if ((e = clean(f,
		       first_of(archive_entry_pathname(f->entry),
				archive_entry_pathname_utf8(f->entry)),
		       &f->path)))
		return e;
	return link ? put_link(f, link) : put_typed(f);
}

/* Whatever of its content was not asked for is passed over, so that it is
 * known where the entry ends. */
static enum err
put_whole(struct from *f)
{
	enum err e;

	if ((e = put_entry(f)))
		return e;
	if (archive_read_data_skip(f->a) != ARCHIVE_OK)
		return unreadable(f);
	f->ended = archive_filter_bytes(f->a, 0);
	return OK;
}

static enum err
check_end(struct from *f)
{
	int64_t over = archive_filter_bytes(f->a, 0) - f->ended;
	const void *p;
	la_ssize_t n;

	if (!f->pk->meta.files || over < END_BLOCKS * BLOCK)
		return cx_fail(f->pk->cx, ERR_IO,
			       "what came of %s stops before its end: a file "
			       "could not be read, or changed meanwhile",
			       f->pk->root);
	do {
		n = on_read(f->a, f, &p);
	} while (n > 0);
	return f->err;
}

static enum err
all_entries(struct from *f)
{
	enum err e;
	int r;

	for (;;) {
		r = archive_read_next_header(f->a, &f->entry);
		if (r == ARCHIVE_EOF)
			return check_end(f);
		/* WARN: of a name that is no text here; its bytes are there */
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return unreadable(f);
		if ((e = put_whole(f)))
			return e;
	}
}

static enum err
read_tar(struct from *f)
{
	enum err e;

	f->a = archive_read_new();
	f->chunk = malloc(CHUNK);
	if (!f->a || !f->chunk)
		abort(); /* out of memory: crash-only */
	buf_init(&f->path, NEST_PATH_MAX);
	buf_init(&f->link, NEST_PATH_MAX);
	if (archive_read_support_format_tar(f->a) ||
	    archive_read_open(f->a, f, NULL, on_read, NULL))
		e = unreadable(f);
	else
		e = all_entries(f);
	archive_read_free(f->a);
	free(f->chunk);
	buf_free(&f->path);
	buf_free(&f->link);
	return e;
}

enum err
pack_from(struct pack *pk)
{
	struct patience p = tick_patience(&pk->tick);
	struct from f = {.pk = pk};
	enum err e;

	if ((e = pk->from->ops->out(pk->cx, pk->from, pk->tick.pg ? &p : NULL,
				    &f.s)))
		return e;
	e = read_tar(&f);
	pk->from->ops->end(f.s);
	return e;
}
