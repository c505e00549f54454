/*
 * What wakes a waiting pass: the doorbell (somebody changed a workspace), the
 * mark run/again (somebody wants a pass), and the end of a worker.
 */
#ifndef CRON_BELL_H
#define CRON_BELL_H

#include "cron/workers.h"

struct bell {
	int fd; /* inotify; -1: none, then it is a look each second */
};

void bell_open(struct cx *cx, struct bell *b);
void bell_close(struct bell *b);
/* Throws away what has rung so far. */
void bell_drain(struct bell *b);

enum woke { WOKE_TIMEOUT, WOKE_BELL, WOKE_WORKER, WOKE_SIGNAL };
/* At most until deadline_ms (clock_mono_ms). */
enum woke bell_wait(struct bell *b, const struct workers *ws,
		    int64_t deadline_ms);

/* The mark: a pass is wanted that begins to look after now. */
/* full: cron was here, so all that runs is to be looked at too. */
void again_leave(struct cx *cx, bool full);
bool again_is_left(struct cx *cx);
/* Takes it away. Was it there, and was a full look wanted? */
bool again_take(struct cx *cx, bool *full);

#endif
