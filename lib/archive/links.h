/*
 * Files with several names: which inode has been seen under which path.
 * Memory grows with the inodes of which not all names have been seen yet.
 */
#ifndef ARCHIVE_LINKS_H
#define ARCHIVE_LINKS_H

#include <sys/stat.h>

struct links { /* zeroed: empty */
	void *tree;
	void *last; /* taken out, but its path may still be in use */
};

/* The path under which this inode was seen first; NULL: it is the first
 * time (or it has one name only). Valid until the next call. */
const char *links_seen(struct links *l, const struct stat *st,
		       const char *path);
void links_free(struct links *l);

#endif
