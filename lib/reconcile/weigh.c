#include "reconcile/weigh.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "reconcile/activity.h"
#include "reconcile/commit.h"
#include "rules/plan.h"
#include "rules/ttl.h"

/* One that runs although its start failed is started again at once, but not
 * over and over within one pass. */
#define HEAL_AFTER_MS 5000

/*
 * An instance that runs but whose address is not known (its worker died in
 * between, or it was in ERROR) is not reachable: starting it again is what
 * finds out, and leaves a running one alone.
 */
static enum status
reachable(const struct workspace *ws, enum status judged)
{
	if (judged == STATUS_RUNNING && !ws->endpoint && !ws->deleted_ms &&
	    ws->desired == STATUS_RUNNING)
		return STATUS_STANDBY;
	return judged;
}

/* Ended by itself, too soon after its start and not by a reboot. */
static bool
is_crash(const struct cx *cx, const struct world *w, const struct workspace *ws)
{
	int64_t up = cx->now_ms - ws->status_changed_ms;

	return ws->status == STATUS_RUNNING && !ws->deleted_ms &&
	       ws->desired == STATUS_RUNNING && ws->boot_id &&
	       !strcmp(ws->boot_id, clock_boot_id()) && up >= 0 &&
	       up < w->set.v[SETTING_STABLE_SECONDS] * 1000;
}

static enum err
crashed(struct cx *cx, struct world *w, struct sight *s)
{
	int64_t up = (cx->now_ms - s->ws.status_changed_ms) / 1000;

	return commit_wrong(cx, w, &s->ws, REASON_ACTION_FAILED,
			    arena_printf(&cx->arena,
					 "the application ended by itself "
					 "%" PRId64 " seconds after its start",
					 up));
}

/* The worker died. Past its time the operation has failed, unless reality
 * has come to its end without it; within it, it is done again. */
static enum err
weigh_dead(struct cx *cx, struct world *w, struct sight *s,
	   const struct judgement *j, struct round *r)
{
	enum status seen = j->status, target = job_target(&s->ws, &seen);
	struct outcome out = {.status = seen, .endpoint.slot = -1};

	if (plan_abandons(&s->ws)) {
		r->changed++;
		return commit_abandoned(cx, w, &s->ws,
					j->status == STATUS_ERROR ? s->ws.status
								  : j->status);
	}
	if (!job_late(cx, w, &s->ws)) {
		s->op = s->ws.operation;
		return OK;
	}
	r->changed++;
	if (seen != target || target == STATUS_RUNNING)
		return commit_failed(cx, w, &s->ws, REASON_TIMEOUT,
				     "it was not done within its time limit");
	if (s->ws.operation == OPERATION_DELETING)
		out.status = STATUS_DELETED;
	return commit_done(cx, w, &s->ws, &out);
}

/* Does reality already have what is wanted, so that nothing is wrong any
 * more? What somebody must look at stays, unless it runs as wanted. */
static bool
is_healed(const struct workspace *ws, enum status seen)
{
	return !ws->deleted_ms && seen == ws->desired &&
	       (seen == STATUS_RUNNING || ws->error_reason == REASON_NONE ||
		!reason_needs_admin(ws->error_reason));
}

static enum err
weigh_error(struct cx *cx, struct world *w, struct sight *s,
	    const struct judgement *j, struct round *r)
{
	enum status seen = reachable(&s->ws, j->status);
	bool runs = j->status == STATUS_RUNNING && seen != j->status &&
		    cx->now_ms - s->ws.status_changed_ms >= HEAL_AFTER_MS;

	if (s->ws.deleted_ms) {
		/* At once, unless it is the delete itself that failed. */
		if (s->ws.status_changed_ms < s->ws.deleted_ms ||
		    s->ws.next_retry_ms <= cx->now_ms)
			s->op = plan(&s->ws, seen);
		return OK;
	}
	if (j->status == STATUS_ERROR) {
		if (j->reason == s->ws.error_reason)
			return OK;
		r->changed++;
		return commit_wrong(cx, w, &s->ws, j->reason,
				    reason_text(j->reason));
	}
	if (is_healed(&s->ws, seen)) {
		r->changed++;
		return commit_seen(cx, w, &s->ws, seen, true);
	}
	/* Reason NONE: somebody has pressed Recover. */
	if (!runs && s->ws.error_reason != REASON_NONE &&
	    !retry_due(&s->ws, &w->set, cx->now_ms))
		return OK;
	s->op = plan(&s->ws, seen);
	if (s->op != OPERATION_NONE)
		return OK;
	r->changed++;
	return commit_seen(cx, w, &s->ws, seen, true);
}

/* A row at rest: does it say what is there? */
static enum err
weigh_rest(struct cx *cx, struct world *w, struct sight *s,
	   const struct judgement *j, struct round *r)
{
	enum status seen = reachable(&s->ws, j->status);
	enum err e;

	if (j->status == STATUS_ERROR && !s->ws.deleted_ms) {
		r->changed++;
		return commit_wrong(cx, w, &s->ws, j->reason,
				    reason_text(j->reason));
	}
	if (seen == STATUS_STANDBY && j->status == seen &&
	    is_crash(cx, w, &s->ws)) {
		r->changed++;
		return crashed(cx, w, s);
	}
	if (seen != s->ws.status && seen != STATUS_ERROR) {
		r->changed++;
		if ((e = commit_seen(cx, w, &s->ws, seen, false)))
			return e;
	}
	s->op = plan(&s->ws, seen);
	return OK;
}

/* Up for long enough: earlier failures are forgotten. */
static enum err
weigh_stable(struct cx *cx, struct world *w, struct sight *s, struct round *r)
{
	const struct workspace *ws = &s->ws;
	int64_t stable = w->set.v[SETTING_STABLE_SECONDS] * 1000;

	if (ws->status != STATUS_RUNNING || !ws->error_count || !s->inst ||
	    cx->now_ms - ws->status_changed_ms < stable)
		return OK;
	r->changed++;
	return commit_seen(cx, w, &s->ws, STATUS_RUNNING, true);
}

static enum err
weigh(struct cx *cx, struct world *w, struct sight *s, struct round *r)
{
	struct judgement j;
	enum err e;

	s->op = OPERATION_NONE;
	if (s->held) {
		r->held++;
		return OK;
	}
	j = judge(&s->ws, &s->seen);
	if (!j.known)
		return OK;
	s->judged = reachable(&s->ws, j.status);
	if (s->ws.operation != OPERATION_NONE)
		return weigh_dead(cx, w, s, &j, r);
	if (s->ws.status == STATUS_ERROR)
		return weigh_error(cx, w, s, &j, r);
	if ((e = weigh_rest(cx, w, s, &j, r)))
		return e;
	return weigh_stable(cx, w, s, r);
}

/* Who is connected, who was seen: all that changed in one transaction. */
static enum err
weigh_activity(struct cx *cx, struct world *w, struct view *v, struct round *r)
{
	struct ws_activity *a = arena_array(&cx->arena, v->n + 1, sizeof *a);
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		struct sight *s = &v->v[i];
		struct workspace now = s->ws;

		s->use = (struct use){.connections = -1};
		if (s->held || !s->inst || now.status != STATUS_RUNNING ||
		    now.operation != OPERATION_NONE)
			continue;
		s->use = activity_use(cx, w, s->inst);
		activity_merge(cx, &now, &s->use);
		if (!activity_matters(&s->ws, &now, cx->now_ms))
			continue;
		a[n++] = (struct ws_activity){.id = now.id,
					      .last_access_ms =
						      now.last_access_ms,
					      .connections = now.connections,
					      .idle_since_ms =
						      now.idle_since_ms};
		now.rev++; /* as the write does */
		s->ws = now;
	}
	(void)r;
	return n ? workspace_activity(cx, w->db, a, n) : OK;
}

/* The wishes that the TTL rules set; the commit looks again. */
static enum err
weigh_ttl(struct cx *cx, struct world *w, struct sight *s, struct round *r)
{
	struct workspace now = s->ws;
	enum status wish;

	if (s->held || s->op != OPERATION_NONE)
		return OK;
	/* Who is connected to a running one is not known: it stays. */
	if (now.status == STATUS_RUNNING && !s->inst)
		return OK;
	activity_merge(cx, &now, &s->use);
	if (!ttl_wish(&now, cx->now_ms, &wish))
		return OK;
	r->changed++;
	return commit_wish(cx, w, now.id, &s->use);
}

/*
 * A row that somebody else changed meanwhile is looked at again in the next
 * round. What fails for one row must not keep the others waiting; but
 * without a database nothing goes on.
 */
static enum err
one(struct cx *cx, struct world *w, struct sight *s, struct round *r,
    enum err (*step)(struct cx *, struct world *, struct sight *,
		     struct round *))
{
	enum err e = step(cx, w, s, r);

	if (!e)
		return OK;
	s->op = OPERATION_NONE;
	if (e != ERR_CONFLICT)
		return e;
	r->changed++;
	cx_clear(cx);
	return OK;
}

enum err
weigh_all(struct cx *cx, struct world *w, struct view *v, struct round *r)
{
	enum err e;

	for (size_t i = 0; i < v->n; i++)
		if ((e = one(cx, w, &v->v[i], r, weigh)))
			return e;
	if ((e = weigh_activity(cx, w, v, r)))
		return e;
	for (size_t i = 0; i < v->n; i++)
		if ((e = one(cx, w, &v->v[i], r, weigh_ttl)))
			return e;
	return OK;
}
