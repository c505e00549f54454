/*
 * What an archive may hold by its marker, while its entries are restored: no
 * more entries, no more bytes, only names that stay below the root.
 */
#ifndef ARCHIVE_BOUNDS_H
#define ARCHIVE_BOUNDS_H

#include <archive.h>
#include <archive_entry.h>

#include "archive/tick.h"
#include "base/buf.h"

struct bounds {
	struct cx *cx;
	struct tick *tick;
	const struct archive_meta *meta;
	const enum err *broken; /* the source has failed: that is the error */
	int64_t files, content; /* so far */
	struct buf path; /* of the entry at work, clean; "" is the root */
};

/* All above files is set. */
void bounds_begin(struct bounds *b);
void bounds_end(struct bounds *b);
/* One more entry: its name into path. *link: it is a further name of that. */
MUST_USE enum err bounds_entry(struct bounds *b, struct archive_entry *entry,
			       const char **link);
/* n more bytes of content at `at` of a file of `size`. */
MUST_USE enum err bounds_content(struct bounds *b, int64_t at, size_t n,
				 int64_t size);
/* What a failed read of its content means. */
enum err bounds_unreadable(struct bounds *b, struct archive *a);
/* All that the marker says has come. */
MUST_USE enum err bounds_check(struct bounds *b);

/* Bytes as they are: the charset of this process must not matter. */
const char *bounds_symlink(struct archive_entry *entry);

#endif
