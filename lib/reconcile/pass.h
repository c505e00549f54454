/*
 * One round of a pass: observe, judge, plan, act. SPEC section 3.
 *
 * 1. The caller holds run/reconcile.lock: there is one planner at a time.
 * 2. It may be killed at any point; the next round finds everything in the
 *    database and in the world.
 * 3. It waits for nothing: workers go on by themselves.
 */
#ifndef RECONCILE_PASS_H
#define RECONCILE_PASS_H

#include "reconcile/world.h"

struct round {
	bool full; /* in: look also at all that run; each pass begins so */
	int64_t workspaces, instances, homes; /* looked at */
	int64_t begun;	 /* operations, repeated ones included */
	int64_t changed; /* rows written for another reason */
	int64_t held;	 /* rows with a living worker */
	int64_t waiting; /* operations that found no place */
	int64_t errors;
	char message[512]; /* the first error, or "" */
};

/* Adds to the counts of r. OK also when single rows failed (errors). */
MUST_USE enum err pass_round(struct cx *cx, struct world *w, struct round *r);
/* Is collecting archives or purging the trash due? SPEC section 6. */
MUST_USE enum err pass_chores_due(struct cx *cx, struct world *w, bool *due);
/* Does it; may take long, so a process of its own does it. */
MUST_USE enum err pass_chores(struct cx *cx, struct world *w);

/* An error of one row or of one look: counted, the first one is kept. */
void round_error(struct round *r, struct cx *cx);

#endif
