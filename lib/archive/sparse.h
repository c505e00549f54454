/* The data regions of a file with holes. */
#ifndef ARCHIVE_SPARSE_H
#define ARCHIVE_SPARSE_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/cx.h"

/* No file's map grows past this: smaller holes are archived as zeros. */
#define SPARSE_MAX 8192

struct region {
	int64_t at, n;
};

struct sparse {
	struct region *v; /* in order, none empty, none touching the next */
	size_t n;
};

/*
 * Has the file holes? *holes; then map holds its data regions (n = 0: nothing
 * but a hole). v has room for SPARSE_MAX and is the caller's.
 */
MUST_USE enum err sparse_map(struct cx *cx, int fd, const struct stat *st,
			     struct sparse *map, bool *holes);

#endif
