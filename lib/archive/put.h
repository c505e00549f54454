/* One entry of an archive onto the disk. */
#ifndef ARCHIVE_PUT_H
#define ARCHIVE_PUT_H

#include "archive/bounds.h"
#include "archive/nest.h"

struct put {
	struct cx *cx;
	struct bounds *b;
	int64_t uid; /* -1: us */
	struct nest nest;
	struct buf target;
};

/* All above nest is set. put_end in any case. */
MUST_USE enum err put_begin(struct put *pt, const char *root);
MUST_USE enum err put_entry(void *put, struct archive *a,
			    struct archive_entry *entry);
MUST_USE enum err put_finish(struct put *pt);
void put_end(struct put *pt);

#endif
