/*
 * Keeps processes of the web server's pools ready. mod_fcgid starts one when a
 * request finds none that is idle, and lets that request sleep for a whole
 * second first: a page whose twenty parts are asked for at once stutters. So
 * now and then as many requests are made as processes are wanted, and each
 * holds its process until all have come (cgi/probe.h): the server has to have
 * them all, and none of them idles for so long that it would be ended.
 *
 * 1. Where warm_processes is 0 nothing is done; where all are ready a round is
 *    that many quick requests.
 * 2. One round at a time, on the whole site (run/warm.lock).
 * 3. It may be killed at any moment: what it leaves is a badge that ends within
 *    seconds and files that the next round replaces.
 * 4. It is nobody's request: no workspace, no session, no stamp.
 * 5. No process is held for longer than WARM_HOLD_MS. Where fewer came than
 *    were wanted, the next rounds want only as many, until WARM_AGAIN_MS have
 *    gone: people need processes, too.
 */
#ifndef RECONCILE_WARM_H
#define RECONCILE_WARM_H

#include <stdint.h>

#include "base/cx.h"

#define WARM_HOLD_MS INT64_C(2500)
#define WARM_AGAIN_MS INT64_C(300000)

/* Which programs a web server may start. */
enum warm { WARM_HANDLER, WARM_GATE, WARM__MAX };

struct warm_pool {
	int64_t wanted;	  /* by the last round */
	int64_t came;	  /* -1: this program is started by nobody, it serves
			   * many at a time */
	int64_t took_ms;  /* until all had answered */
	int64_t again_ms; /* until then no more than `came` are wanted */
};

struct warm_said {
	int64_t at_ms; /* when the last round ended; 0: there was none */
	struct warm_pool pool[WARM__MAX];
	const char *why; /* it could not be done; NULL: it could */
};

extern const char *const warm_names[WARM__MAX]; /* "handler", "gate" */

/* One round. ERR_BUSY: somebody else is at it. What was found is kept for
 * warm_last(), also when it failed. */
MUST_USE enum err warm_round(struct cx *cx);
/* What the last round found, strings in cx's arena; zeroed when there was
 * none. */
void warm_last(struct cx *cx, struct warm_said *out);

#endif
