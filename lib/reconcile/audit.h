/*
 * The audit: all homes against all rows, each audit_interval. It finds homes
 * that vanished while their workspace slept, and homes without a workspace.
 * The latter are reported and never deleted. SPEC 1 (invariant 7), 6.
 */
#ifndef RECONCILE_AUDIT_H
#define RECONCILE_AUDIT_H

#include "reconcile/world.h"

struct audit_result {
	const char **suspects; /* ids whose row does not fit, to be judged */
	size_t n;
	const char **strange; /* homes without a workspace: ids */
	size_t n_strange;
	size_t homes;
};

/* Is it time? */
MUST_USE enum err audit_due(struct cx *cx, struct world *w, bool *due);
/* One listing of homes, one walk through the rows. Writes nothing. */
MUST_USE enum err audit_homes(struct cx *cx, struct world *w,
			      struct audit_result *out);
/* It was done now. */
MUST_USE enum err audit_done(struct cx *cx, struct world *w);

#endif
