/* Progress, giving up and deadlines of long work: every 100 ms at least. */
#ifndef ARCHIVE_TICK_H
#define ARCHIVE_TICK_H

#include "archive/archive.h"
#include "base/tree.h"

struct tick {
	struct cx *cx;
	const struct progress *pg; /* may be NULL */
	int64_t done, total;
	int64_t next_ms; /* clock_mono_ms when tell is due */
};

void tick_begin(struct tick *t, struct cx *cx, const struct progress *pg,
		int64_t total);
/* n more bytes are done. ERR_ABANDONED, ERR_TIMEOUT. Cheap: call it often. */
MUST_USE enum err tick_add(struct tick *t, int64_t n);
/* For what is done besides: tells the same again, and hears to give up. It
 * uses t. */
struct progress tick_beside(struct tick *t);
/* The same for base/tree.h. */
struct patience tick_patience(struct tick *t);
/* Tells now, whatever the time. */
MUST_USE enum err tick_now(struct tick *t);

#endif
