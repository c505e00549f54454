/*
 * What a pass does for the people who look after the site, beside its own
 * work: it never waits for it.
 */
#ifndef CRON_ERRANDS_H
#define CRON_ERRANDS_H

#include "base/cx.h"

/*
 * Somebody pressed "Look again" (run/doctor.ask): starts roostctl doctor,
 * detached. Not at most once and not at least once, but about once: who does
 * not see a new report presses again.
 */
MUST_USE enum err errands(struct cx *cx);
/* Once a minute, where warm_processes says so: reconcile/warm.h, in a process
 * of its own. */
MUST_USE enum err errand_warm(struct cx *cx);

#endif
