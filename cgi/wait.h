/*
 * Requests that wait for something to change: one thread holds them all.
 * SPEC section 7.
 *
 * 1. A parked request costs a connection and some memory, no thread.
 * 2. Nothing is missed: a request is looked at once more after it was parked,
 *    and from then on every change is. Whatever the doorbell tells or fails
 *    to tell, all is looked at again every few seconds.
 * 3. A ring costs one question for all (whom do the changes concern?) and
 *    one more for each of those who are waiting for them.
 * 4. Output never blocks: what a client does not take stays in its buffer, and
 *    one that is too slow is let go.
 */
#ifndef CGI_WAIT_H
#define CGI_WAIT_H

#include "cgi/app.h"
#include "cgi/io.h"

struct wait;

/* Starts the thread; it holds at most site->max_waiting, and leaves
 * descriptors for those who do not wait. */
MUST_USE enum err wait_start(struct cx *cx, const struct program *p,
			     struct wait **out);
/* Answers what is parked with what there is now, ends the thread. */
void wait_stop(struct wait *w); /* NULL is fine */

/*
 * Takes over a request that asked for it (c->park). False: there is no
 * waiting here (w is NULL, io cannot be kept) or no room.
 */
bool wait_park(struct wait *w, struct cx *cx, struct call *c, struct io *io);
/* The same request answered at once, with Retry-After. */
MUST_USE enum err wait_now(struct cx *cx, struct call *c);
/* How many are parked now; 0 for NULL. */
int64_t wait_count(struct wait *w);

#endif
