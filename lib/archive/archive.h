/*
 * Archives: a home as tar.zst, and the stores that keep them. SPEC section 6.
 *
 * 1. `home.tar.zst.meta` is written last: an archive without it does not
 *    exist. Writing the same (id, op_id) again uploads nothing twice when
 *    both objects are there and match.
 * 2. Restoring verifies size and sha256 before the home appears (the caller
 *    publishes only after OK), and never writes outside the target.
 * 3. Memory is constant, whatever the size of the home.
 * 4. Every verb may be repeated; a failed look is never "absent".
 */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/cx.h"

struct archive_meta {	 /* home.tar.zst.meta, JSON */
	char sha256[65]; /* of home.tar.zst */
	int64_t size;	 /* bytes of home.tar.zst */
	int64_t content; /* bytes of the files in it */
	int64_t files;	 /* entries */
	int64_t skipped; /* sockets, devices, unreadable: not in it */
	int64_t created_ms;
	char format[16]; /* "tar.zst/1" */
};

struct progress {
	/* Called at least every 100 ms of work; total 0: not known. True:
	 * give up (ERR_ABANDONED). */
	bool (*tell)(void *arg, int64_t done, int64_t total);
	void *arg;
	int64_t deadline_ms; /* clock_mono_ms; ERR_TIMEOUT after it */
};

/* A stream of bytes into or out of a store. */
struct store_writer;
struct store_reader;

struct archive_names {
	const char **v; /* keys "{id}/{op_id}", sorted; in cx's arena */
	size_t n;
};

struct store_ops {
	const char *name;
	enum err (*probe)(struct cx *cx);
	/* Begins home.tar.zst of key; what is there unfinished is replaced. */
	enum err (*put_open)(struct cx *cx, const char *key,
			     struct store_writer **w);
	enum err (*put_write)(struct cx *cx, struct store_writer *w,
			      const void *p, size_t n);
	/* Durable when OK. Frees w in any case. */
	enum err (*put_close)(struct cx *cx, struct store_writer *w);
	void (*put_abort)(struct store_writer *w);
	/* The commit marker. Durable when OK. */
	enum err (*put_meta)(struct cx *cx, const char *key, const char *json,
			     size_t n);
	/* ERR_NOT_FOUND when there is no marker. */
	enum err (*get_meta)(struct cx *cx, const char *key,
			     struct archive_meta *meta);
	enum err (*get_open)(struct cx *cx, const char *key,
			     struct store_reader **r);
	/* *n = 0 at the end. */
	enum err (*get_read)(struct cx *cx, struct store_reader *r, void *p,
			     size_t max, size_t *n);
	void (*get_close)(struct store_reader *r);
	/* The stored object is whole (dir: read back and hashed), or
	 * ERR_CORRUPT. */
	enum err (*verify)(struct cx *cx, const char *key,
			   const struct archive_meta *meta,
			   const struct progress *pg);
	/* Marker first, then data, then directories. Absent: OK. */
	enum err (*remove)(struct cx *cx, const char *key);
	/* All keys with any object, unfinished ones included. */
	enum err (*list)(struct cx *cx, struct archive_names *out);
};

extern const struct store_ops store_dir;

MUST_USE enum err store_find(struct cx *cx, const struct store_ops **out);

/*
 * Packs the home at path into store as key: tar.zst streaming, meta last,
 * then verified. Already there and matching: verified and done. level: zstd.
 */
MUST_USE enum err archive_pack(struct cx *cx, const struct store_ops *store,
			       const char *key, const char *home_path,
			       int level, const struct progress *pg,
			       struct archive_meta *meta);
/*
 * Unpacks key into the empty directory at path, verifying size and sha256 of
 * what was read. ERR_CORRUPT: what is in path is not to be used. uid -1: us.
 */
MUST_USE enum err archive_unpack(struct cx *cx, const struct store_ops *store,
				 const char *key, const char *path, int64_t uid,
				 const struct progress *pg,
				 struct archive_meta *meta);
/* Bytes and entries of a tree, for progress. */
MUST_USE enum err archive_measure(struct cx *cx, const char *path,
				  int64_t *bytes, int64_t *files);
MUST_USE enum err archive_meta_parse(struct cx *cx, const char *json, size_t n,
				     struct archive_meta *meta);

#endif
