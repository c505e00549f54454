#include "reconcile/pass.h"

#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/lock.h"
#include "reconcile/audit.h"
#include "reconcile/commit.h"
#include "reconcile/cut.h"
#include "reconcile/gc.h"
#include "reconcile/incident.h"
#include "reconcile/share.h"
#include "reconcile/survey.h"
#include "reconcile/trash.h"
#include "reconcile/weigh.h"
#include "store/setting.h"

void
round_error(struct round *r, struct cx *cx)
{
	if (!r->errors++)
		snprintf(r->message, sizeof r->message, "%s", cx->why);
	cx_clear(cx);
}

/*
 * Begins it, or lets a new worker take up what a dead one left. The lock is
 * ours before the row says so and is handed to the worker: it is never free
 * in between.
 */
static enum err
launch(struct cx *cx, struct world *w, struct sight *s, struct round *r)
{
	const char *lock = site_run_path(cx, s->ws.id, ".lock");
	int fd = s->lock_fd;
	enum err e;

	if (fd < 0 && (e = lock_take(cx, lock, &fd)))
		return e;
	s->lock_fd = -1;
	if (s->ws.operation == OPERATION_NONE &&
	    (e = commit_begin(cx, w, &s->ws, s->judged, s->op))) {
		lock_remove(lock, fd);
		return e;
	}
	if (FAULT(FAULT_WORKER_SPAWN)) {
		lock_remove(lock, fd);
		return cx_fail(cx, ERR_IO, "fault: worker");
	}
	if ((e = w->spawn(cx, w, &s->ws, fd)))
		return e;
	r->begun++;
	return OK;
}

/* Busy: a worker is just going, its end brings us back. Conflict: somebody
 * changed the row, look again. */
static enum err
launch_one(struct cx *cx, struct world *w, struct sight *s, struct round *r)
{
	enum err e = launch(cx, w, s, r);

	if (e == ERR_BUSY)
		r->held++;
	else if (e == ERR_CONFLICT)
		r->changed++;
	else if (e && s->ws.operation == OPERATION_NONE)
		return e; /* the database */
	else if (e) {
		round_error(r, cx);
		return OK;
	}
	cx_clear(cx);
	return OK;
}

static struct bid
bid_of(const struct sight *s, size_t at)
{
	return (struct bid){.owner = s->ws.owner_id,
			    .since_ms = s->ws.operation == OPERATION_NONE
						? s->ws.updated_ms
						: s->ws.op_started_ms,
			    .op = s->held ? s->ws.operation : s->op,
			    .at = at};
}

static enum err
act(struct cx *cx, struct world *w, struct view *v, struct round *r)
{
	struct bid *bids = arena_array(&cx->arena, v->n + 1, sizeof *bids);
	struct bid *busy = arena_array(&cx->arena, v->n + 1, sizeof *busy);
	size_t n = 0, n_busy = 0, won;
	enum err e;

	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].held)
			busy[n_busy++] = bid_of(&v->v[i], i);
		else if (v->v[i].op != OPERATION_NONE)
			bids[n++] = bid_of(&v->v[i], i);
	won = share(bids, n, busy, n_busy,
		    w->set.v[SETTING_MAX_PARALLEL_OPERATIONS]);
	r->waiting += (int64_t)(n - won);
	for (size_t i = 0; i < won; i++)
		if ((e = launch_one(cx, w, &v->v[bids[i].at], r)))
			return e;
	return OK;
}

/* What the audit finds is judged like anything else. Its own failure (homes
 * cannot be listed) keeps nothing else from being done. */
static enum err
audit(struct cx *cx, struct world *w, struct audit_result *out, struct round *r)
{
	bool due;
	enum err e;

	*out = (struct audit_result){0};
	if (!r->full)
		return OK;
	if ((e = audit_due(cx, w, &due)) || !due)
		return e;
	if (audit_homes(cx, w, out)) {
		round_error(r, cx);
		return OK;
	}
	for (size_t i = 0; i < out->n_strange; i++)
		world_note(w, cx, "home-strange", out->strange[i],
			   "no workspace has this home");
	r->homes += (int64_t)out->homes;
	return audit_done(cx, w);
}

/*
 * What unfinished restores have left. Here and not with the chores: only
 * while no operation can begin it is certain that nobody is just unpacking
 * into a directory that no row speaks of.
 */
static void
sweep_stages(struct cx *cx, struct world *w, const struct view *v,
	     struct round *r)
{
	const char **keep = arena_array(&cx->arena, v->n + 1, sizeof *keep);
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].ws.operation != OPERATION_NONE)
			keep[n++] = v->v[i].ws.op_id;
	if (w->home->sweep_stages(cx, keep, n))
		round_error(r, cx);
}

static enum err
look_and_act(struct cx *cx, struct world *w, struct view *v, struct round *r)
{
	enum err e;

	if (v->blind && !r->errors++)
		snprintf(r->message, sizeof r->message, "%s", v->why);
	r->workspaces += (int64_t)v->n;
	r->instances += (int64_t)v->instances.n;
	if (!r->homes)
		r->homes = (int64_t)v->homes;
	if (r->full)
		sweep_stages(cx, w, v, r);
	if ((e = weigh_all(cx, w, v, r)) || (e = incident_report(cx, w, v)))
		return e;
	return act(cx, w, v, r);
}

enum err
pass_round(struct cx *cx, struct world *w, struct round *r)
{
	struct audit_result found;
	struct view v;
	enum err e;

	cx_tick(cx);
	if ((e = settings_load(cx, w->db, &w->set)) ||
	    (e = cut_all(cx, w, r)) || (e = audit(cx, w, &found, r)) ||
	    (e = observe(cx, w, r->full, found.suspects, found.n, &v)))
		return e;
	e = look_and_act(cx, w, &v, r);
	view_release(cx, &v);
	return e;
}

enum err
pass_chores_due(struct cx *cx, struct world *w, bool *due)
{
	enum err e;

	if ((e = survey_due(cx, w, due)) || *due ||
	    (e = trash_due(cx, w, due)) || *due)
		return e;
	return gc_due(cx, w, due);
}

/* One that fails does not keep the others from their work; who asked for a
 * survey waits for it, so it comes first. */
enum err
pass_chores(struct cx *cx, struct world *w)
{
	struct gc_list list;
	int64_t purged;
	bool due;
	enum err e, f, g;

	if ((e = settings_load(cx, w->db, &w->set)))
		return e;
	g = survey_run(cx, w);
	e = trash_sweep(cx, w, &purged);
	if (!(f = gc_due(cx, w, &due)) && due)
		f = gc_run(cx, w, &list);
	return e ? e : f ? f : g;
}
