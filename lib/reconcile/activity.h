/*
 * Activity is observed, never counted. SPEC section 4, F3.
 *
 * 1. Connections that are not known (-1) prove nothing: nothing is changed,
 *    so nothing is stopped because of them.
 * 2. A row is written only when something changed that matters.
 */
#ifndef RECONCILE_ACTIVITY_H
#define RECONCILE_ACTIVITY_H

#include "reconcile/observe.h"
#include "store/workspace.h"

/* When run/{id}.access was touched last; 0: never, or it cannot be read. */
int64_t activity_stamp_ms(struct cx *cx, const char *id);

/* Who uses inst (NULL: not known) now. Where the site says
 * count_open_connections = traffic, what has moved since the last look decides
 * (traffic.h). */
struct use activity_use(struct cx *cx, const struct world *w,
			const struct instance *inst);
/* What the row should say, given its stamp and who uses it now. */
void activity_merge(struct cx *cx, struct workspace *ws, const struct use *use);

/* Is `now` (merged from `row`) worth a write? */
bool activity_matters(const struct workspace *row, const struct workspace *now,
		      int64_t now_ms);

#endif
