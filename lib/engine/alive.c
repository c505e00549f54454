/* Is an instance alive? Rules 1 and 2 of process.h. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/proc.h"
#include "engine/process.h"
#include "engine/procfs.h"
#include "engine/sandbox.h"

/* How long after its launcher the first process of a sandbox may begin, for
 * a number in an old record not to mean somebody else's. */
#define BIRTH_SECONDS 60
#define LOST_MS 2000

static bool
child_lives(const struct record *r)
{
	uint64_t start = r->child ? proc_start_time(r->child) : 0;
	uint64_t most = (uint64_t)sysconf(_SC_CLK_TCK) * BIRTH_SECONDS;

	return start && start >= r->launcher_start &&
	       start - r->launcher_start <= most &&
	       procfs_first_of_namespace(r->child);
}

bool
record_lives(const struct record *r)
{
	if (!r->launcher || !r->launcher_start ||
	    strcmp(r->boot, clock_boot_id()))
		return false;
	return proc_start_time(r->launcher) == r->launcher_start ||
	       child_lives(r);
}

pid_t
record_root(const struct record *r)
{
	if (!r->launcher || strcmp(r->boot, clock_boot_id()))
		return 0;
	if (r->child)
		return child_lives(r) ? r->child : 0;
	return proc_start_time(r->launcher) == r->launcher_start ? r->launcher
								 : 0;
}

enum err
look_at(struct cx *cx, const struct place *pl, struct look *l)
{
	enum lock_state st;
	struct record rec;
	enum err e;

	/* The record first: what it names was alive before the lock was
	 * looked at, so a start between the two looks is seen as held. */
	if ((e = record_read(cx, pl, &rec)) ||
	    (e = lock_look(cx, pl->alive, &st)))
		return e;
	l->rec = rec;
	l->held = st == LOCK_HELD;
	l->alive = l->held || record_lives(&rec);
	return OK;
}

enum err
look_and_end(struct cx *cx, const struct place *pl, struct look *l)
{
	enum err e;

	if ((e = look_at(cx, pl, l)) || !l->held || !l->rec.ended)
		return e;
	if ((e = kill_holders(cx, pl, l->rec.child, clock_mono_ms() + 50)))
		return e;
	return look_at(cx, pl, l);
}

/* All of it is gone or going: what there is to be read is there now, which
 * it may not have been when it was looked for. */
static enum err
ended(struct cx *cx, const struct place *pl)
{
	const char *tail = applog_tail(cx, pl);
	struct record r;
	enum err e;

	if ((e = record_read(cx, pl, &r)))
		return e;
	if (!strncmp(tail, "bwrap: ", 7))
		return cx_fail(cx, ERR_CONFIG,
			       "the sandbox could not be made: %s; %s", tail,
			       strstr(tail, "namespace")
				       ? sandbox_mend
				       : "roostctl doctor says whether it "
					 "works at all; see also binds of the "
					 "application in roost.conf");
	if (!r.ended)
		return cx_fail(cx, ERR_ACTION,
			       "the application was killed; its last words: %s",
			       *tail ? tail : "none");
	return cx_fail(cx, ERR_ACTION,
		       "the application ended with exit code %d; its last "
		       "words: %s",
		       r.exit_code, *tail ? tail : "none");
}

/*
 * Its launcher (bubblewrap outside, or the supervisor) was killed. What is
 * inside may be well, and then answers soon; or waits for ever for a word
 * from it.
 */
static bool
launcher_lost(const struct record *r, int64_t waited_ms)
{
	return r->launcher && waited_ms > LOST_MS &&
	       proc_start_time(r->launcher) != r->launcher_start;
}

enum err
look_runs(struct cx *cx, const struct place *pl, void *arg, int64_t waited_ms)
{
	struct look l;
	enum err e;

	(void)arg;
	if ((e = look_at(cx, pl, &l)))
		return e;
	if (!l.alive || l.rec.ended || launcher_lost(&l.rec, waited_ms))
		return ended(cx, pl);
	return OK;
}
