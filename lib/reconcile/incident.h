/*
 * The mail line: when a person must act, one line on stderr for cron's
 * MAILTO, once per incident. SPEC F8.
 */
#ifndef RECONCILE_INCIDENT_H
#define RECONCILE_INCIDENT_H

#include "reconcile/observe.h"

MUST_USE enum err incident_report(struct cx *cx, struct world *w,
				  const struct view *v);

#endif
