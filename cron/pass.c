/* A pass from its lock to its last look: SPEC section 3. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/log.h"
#include "cron/bell.h"
#include "cron/cron.h"
#include "cron/errands.h"
#include "reconcile/pass.h"
#include "store/meta.h"

/* With nothing happening for so long, the workers are left to themselves:
 * the next pass finds their locks held. */
#define QUIET_MS INT64_C(900000)
/* Rounds in a row that change rows although nothing has happened: two rules
 * that undo each other must not keep a machine busy. */
#define RESTLESS 100

/* A look that hangs (a dead disk) must not hold the lock for ever: the kernel
 * ends the pass, and the next one tries. */
#define HUNG_S 900

static volatile sig_atomic_t stopped;

struct run {
	const struct site *site;
	struct world w;
	struct workers workers;
	struct bell bell;
	struct pass record;
	char message[512]; /* of the first error */
	bool hopeless;	   /* an error that ends the pass */
	int64_t since_ms;
	bool chores; /* looked whether they are due */
};

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Signals come only while it waits. */
static void
catch_signals(void)
{
	static const int sigs[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction sa = {.sa_handler = stop};
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
		sigaddset(&block, sigs[i]);
		sigaction(sigs[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &block, NULL);
	signal(SIGCHLD, SIG_DFL); /* or nobody could be waited for */
}

static enum err
spawn(struct cx *cx, struct world *w, const struct workspace *ws, int lock_fd)
{
	struct run *run = w->arg;

	return workers_start(cx, &run->workers, ws->id, ws->op_id, lock_fd);
}

static void
error(struct run *run, const struct cx *cx, const char *why)
{
	if (!run->record.errors++)
		snprintf(run->message, sizeof run->message, "%s", why);
	log_event(cx, LOG_LEVEL_ERROR, "pass-error", "why", why, NULL);
}

/* After each full look or wish, when all that is urgent has been begun. */
static enum err
chores(struct run *run, struct cx *cx)
{
	bool due;
	enum err e;

	if (!run->chores || workers_busy(&run->workers) < run->workers.n)
		return OK;
	run->chores = false;
	if ((e = pass_chores_due(cx, &run->w, &due)) || !due)
		return e;
	return workers_start_chores(cx, &run->workers);
}

static void
add(struct run *run, const struct cx *cx, const struct round *r)
{
	struct pass *p = &run->record;

	p->rounds++;
	if (r->workspaces > p->workspaces)
		p->workspaces = r->workspaces;
	if (r->instances > p->instances)
		p->instances = r->instances;
	if (r->homes > p->homes)
		p->homes = r->homes;
	p->begun += r->begun;
	if (r->errors) {
		error(run, cx, r->message);
		p->errors += r->errors - 1;
	}
}

/*
 * The pass is written down after its first look, so that somebody who waits
 * for a wake does not wait for this too.
 */
static void
record(struct run *run, struct cx *cx)
{
	if (run->record.n)
		return;
	cx->now_ms = run->since_ms;
	if (pass_begin(cx, run->w.db, run->record.kind, &run->record.n)) {
		error(run, cx, cx->why);
		run->hopeless = true;
	}
	cx_tick(cx);
}

/* One round with a context of its own; true when something was done. */
static bool
round_once(struct run *run, bool full)
{
	struct round r = {.full = full};
	struct cx cx = {0};
	bool asked, whole;
	enum err e;

	cx_begin(&cx, run->site);
	asked = again_take(&cx, &whole);
	r.full |= whole;
	alarm(HUNG_S);
	e = pass_round(&cx, &run->w, &r);
	add(run, &cx, &r);
	if (e) {
		error(run, &cx, cx.why);
		run->hopeless = true;
	}
	record(run, &cx);
	if (r.full || asked) /* perhaps for a survey */
		run->chores = true;
	if ((e = errands(&cx)))
		error(run, &cx, cx.why);
	if (!run->hopeless && !r.changed && (e = chores(run, &cx)))
		error(run, &cx, cx.why);
	alarm(0);
	cx_end(&cx);
	return r.changed || r.begun;
}

static bool
is_left(struct run *run)
{
	struct cx cx = {0};
	bool left;

	cx_begin(&cx, run->site);
	left = again_is_left(&cx);
	cx_end(&cx);
	return left;
}

/* What rang before a round is seen by it; what rings later wakes it again. */
static bool
wait_for_more(struct run *run, bool restless)
{
	enum woke woke;

	if (restless)
		clock_sleep_ms(1000);
	woke = bell_wait(&run->bell, &run->workers, clock_mono_ms() + QUIET_MS);
	workers_reap(&run->workers);
	return woke != WOKE_TIMEOUT;
}

/* Until nothing is left to do. */
static void
rounds(struct run *run)
{
	bool full = true, more = true;
	int restless = 0;

	while (more && !stopped) {
		bell_drain(&run->bell);
		restless = round_once(run, full) ? restless + 1 : 0;
		full = false;
		if (run->hopeless)
			return;
		if (is_left(run) || (restless && restless < RESTLESS))
			continue;
		more = run->workers.n &&
		       wait_for_more(run, restless >= RESTLESS);
	}
}

/*
 * Says on stderr why the pass could not do its work, but not each minute the
 * same: only when the last pass did not end with that.
 */
static void
complain(struct run *run, const struct pass *last)
{
	if (!run->record.errors ||
	    (last->message && !strcmp(last->message, run->message)))
		return;
	fprintf(stderr, "roost-reconcile: %s\n", run->message);
}

static void
last_pass(struct cx *cx, struct run *run, struct pass *last)
{
	struct passes p;

	*last = (struct pass){0};
	if (!pass_list(cx, run->w.db, 0, 1, &p) && p.n)
		*last = p.v[0];
	cx_clear(cx);
}

/* With the lock held. */
static void
one_pass(struct cx *cx, struct run *run, enum passkind kind)
{
	struct pass last;

	run->record = (struct pass){.kind = kind};
	run->chores = false;
	run->hopeless = false;
	run->message[0] = '\0';
	run->since_ms = clock_now_ms();
	run->workers.done = run->workers.failed = run->workers.abandoned = 0;
	last_pass(cx, run, &last);
	rounds(run);
	run->record.done = run->workers.done;
	run->record.failed = run->workers.failed;
	run->record.abandoned = run->workers.abandoned;
	run->record.message = run->record.errors ? run->message : NULL;
	cx_tick(cx);
	if (run->record.n && pass_end(cx, run->w.db, &run->record))
		error(run, cx, cx->why);
	complain(run, &last);
}

/*
 * OK: ours. ERR_BUSY: another pass is at work and has been told to look
 * again. It may have looked for the mark just before it was left, so the
 * lock is tried once more after that.
 */
static enum err
take_lock(struct cx *cx, enum passkind kind, int *fd)
{
	const char *path = site_run_file(cx, "reconcile.lock");
	enum err e = lock_take(cx, path, fd);

	if (e != ERR_BUSY)
		return e;
	again_leave(cx, kind == PASS_CRON);
	return lock_take(cx, path, fd);
}

static enum err
lock_and_run(struct cx *cx, struct run *run, enum passkind kind)
{
	enum err e;
	int fd;

	do {
		e = take_lock(cx, kind, &fd);
		if (e == ERR_BUSY)
			return OK;
		if (e)
			return e;
		one_pass(cx, run, kind);
		lock_drop(fd);
	} while (!stopped && again_is_left(cx));
	return OK;
}

/* Whether or not another pass is at work. */
static void
each_minute(struct cx *cx, struct run *run)
{
	if (meta_set(cx, run->w.db, META_LAST_CRON_MS, cx->now_ms))
		log_fail(cx, "cron-mark");
	if (errand_warm(cx))
		log_fail(cx, "warm");
}

int
pass_main(struct cx *cx, enum passkind kind)
{
	struct run run = {.site = cx->site, .bell.fd = -1};
	enum err e;

	run.w.spawn = spawn;
	run.w.arg = &run;
	catch_signals();
	if (!(e = world_open(cx, DB_UPGRADE, &run.w))) {
		if (kind == PASS_CRON)
			each_minute(cx, &run);
		bell_open(cx, &run.bell);
		e = lock_and_run(cx, &run, kind);
	}
	if (e) {
		log_fail(cx, "pass");
		fprintf(stderr, "roost-reconcile: %s\n", cx->why);
	}
	bell_close(&run.bell);
	workers_free(&run.workers);
	world_close(&run.w);
	return e || run.record.errors;
}
