/*
 * Inside of store/: who writes next. SQLite's own waiting is a lottery that
 * who has just written mostly wins again.
 *
 * 1. Two locks on one file: a place at the pen, and a place at the head of
 *    the line. Only who stands at the head reaches for the pen, so who lays
 *    it down goes to the end of the line.
 * 2. They are the kernel's (open file description locks): free when their
 *    holder dies, and good between threads, each with its own descriptor.
 * 3. Nobody waits for ever: ERR_BUSY.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "base/cx.h"

MUST_USE enum err queue_enter(struct cx *cx, const char *path, int *fd);
void queue_leave(int *fd); /* -1 is fine; it is -1 afterwards */

#endif
