#include "archive/pack.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/sparse.h"
#include "archive/traits.h"
#include "archive/walk.h"
#include "base/fault.h"

/* Where the compressed bytes go; it may outlive the pack that it served. */
struct outlet {
	struct archive *a;
	struct pack *pk; /* NULL: nobody wants them any more */
};

static la_ssize_t
on_bytes(struct archive *a, void *arg, const void *p, size_t n)
{
	struct pack *pk = ((struct outlet *)arg)->pk;

	(void)a;
	if (!pk || pk->err)
		return -1;
	hash_add(pk->hash, p, n);
	pk->meta.size += (int64_t)n;
	if ((pk->w && (pk->err = pk->store->put_write(pk->cx, pk->w, p, n))) ||
	    (pk->err = tick_add(&pk->tick, 0)))
		return -1;
	return (la_ssize_t)n;
}

enum err
pack_broken(struct pack *pk, const char *what)
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
			       "%s/%.200s changed while it was archived",
			       pk->root, path);
	return cx_errno(pk->cx, errno, "%s %s/%.200s", what, pk->root, path);
}

static struct tar_entry
entry_of(const char *path, enum tar_type type, const struct stat *st)
{
	return (struct tar_entry){.path = *path ? path : ".",
				  .type = type,
				  .mode = st->st_mode & 07777,
				  .mtime = st->st_mtim};
}

enum err
pack_header(struct pack *pk, const struct tar_entry *en)
{
	bool too_long;

	if (!tar_header(&pk->tar, en, &too_long)) {
		if (!too_long)
			return pack_broken(pk, "write a header");
		return cx_fail(pk->cx, ERR_ACTION,
			       "%s/%.200s has too many attributes to be"
			       " archived",
			       pk->root, en->path);
	}
	pk->meta.files++;
	return tick_add(&pk->tick, 0);
}

/* From the disk right into the buffer that is compressed. */
static enum err
put_region(struct pack *pk, int fd, const struct region *r, const char *path)
{
	int64_t at = r->at, left = r->n;
	enum err e;

	while (left > 0) {
		size_t some;
		char *room = tar_room(&pk->tar, &some);
		ssize_t got;

		if (!room)
			return pack_broken(pk, "compress");
		if ((int64_t)some > left)
			some = (size_t)left;
		got = pread(fd, room, some, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return file_failed(pk, path, "read");
		if (!got)
			return cx_fail(pk->cx, ERR_ACTION,
				       "%s/%.200s shrank while it was"
				       " archived",
				       pk->root, path);
		tar_took(&pk->tar, (size_t)got);
		if ((e = tick_add(&pk->tick, got)))
			return e;
		pk->meta.content += got;
		at += got;
		left -= got;
	}
	return OK;
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
			       "%s/%.200s changed while it was archived",
			       pk->root, path);
	return OK;
}

static enum err
put_content(struct pack *pk, int fd, struct tar_entry *en)
{
	struct region whole = {0, en->size};
	struct sparse all = {&whole, 1};
	const struct sparse *map = en->map ? en->map : &all;
	enum err e;
	size_t i;

	if ((e = pack_header(pk, en)))
		return e;
	for (i = 0; i < map->n; i++)
		if ((e = put_region(pk, fd, &map->v[i], en->path)))
			return e;
	return tar_pad(&pk->tar) ? OK : pack_broken(pk, "compress");
}

static enum err
put_link(struct pack *pk, const char *path, const char *first,
	 const struct stat *st)
{
	struct tar_entry en = entry_of(path, TAR_LINK, st);

	en.link = first;
	return pack_header(pk, &en);
}

static enum err
pack_open_file(struct pack *pk, const struct walk_item *it, int fd)
{
	struct sparse map = {.v = pk->regions};
	struct tar_entry en;
	const char *first;
	struct stat st;
	bool holes;
	enum err e;

	if (fstat(fd, &st))
		return file_failed(pk, it->path, "look at");
	if (!S_ISREG(st.st_mode)) {
		errno = ENOENT;
		return file_failed(pk, it->path, "read");
	}
	if ((first = links_seen(&pk->links, &st, it->path)))
		return put_link(pk, it->path, first, &st);
	en = entry_of(it->path, TAR_FILE, &st);
	en.size = st.st_size;
	en.traits = &pk->traits;
	buf_clear(&pk->traits);
	if ((e = traits_read(pk->cx, fd, false, &pk->traits)) ||
	    (e = sparse_map(pk->cx, fd, &st, &map, &holes)))
		return e;
	en.map = holes ? &map : NULL;
	if ((e = put_content(pk, fd, &en)))
		return e;
	return check_same(pk, fd, &st, it->path);
}

static enum err
pack_file(struct pack *pk, const struct walk_item *it)
{
	enum err e;
	int fd;

	if (FAULT(FAULT_PACK_READ))
		return cx_fail(pk->cx, ERR_IO, "fault: read %.200s", it->path);
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
	struct tar_entry en = entry_of(it->path, TAR_DIR, it->st);
	enum err e;

	en.traits = &pk->traits;
	buf_clear(&pk->traits);
	if ((e = traits_read(pk->cx, it->fd, true, &pk->traits)))
		return e;
	return pack_header(pk, &en);
}

/* Symlinks and pipes: all that they are is in their header. */
static enum err
pack_other(struct pack *pk, const struct walk_item *it)
{
	char target[PATH_MAX + 1];
	struct tar_entry en;
	const char *first;
	struct stat st;
	ssize_t n;

	if (fstatat(it->at, it->name, &st, AT_SYMLINK_NOFOLLOW))
		return file_failed(pk, it->path, "look at");
	if ((first = links_seen(&pk->links, &st, it->path)))
		return put_link(pk, it->path, first, &st);
	if (it->type == DT_FIFO) {
		en = entry_of(it->path, TAR_PIPE, &st);
		return pack_header(pk, &en);
	}
	n = readlinkat(it->at, it->name, target, PATH_MAX);
	if (n < 0)
		return file_failed(pk, it->path, "read the link");
	target[n] = '\0';
	en = entry_of(it->path, TAR_SYMLINK, &st);
	en.link = target;
	return pack_header(pk, &en);
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

/* To libarchive the whole tar is one file. */
static enum err
open_raw(struct pack *pk)
{
	struct archive_entry *one = archive_entry_new();
	int r;

	if (!one)
		abort(); /* out of memory: crash-only */
	archive_entry_set_filetype(one, AE_IFREG);
	r = archive_write_header(pk->a, one);
	archive_entry_free(one);
	if (r != ARCHIVE_OK)
		return pack_broken(pk, "begin an archive");
	tar_begin(&pk->tar, pk->a);
	return OK;
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
	if (archive_write_set_format_raw(a) ||
	    archive_write_add_filter_zstd(a) ||
	    archive_write_set_filter_option(a, "zstd", "compression-level",
					    lvl) ||
	    archive_write_set_filter_option(a, "zstd", "threads", threads) ||
	    archive_write_set_bytes_per_block(a, 0) ||
	    archive_write_open2(a, pk->outlet, NULL, on_bytes, NULL, NULL))
		return pack_broken(pk, "begin an archive");
	return open_raw(pk);
}

enum err
pack_stream(struct pack *pk, int level)
{
	enum err e;

	if (!(e = open_tar(pk, level)) &&
	    !(e = pk->from ? pack_from(pk) : pack_tree(pk)) &&
	    (!tar_end(&pk->tar) || archive_write_close(pk->a) != ARCHIVE_OK))
		e = pack_broken(pk, "finish an archive");
	if (e)
		return e;
	hash_hex(pk->hash, pk->meta.sha256);
	return OK;
}

void
pack_begin(struct pack *pk)
{
	pk->outlet = calloc(1, sizeof(*pk->outlet));
	pk->a = archive_write_new();
	pk->hash = hash_new();
	pk->regions = calloc(SPARSE_MAX, sizeof(*pk->regions));
	if (!pk->outlet || !pk->a || !pk->regions)
		abort(); /* out of memory: crash-only */
	*pk->outlet = (struct outlet){pk->a, pk};
	buf_init(&pk->traits, TAR_PAX_MAX);
}

static void *
free_outlet(void *arg)
{
	struct outlet *o = arg;

	archive_write_free(o->a);
	free(o);
	return NULL;
}

/*
 * Compressors that are at work finish what they have: seconds, at a high
 * level. Who was asked to give up does not wait for them.
 */
static void
drop_outlet(struct outlet *o, bool wait)
{
	pthread_t thread;

	o->pk = NULL;
	if (wait || pthread_create(&thread, NULL, free_outlet, o))
		free_outlet(o);
	else
		pthread_detach(thread);
}

void
pack_end(struct pack *pk, enum err e)
{
	drop_outlet(pk->outlet, e != ERR_ABANDONED && e != ERR_TIMEOUT);
	hash_free(pk->hash);
	free(pk->regions);
	links_free(&pk->links);
	tar_free(&pk->tar);
	buf_free(&pk->traits);
}
