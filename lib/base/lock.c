#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static enum err
open_lock(struct cx *cx, const char *path, int *fd)
{
	int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (f < 0)
		return cx_errno(cx, errno, "lock file %s", path);
	*fd = f;
	return OK;
}

/*
 * lock_look() holds the lock, shared, for an instant: a taker that meets it
 * must not conclude that somebody works there, so it tries a few times.
 */
static bool
flock_now(int fd)
{
	const struct timespec pause = {.tv_nsec = 300000};
	int tries;

	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB); tries++) {
		if (errno != EWOULDBLOCK || tries == 3)
			return false;
		nanosleep(&pause, NULL);
		errno = EWOULDBLOCK;
	}
	return true;
}

/* Is what we hold still the file of that name? Its last holder may have
 * removed it between our open and our lock. */
static bool
still_there(const char *path, int fd)
{
	struct stat ours, named;

	return !fstat(fd, &ours) && !lstat(path, &named) &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

enum err
lock_take(struct cx *cx, const char *path, int *fd)
{
	enum err e;
	int f = -1;

	for (;; close(f)) {
		if ((e = open_lock(cx, path, &f)))
			return e;
		if (!flock_now(f))
			break;
		if (!still_there(path, f))
			continue;
		*fd = f;
		return OK;
	}
	e = errno == EWOULDBLOCK
		    ? cx_fail(cx, ERR_BUSY, "%s is held by another process",
			      path)
		    : cx_errno(cx, errno, "flock %s", path);
	close(f);
	return e;
}

enum err
lock_wait(struct cx *cx, const char *path, int64_t deadline_ms, int *fd)
{
	int64_t pause = 1;
	enum err e;

	while ((e = lock_take(cx, path, fd)) == ERR_BUSY &&
	       clock_mono_ms() < deadline_ms) {
		clock_sleep_ms(pause);
		pause = pause < 20 ? pause * 2 : pause;
	}
	return e;
}

enum err
lock_look(struct cx *cx, const char *path, enum lock_state *st)
{
	int f = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum err e = OK;

	if (f < 0 && errno == ENOENT) {
		*st = LOCK_ABSENT;
		return OK;
	}
	if (f < 0)
		return cx_errno(cx, errno, "lock file %s", path);
	if (!flock(f, LOCK_SH | LOCK_NB))
		*st = LOCK_FREE;
	else if (errno == EWOULDBLOCK)
		*st = LOCK_HELD;
	else
		e = cx_errno(cx, errno, "flock %s", path);
	close(f);
	return e;
}

void
lock_remove(const char *path, int fd)
{
	unlink(path);
	close(fd);
}

void
lock_drop(int fd)
{
	if (fd >= 0)
		close(fd);
}
