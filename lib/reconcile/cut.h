/* Cutting the open connections of who lost a session: store/cut.h. */
#ifndef RECONCILE_CUT_H
#define RECONCILE_CUT_H

#include "reconcile/pass.h"

/* All that was asked for. What fails is an error of the round, and is tried
 * again by later ones for ten minutes. */
MUST_USE enum err cut_all(struct cx *cx, struct world *w, struct round *r);

#endif
