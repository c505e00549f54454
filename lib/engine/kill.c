/* Ending a tree of processes, and never anybody else's: rule 3. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/process.h"
#include "engine/procfs.h"

static bool
is_holder(pid_t pid, const struct place *pl)
{
	return procfs_is_ours_by_name(pid) && procfs_holds_lock(pid, pl->alive);
}

static void
wait_gone(int pidfd, int64_t deadline_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int64_t left;

	while ((left = deadline_ms - clock_mono_ms()) > 0)
		if (poll(&p, 1, left > 1000 ? 1000 : (int)left) > 0)
			return;
}

/*
 * The first process of a PID namespace dies with all in it. A supervisor is
 * asked: it ends its tree and then itself. So is bubblewrap before it has
 * made the namespace.
 */
static enum err
end_holder(struct cx *cx, const struct place *pl, pid_t pid,
	   int64_t deadline_ms)
{
	int sig, fd = pidfd_open(pid, 0);
	enum err e = OK;

	if (fd < 0)
		return errno == ESRCH ? OK
				      : cx_errno(cx, errno, "process %d of %s",
						 (int)pid, pl->id);
	/* Now the number cannot come to mean another one. */
	if (is_holder(pid, pl)) {
		sig = procfs_first_of_namespace(pid) ? SIGKILL : SIGTERM;
		if (!pidfd_send_signal(fd, sig, NULL, 0))
			wait_gone(fd, deadline_ms);
		else if (errno != ESRCH)
			e = cx_fail(cx, ERR_ACTION,
				    "process %d of %s cannot be ended: %s",
				    (int)pid, pl->id, strerror(errno));
	}
	close(fd);
	return e;
}

struct search {
	struct cx *cx;
	const struct place *pl;
	int64_t deadline_ms;
	enum err e;
};

static bool
search_one(pid_t pid, void *arg)
{
	struct search *s = arg;

	if (is_holder(pid, s->pl))
		s->e = end_holder(s->cx, s->pl, pid, s->deadline_ms);
	return s->e == OK;
}

enum err
kill_holders(struct cx *cx, const struct place *pl, pid_t known,
	     int64_t deadline_ms)
{
	struct search s = {cx, pl, deadline_ms, OK};

	if (known && is_holder(known, pl))
		return end_holder(cx, pl, known, deadline_ms);
	/* No record, or only half of it: whoever has the lock. */
	if (!procfs_each(search_one, &s))
		return cx_errno(cx, errno, "/proc");
	return s.e;
}

static enum err
too_long(struct cx *cx, const struct place *pl)
{
	return cx_fail(cx, ERR_TIMEOUT, "the processes of %s do not end",
		       pl->id);
}

enum err
kill_rest(struct cx *cx, const struct place *pl, int64_t deadline_ms)
{
	struct record r;
	enum err e;

	for (;;) {
		if ((e = record_read(cx, pl, &r)) || !record_lives(&r))
			return e;
		if ((e = kill_holders(cx, pl, r.child, deadline_ms)))
			return e;
		if (clock_mono_ms() >= deadline_ms)
			return too_long(cx, pl);
		clock_sleep_ms(1);
	}
}

enum err
kill_tree(struct cx *cx, const struct place *pl, int64_t deadline_ms)
{
	int64_t pause = 1;
	struct look l;
	enum err e;

	for (;;) {
		if ((e = look_at(cx, pl, &l)) || !l.alive)
			return e;
		if ((e = kill_holders(cx, pl, l.rec.child, deadline_ms)) ||
		    (e = look_at(cx, pl, &l)) || !l.alive)
			return e;
		if (clock_mono_ms() >= deadline_ms)
			return too_long(cx, pl);
		clock_sleep_ms(pause);
		pause = pause < 50 ? pause * 2 : pause;
	}
}
