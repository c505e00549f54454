/*
 * The running site about itself, for roostctl doctor and for warming a pool:
 * what only somebody behind the web server can see.
 *
 * 1. Who has no badge (base/badge.h, header X-Roost-Probe) gets what anybody
 *    gets for what is not there.
 * 2. Nothing is changed, and nobody's data is told.
 * 3. Nothing waits for longer than PROBE_MEET_MS.
 */
#ifndef CGI_PROBE_H
#define CGI_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cx.h"

#define PROBE_MEET_MS 4000

/*
 * Waits until as many processes have come as the badge of BADGE_WARM names, or
 * its time has gone: so that a web server has to start them all. Who comes
 * when it has gone is not counted: the server may have had to send him to a
 * process that was counted before. name is the meeting place, one for each
 * program; its file gets a byte for each who came. reconcile/warm.h asks.
 */
void probe_meet(struct cx *cx, const char *note, const char *name);

struct request;

/* Does it warm a pool? Nobody wants to read of that each minute. */
bool probe_warms(struct cx *cx, const struct request *rq);

enum probe { PROBE_NONE, PROBE_INSTANCE, PROBE_WARM };

/*
 * The gate asks: is this request, for the workspace NAME_PROBE_ID, doctor's?
 * PROBE_INSTANCE: it may pass, to the instance that doctor plays. PROBE_WARM:
 * it has waited for the others (pool: this is a process of a pool), and is
 * for the handler.
 */
enum probe probe_route(struct cx *cx, const char *id, const char *secret,
		       bool pool, int64_t *slot, const char **endpoint);

#endif
