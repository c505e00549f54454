/*
 * Archives: a home as tar.zst, and the stores that keep them. SPEC section 6.
 *
 * 1. `home.tar.zst.meta` is written last: an archive without it does not
 *    exist. Writing the same (id, op_id) again uploads nothing twice when
 *    both objects are there and match.
 * 2. Restoring verifies size and sha256 before the home appears (the caller
 *    publishes only after OK), and never writes outside the target.
 * 3. Memory is constant, whatever the size of the home; only the paths of
 *    files with several names are kept until their last name was seen.
 * 4. Every verb may be repeated; a failed look is never "absent".
 * 5. Nothing that can be read again is left out of an archive: a file that
 *    cannot be read, that changes meanwhile, or a filesystem mounted inside
 *    the home fails it with a sentence that names the path.
 *
 * In an archive: directories, regular files (holes and further names too),
 * symlinks and pipes, with mode, time (to the nanosecond), user.* attributes
 * and access lists. Not in it: sockets and devices (counted as skipped),
 * owners (all are 1000), security.* and trusted.* attributes. What is restored
 * belongs to one owner; set-user-id and set-group-id bits of files are
 * dropped when that is not the plain user who runs Roost; the home itself
 * has mode 0700 whatever it had. Where the filesystem has no attributes or
 * access lists they are left out without an error.
 */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/cx.h"
#include "base/tree.h"

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
	int64_t deadline_ms; /* clock_mono_ms; ERR_TIMEOUT after it; 0: none */
};

/*
 * A stream of bytes into or out of a store. pg of the verbs, which may be
 * NULL, is asked in long calls whether to give up, and bounds them; only
 * verify tells how far it is.
 */
struct store_writer;
struct store_reader;

struct archive_fact {
	int64_t size; /* of home.tar.zst; 0 when there is none */
	bool marked;  /* there is a marker */
};

struct archive_names {
	const char **v; /* keys "{id}/{op_id}", sorted; in cx's arena */
	struct archive_fact *fact; /* of each, as it was when it was listed */
	size_t n;
};

struct store_ops {
	const char *name;
	enum err (*probe)(struct cx *cx);
	/* Begins home.tar.zst of key; what is there unfinished is replaced. */
	enum err (*put_open)(struct cx *cx, const char *key,
			     const struct progress *pg,
			     struct store_writer **w);
	enum err (*put_write)(struct cx *cx, struct store_writer *w,
			      const void *p, size_t n);
	/* Durable when OK. Frees w in any case. */
	enum err (*put_close)(struct cx *cx, struct store_writer *w);
	void (*put_abort)(struct store_writer *w);
	/* The commit marker. Durable when OK. */
	enum err (*put_meta)(struct cx *cx, const char *key, const char *json,
			     size_t n, const struct progress *pg);
	/* ERR_NOT_FOUND when there is no marker. */
	enum err (*get_meta)(struct cx *cx, const char *key,
			     const struct progress *pg,
			     struct archive_meta *meta);
	enum err (*get_open)(struct cx *cx, const char *key,
			     const struct progress *pg,
			     struct store_reader **r);
	/* *n = 0 at the end. */
	enum err (*get_read)(struct cx *cx, struct store_reader *r, void *p,
			     size_t max, size_t *n);
	void (*get_close)(struct store_reader *r);
	/* The stored object is whole, or ERR_CORRUPT. dir: it is read back
	 * and hashed; s3: size and checksum as the store says, and read back
	 * when that says too little. */
	enum err (*verify)(struct cx *cx, const char *key,
			   const struct archive_meta *meta,
			   const struct progress *pg);
	/* Marker first, then data, then directories. Absent: OK. */
	enum err (*remove)(struct cx *cx, const char *key);
	/* An address from which anybody can load home.tar.zst for so many
	 * seconds, under that file name; in cx's arena. Asks nobody: the
	 * archive may not be there. NULL: this store has none. */
	enum err (*link)(struct cx *cx, const char *key, const char *name,
			 int seconds, const char **url);
	/* All keys with any object, unfinished ones included. */
	enum err (*list)(struct cx *cx, struct archive_names *out);
};

extern const struct store_ops store_dir, store_s3;

MUST_USE enum err store_find(struct cx *cx, const struct store_ops **out);

/*
 * Packs the home at path into store as key: tar.zst streaming, then verified,
 * meta last. Already there, and nothing in the home has changed since:
 * verified and done. level: zstd, 1-19. pg may be NULL; its total is what the
 * home measured, and done stays there while the store is read back.
 * ERR_ACTION: the home changed meanwhile; repeating helps.
 */
MUST_USE enum err archive_pack(struct cx *cx, const struct store_ops *store,
			       const char *key, const char *home_path,
			       int level, const struct progress *pg,
			       struct archive_meta *meta);
/* The same of a home wherever it is. One that comes as a stream has no total,
 * and is read once more to know whether the store has it already. */
MUST_USE enum err archive_pack_home(struct cx *cx,
				    const struct store_ops *store,
				    const char *key, const struct tree *home,
				    int level, const struct progress *pg,
				    struct archive_meta *meta);
/*
 * Unpacks key into the empty directory at path, verifying size and sha256 of
 * what was read. Anything but OK: what is in path is not to be used.
 * ERR_CORRUPT: neither is the archive. ERR_NO_SPACE at once when the disk has
 * less free than the archive holds. ERR_NOT_FOUND: no such archive. uid -1: us.
 */
MUST_USE enum err archive_unpack(struct cx *cx, const struct store_ops *store,
				 const char *key, const char *path, int64_t uid,
				 const struct progress *pg,
				 struct archive_meta *meta);
/* The same into wherever a home is staged. */
MUST_USE enum err archive_unpack_home(struct cx *cx,
				      const struct store_ops *store,
				      const char *key, const struct tree *stage,
				      int64_t uid, const struct progress *pg,
				      struct archive_meta *meta);
/* Bytes (holes not counted) and entries of a tree, as an archive has them. */
MUST_USE enum err archive_measure(struct cx *cx, const char *path,
				  int64_t *bytes, int64_t *files);
MUST_USE enum err archive_meta_parse(struct cx *cx, const char *json, size_t n,
				     struct archive_meta *meta);

#endif
