#include "reconcile/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "reconcile/commit.h"
#include "reconcile/trash.h"
#include "rules/judge.h"
#include "rules/plan.h"

#define LOOK_EACH_MS 100
#define TELL_EACH_MS 500

/* Each operation: what it does, and the level where it ends. */
static const struct step {
	enum err (*run)(struct job *, struct outcome *);
	enum status target;
} steps[OPERATION__MAX] = {
	[OPERATION_PROVISIONING] = {job_provision, STATUS_STANDBY},
	[OPERATION_RESTORING] = {job_restore, STATUS_STANDBY},
	[OPERATION_STARTING] = {job_start, STATUS_RUNNING},
	[OPERATION_STOPPING] = {job_stop, STATUS_STANDBY},
	[OPERATION_ARCHIVING] = {job_archive, STATUS_PENDING},
	[OPERATION_DELETING] = {job_delete, STATUS_PENDING},
};

enum err
job_fail(struct job *j, enum reason reason, const char *fmt, ...)
{
	char text[sizeof j->cx->why];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	j->reason = reason;
	return cx_fail(j->cx, ERR_ACTION, "%s", text);
}

/*
 * Reads the row with a context of its own, so that neither the failure
 * recorded so far nor the memory of the work is touched. A look that fails
 * decides nothing.
 */
bool
job_quit_now(struct job *j)
{
	struct workspace now;
	struct cx cx = {0};
	enum err e;

	cx_begin(&cx, j->cx->site);
	j->looked_ms = clock_mono_ms();
	e = op_watch(&cx, j->w->db, j->ws.id, j->ws.op_id, &now);
	if (e == ERR_CONFLICT)
		j->taken = true;
	j->abandoned = j->taken || (!e && plan_abandons(&now));
	cx_end(&cx);
	return j->abandoned;
}

bool
job_quit(void *arg)
{
	struct job *j = arg;

	if (j->abandoned || clock_mono_ms() - j->looked_ms < LOOK_EACH_MS)
		return j->abandoned;
	return job_quit_now(j);
}

/* Progress is a courtesy: what fails in telling it fails nothing. */
static void
tell(struct job *j)
{
	struct workspace now;
	struct cx cx = {0};

	cx_begin(&cx, j->cx->site);
	j->told_ms = clock_mono_ms();
	if (op_progress(&cx, j->w->db, j->ws.id, j->ws.op_id, j->done, j->total,
			j->unit, &now) == ERR_CONFLICT)
		j->taken = j->abandoned = true;
	cx_end(&cx);
}

bool
job_tell(void *arg, int64_t done, int64_t total)
{
	struct job *j = arg;

	j->done = done;
	j->total = total;
	if (clock_mono_ms() - j->told_ms >= TELL_EACH_MS)
		tell(j);
	return job_quit(arg);
}

struct progress
job_progress(struct job *j, const char *unit)
{
	j->unit = unit;
	return (struct progress){.tell = job_tell,
				 .arg = j,
				 .deadline_ms = j->deadline_ms};
}

enum err
job_home(struct job *j, bool *there)
{
	const char *id = j->ws.id;

	return j->w->home->look(j->cx, &id, 1, there);
}

enum err
job_alive(struct job *j, bool *alive)
{
	return j->w->engine->alive(j->cx, j->ws.id, alive);
}

/* How long it has been at work: what passed before this boot is no work. */
static int64_t
at_work_ms(const struct cx *cx, const struct workspace *ws)
{
	struct timespec up;
	int64_t from = ws->op_started_ms, boot;

	clock_gettime(CLOCK_BOOTTIME, &up);
	boot = cx->now_ms - (int64_t)up.tv_sec * 1000;
	if (from < boot)
		from = boot;
	return cx->now_ms > from ? cx->now_ms - from : 0;
}

/* What was archived when it was deleted has no home to bring back: undone, it
 * is where it was, without one. */
static bool
is_undo_of_nothing(const struct workspace *ws)
{
	return ws->operation == OPERATION_RESTORING &&
	       ws->status == STATUS_DELETED && !ws->deleted_ms &&
	       !ws->trash_key;
}

enum status
job_target(const struct workspace *ws, enum status *seen)
{
	if (!is_undo_of_nothing(ws) || *seen != STATUS_DELETED)
		return steps[ws->operation].target;
	*seen = STATUS_PENDING;
	return STATUS_PENDING;
}

bool
job_late(const struct cx *cx, const struct world *w, const struct workspace *ws)
{
	int64_t limit = w->set.v[operation_limit(ws->operation)] * 1000;

	return at_work_ms(cx, ws) > limit;
}

/* What is there now; the row too, since it may have changed meanwhile. */
static enum err
look(struct job *j, struct judgement *out)
{
	struct seen seen = {0};
	bool home, alive;
	enum err e;

	e = op_watch(j->cx, j->w->db, j->ws.id, j->ws.op_id, &j->ws);
	if (e == ERR_CONFLICT)
		j->taken = true;
	if (e || (e = job_home(j, &home)) || (e = job_alive(j, &alive)))
		return e;
	seen.home = home ? LOOK_PRESENT : LOOK_ABSENT;
	seen.instance = alive ? LOOK_PRESENT : LOOK_ABSENT;
	*out = judge(&j->ws, &seen);
	return OK;
}

/* It did what it could, but that is not what is to be seen. */
static enum err
missed(struct job *j, const struct judgement *jt)
{
	if (jt->status == STATUS_ERROR)
		return job_fail(j, jt->reason, "%s", reason_text(jt->reason));
	return job_fail(j, REASON_ACTION_FAILED, "after %s it is %s",
			operation_name(j->ws.operation),
			status_name(jt->status));
}

static enum reason
reason_of(const struct job *j, enum err e)
{
	if (j->reason != REASON_NONE)
		return j->reason;
	switch ((int)e) {
	case ERR_NO_SPACE:
		return REASON_NO_SPACE;
	case ERR_CORRUPT:
		return REASON_ARCHIVE_CORRUPTED;
	case ERR_IMAGE:
		return REASON_IMAGE_NOT_FOUND;
	case ERR_UNREACHABLE:
		return REASON_UNREACHABLE;
	case ERR_TIMEOUT:
		return REASON_TIMEOUT;
	default:
		return REASON_ACTION_FAILED;
	}
}

/* Given up: the row says what is there, and nothing is wrong. */
static enum err
give_up(struct job *j, const struct judgement *jt, struct outcome *out)
{
	out->result = RESULT_ABANDONED;
	return commit_abandoned(j->cx, j->w, &j->ws,
				jt->status == STATUS_ERROR ? j->ws.status
							   : jt->status);
}

static enum err
fail_with(struct job *j, enum err e, const char *why, struct outcome *out)
{
	out->result = RESULT_FAILED;
	return commit_failed(j->cx, j->w, &j->ws, reason_of(j, e), why);
}

/*
 * Invariant 4: reality decides what it came to. A step that failed after its
 * effect has succeeded; one that succeeded without its effect has failed. A
 * start must have told where it answers, too.
 */
static enum err
conclude(struct job *j, enum err e, struct outcome *out)
{
	char why[sizeof j->cx->why];
	struct judgement jt;
	enum status target;
	enum err f;

	snprintf(why, sizeof why, "%s", j->cx->why);
	cx_clear(j->cx);
	if ((f = look(j, &jt)))
		return f;
	target = job_target(&j->ws, &jt.status);
	if (e == ERR_ABANDONED ||
	    (!e && jt.status != target && plan_abandons(&j->ws)))
		return give_up(j, &jt, out);
	if (jt.status != target && !e) {
		e = missed(j, &jt);
		return fail_with(j, e, j->cx->why, out);
	}
	if (jt.status != target || (e && target == STATUS_RUNNING))
		return fail_with(j, e, why, out);
	out->result = RESULT_OK;
	out->status =
		j->ws.operation == OPERATION_DELETING ? STATUS_DELETED : target;
	return commit_done(j->cx, j->w, &j->ws, out);
}

static void
set_out(struct job *j)
{
	int64_t limit_s = j->w->set.v[operation_limit(j->ws.operation)];

	j->told_ms = j->looked_ms = clock_mono_ms();
	j->deadline_ms =
		clock_mono_ms() + limit_s * 1000 - at_work_ms(j->cx, &j->ws);
}

/*
 * Writing down how it ended may fail as well (disk full, busy): then the row
 * keeps its operation, and a later pass does it again.
 */
enum err
job_run(struct cx *cx, struct world *w, const char *id, const char *op_id,
	struct outcome *out)
{
	struct job j = {.cx = cx, .w = w};
	enum err e;

	*out = (struct outcome){.result = RESULT_RUNNING, .endpoint.slot = -1};
	e = op_watch(cx, w->db, id, op_id, &j.ws);
	if (!e) {
		set_out(&j);
		e = steps[j.ws.operation].run(&j, out);
		cx_tick(cx);
		e = conclude(&j, e, out);
	}
	if (e || out->result != RESULT_OK)
		out->purge = NULL;
	if (e != ERR_CONFLICT)
		return e;
	cx_clear(cx); /* somebody else concluded it: not ours any more */
	return OK;
}

void
job_after(struct cx *cx, struct world *w, const struct outcome *out)
{
	if (out->purge)
		trash_purge_one(cx, w, out->purge);
}
