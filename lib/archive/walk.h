/*
 * Walks a tree depth first, parents before children.
 *
 * 1. Memory grows with the depth only, descriptors not even with that: deep
 *    trees close the upper directories and come back to them by "..".
 * 2. Symlinks are never followed, no path is ever resolved: each name is
 *    looked up in its directory. Another filesystem mounted inside ends the
 *    walk: what is there would be missing.
 * 3. A directory that its owner cannot read is made readable for the time
 *    that it is walked, and has its mode back after it.
 * 4. A directory that changes while it is walked is ERR_ACTION.
 */
#ifndef ARCHIVE_WALK_H
#define ARCHIVE_WALK_H

#include <dirent.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cx.h"

/* Longer ones would not fit into what a tar reader takes as one header. */
#define WALK_PATH_MAX ((size_t)256 << 10)

struct walk_dir {
	DIR *d;		/* NULL: closed for a while */
	long pos;	/* where to go on when it is opened again */
	size_t len;	/* of its path */
	mode_t mode;	/* to put back */
	bool widened;	/* the mode was changed */
	struct stat st; /* as found */
};

struct walk {
	struct cx *cx;
	const char *root;      /* for messages */
	struct buf path;       /* of the item, relative to the root */
	struct walk_dir *dirs; /* from the root down */
	size_t depth, cap;
	size_t lowest; /* dirs below this index are closed */
	uint64_t mount;
};

struct walk_item {
	int at;		       /* the directory that has it */
	const char *name;      /* in it */
	const char *path;      /* relative to the root; "" is the root itself */
	unsigned char type;    /* DT_DIR, DT_REG, ...; never DT_UNKNOWN */
	int fd;		       /* of a directory: open; the walk's. Else -1 */
	const struct stat *st; /* of a directory, else NULL */
};

MUST_USE enum err walk_open(struct walk *w, struct cx *cx, const char *root);
/* *more false: all seen. The first item is the root. */
MUST_USE enum err walk_next(struct walk *w, struct walk_item *it, bool *more);
void walk_close(struct walk *w); /* puts modes back; a zeroed one is fine */

/* Opens for reading without a change of the access time, also what its owner
 * has no permission for. -1 and errno. */
int walk_read_file(int at, const char *name);

#endif
