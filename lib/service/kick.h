/*
 * Asking for a pass now. Cron is the guarantee, the kick is the speed.
 *
 * 1. Call it after the intent is committed, never before.
 * 2. It never waits: not for the pass, not for a lock.
 * 3. The mark run/again stands before the lock is looked at: a pass that is
 *    just ending looks for the mark after it let the lock go, so that one of
 *    the two sees the other.
 */
#ifndef SERVICE_KICK_H
#define SERVICE_KICK_H

#include "base/cx.h"

/* A failure is worth a line in the log and nothing else: cron comes. */
MUST_USE enum err kick(struct cx *cx);

#endif
