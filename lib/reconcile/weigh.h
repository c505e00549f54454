/*
 * Judge and plan: from what was seen of a row to its status, to a TTL rule's
 * wish and to the next operation. SPEC sections 1, 3, F3, F8.
 */
#ifndef RECONCILE_WEIGH_H
#define RECONCILE_WEIGH_H

#include "reconcile/observe.h"
#include "reconcile/pass.h"

/* Judges every row of the view, commits what follows from that at once and
 * leaves the next operation in sight.op. */
MUST_USE enum err weigh_all(struct cx *cx, struct world *w, struct view *v,
			    struct round *r);

#endif
