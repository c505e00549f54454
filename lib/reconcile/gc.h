/*
 * Collecting archives that nobody needs. SPEC section 6 (GC).
 *
 * 1. Protected: the archive_key of a workspace, what an operation at work
 *    writes, everything of a workspace in ERROR or whose delete can still be
 *    undone. Kept: the newest keep_archives of a living workspace.
 * 2. Anything else is an orphan from the moment it was first seen to be one,
 *    and goes orphan_seconds later, after one more look at its row. One whose
 *    workspace the database never had stays for stranger_seconds: when an
 *    older backup was put back, it may be the last copy of a home.
 * 3. A store or a database that cannot be read: nothing is touched.
 */
#ifndef RECONCILE_GC_H
#define RECONCILE_GC_H

#include "reconcile/world.h"

enum gc_why {
#define X(why, goes, name, meaning) why,
#include "reconcile/gcwhy.def"
#undef X
	GC__MAX
};
const char *gc_why_name(enum gc_why why);
const char *gc_why_meaning(enum gc_why why);
bool gc_why_goes(enum gc_why why);

struct gc_item {
	const char *key; /* in cx's arena */
	enum gc_why why;
	int64_t since_ms; /* an orphan since; now when just found */
	int64_t bytes;	  /* 0: there is only a part of it */
	bool marked;	  /* it has its marker */
	bool removed;	  /* gc_run: it is gone */
};

struct gc_list {
	struct gc_item *v; /* in order of key */
	size_t n;
};

MUST_USE enum err gc_due(struct cx *cx, struct world *w, bool *due);
/* What would be done now. Writes nothing, removes nothing. w->set must have
 * been read; w->engine and w->home are not used. */
MUST_USE enum err gc_plan(struct cx *cx, struct world *w, struct gc_list *out);
/* Does it. ERR_BUSY when another process is at it (run/gc.lock). */
MUST_USE enum err gc_run(struct cx *cx, struct world *w, struct gc_list *out);

#endif
