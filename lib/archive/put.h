/* One entry of an archive onto the disk. */
#ifndef ARCHIVE_PUT_H
#define ARCHIVE_PUT_H

#include <archive.h>
#include <archive_entry.h>

#include "archive/nest.h"
#include "archive/tick.h"

struct put {
	struct cx *cx;
	struct tick *tick;
	int64_t uid;			 /* -1: us */
	const struct archive_meta *meta; /* bounds */
	const enum err *broken; /* the source has failed: that is the error */
	int64_t files, content; /* so far */
	struct nest nest;
	struct buf path, target;
};

/* All above files is set. put_end in any case. */
MUST_USE enum err put_begin(struct put *pt, const char *root);
MUST_USE enum err put_entry(struct put *pt, struct archive *a,
			    struct archive_entry *entry);
MUST_USE enum err put_finish(struct put *pt);
void put_end(struct put *pt);

#endif
