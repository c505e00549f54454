/*
 * The tree that is being unpacked: the directories from its root down to
 * where the next entry goes.
 *
 * 1. Nothing outside the root is ever touched: a path is cleaned first, and
 *    each directory is opened by its own name in the one above, never
 *    through a symlink.
 * 2. A directory gets its mode and times when it is left: until then it is
 *    writable, and what is put into it would change its times.
 * 3. Memory and descriptors as in walk.h.
 */
#ifndef ARCHIVE_NEST_H
#define ARCHIVE_NEST_H

#include <sys/stat.h>

#include "base/buf.h"
#include "base/cx.h"

#define NEST_PATH_MAX ((size_t)1 << 20)

struct nest_dir {
	int fd;	    /* -1: closed for a while */
	size_t len; /* of its path */
	mode_t mode;
	struct timespec mtime;
	unsigned char *acl[2]; /* to set when it is left: access, default */
	size_t n_acl[2];
};

struct nest {
	struct cx *cx;
	int64_t uid; /* owner of everything; -1: us */
	struct buf path;
	struct nest_dir *dirs; /* from the root down; never empty */
	size_t depth, cap;
	size_t lowest;
};

MUST_USE enum err nest_open(struct nest *ns, struct cx *cx, const char *root,
			    int64_t uid);
/*
 * raw without "." and empty parts; "" is the root. ERR_CORRUPT: absolute, "..",
 * or too long. out is emptied first.
 */
MUST_USE enum err nest_clean(struct cx *cx, const char *raw, struct buf *out);
/* Goes to the directory that has the entry of this clean path; directories
 * that are missing are made. *fd is the nest's; *name points into path. */
MUST_USE enum err nest_go(struct nest *ns, const char *path, int *fd,
			  const char **name);
/* Goes into the directory of this clean path, and gives it. */
MUST_USE enum err nest_enter(struct nest *ns, const char *path,
			     struct nest_dir **dir);
/* The directory of an entry that is there already; the caller closes it.
 * ERR_CORRUPT when it is not. */
MUST_USE enum err nest_find(struct nest *ns, const char *path, int *fd,
			    const char **name);
/* Leaves all directories: modes and times are right when OK. */
MUST_USE enum err nest_finish(struct nest *ns);
void nest_close(struct nest *ns); /* a zeroed one is fine */

/* OK, or why making `name` failed: what hostile input causes is CORRUPT. */
MUST_USE enum err nest_failed(struct cx *cx, const char *what,
			      const char *name);

#endif
