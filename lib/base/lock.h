/*
 * Locks are flock(2) on files: the kernel frees them with their holder.
 *
 * 1. A lock belongs to the open file description: a child that inherits the
 *    descriptor holds it too; it is free when the last copy is closed.
 * 2. Descriptors come with O_CLOEXEC.
 * 3. A lock file may be removed by who holds it (lock_remove): a taker that
 *    then gets hold of the removed file notices, and takes the new one.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdint.h>

#include "base/cx.h"

enum lock_state { LOCK_FREE, LOCK_HELD, LOCK_ABSENT };

/* OK and *fd; ERR_BUSY when somebody else holds it. Creates the file. */
MUST_USE enum err lock_take(struct cx *cx, const char *path, int *fd);
/* The same, but waits until deadline (clock_mono_ms). */
MUST_USE enum err lock_wait(struct cx *cx, const char *path,
			    int64_t deadline_ms, int *fd);
/* Looks without taking. Absent file: LOCK_ABSENT. Failed look: error. */
MUST_USE enum err lock_look(struct cx *cx, const char *path,
			    enum lock_state *st);
void lock_drop(int fd); /* -1 is fine */
/* Removes the file of a lock that is held in fd, then lets it go. */
void lock_remove(const char *path, int fd);

#endif
