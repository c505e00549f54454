/* Other programs: always an argv, never a shell. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cx.h"

/*
 * Runs argv to its end with stdin /dev/null and stdout+stderr into out (may be
 * NULL). OK means it exited; *status is its exit code, or 128+signal.
 * ERR_TIMEOUT (killed) after deadline_ms milliseconds.
 */
MUST_USE enum err proc_run(struct cx *cx, const char *const argv[],
			   int64_t deadline_ms, struct buf *out, int *status);
/*
 * Starts argv detached: a session of its own, no controlling terminal, all
 * descriptors closed but stdin (/dev/null), stdout and stderr (/dev/null, or
 * log_fd when >= 0), reparented to init, so that nobody has to reap it.
 */
MUST_USE enum err proc_detach(struct cx *cx, const char *const argv[],
			      int log_fd);
/* Closes all descriptors >= first but those in keep[n]. In a child. */
void proc_close_from(int first, const int *keep, size_t n);
/* Process start time (field 22 of /proc/PID/stat), 0 when gone or zombie. */
uint64_t proc_start_time(pid_t pid);

#endif
