#include "store/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Longest wait. Each writer takes milliseconds. */
#define QUEUE_MS 5000

enum place { PEN, HEAD }; /* the byte of the file that is locked */

static bool
lock_byte(int fd, enum place place, short type)
{
	struct flock l = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = place,
		.l_len = 1,
	};

	return !fcntl(fd, F_OFD_SETLK, &l);
}

/* In line: the longer one has waited, the more often one asks. At the head:
 * often, for nobody else asks, and each pause is lost to all. */
static void
pause_after(enum place place, int64_t waited_ms)
{
	long us = place == PEN ? 100 : waited_ms < 10 ? 1500 : 400;
	struct timespec ts = {.tv_nsec = us * 1000};

	nanosleep(&ts, NULL);
}

static enum err
take(struct cx *cx, const char *path, int fd, enum place place, int64_t since)
{
	int64_t waited;

	while (!lock_byte(fd, place, F_WRLCK)) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return cx_errno(cx, errno, "lock %s", path);
		waited = clock_mono_ms() - since;
		if (waited > QUEUE_MS)
			return cx_fail(cx, ERR_BUSY,
				       "%s: other writers took too long", path);
		pause_after(place, waited);
	}
	return OK;
}

enum err
queue_enter(struct cx *cx, const char *path, int *fd)
{
	int64_t since = clock_mono_ms();
	int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err e;

	if (f < 0)
		return cx_errno(cx, errno, "write queue %s", path);
	if ((e = take(cx, path, f, HEAD, since)) ||
	    (e = take(cx, path, f, PEN, since))) {
		close(f);
		return e;
	}
	lock_byte(f, HEAD, F_UNLCK);
	*fd = f;
	return OK;
}

void
queue_leave(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
