/*
 * The trash: homes that are on their way out. SPEC F7, section 6.
 *
 * 1. A deleted workspace's home stays until purge_ms; with too little disk
 *    free the oldest go earlier.
 * 2. The row gives its entry up (trash_key) before the entry is removed, in
 *    a transaction that sees whether the delete was undone.
 * 3. Anything else in the trash belongs to nobody, unless an operation at
 *    work has just put it there.
 * 4. One process purges at a time (run/purge.lock); who comes second leaves
 *    it to the next pass.
 */
#ifndef RECONCILE_TRASH_H
#define RECONCILE_TRASH_H

#include "reconcile/world.h"

/* Is there anything to purge now? A listing of the trash, no more. */
MUST_USE enum err trash_due(struct cx *cx, struct world *w, bool *due);
/* Purges all that may go. */
MUST_USE enum err trash_sweep(struct cx *cx, struct world *w, int64_t *purged);
/* One entry that nobody wants; if it cannot be now, it is left. */
void trash_purge_one(struct cx *cx, struct world *w, const char *name);

#endif
