#include "reconcile/commit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "reconcile/activity.h"
#include "rules/names.h"
#include "rules/plan.h"
#include "rules/ttl.h"

/* Says `PENDING -> STANDBY`, with the reason when it is an error. */
static void
note_change(const struct world *w, const struct cx *cx,
	    const struct workspace *from, const struct workspace *to)
{
	char text[600];

	if (from->status == to->status &&
	    (to->status != STATUS_ERROR ||
	     from->error_reason == to->error_reason))
		return;
	if (to->status == STATUS_ERROR)
		snprintf(text, sizeof text, "%s -> ERROR %s: %s",
			 status_name(from->status),
			 reason_name(to->error_reason),
			 to->error_message ? to->error_message : "");
	else
		snprintf(text, sizeof text, "%s -> %s",
			 status_name(from->status), status_name(to->status));
	world_note(w, cx, "status", to->id, text);
}

/* The error columns of one that is not in ERROR any more: the reason goes,
 * the failures in a row stay until something succeeds or it is stable. */
static void
calm(struct ws_outcome *o, const struct workspace *ws)
{
	o->error = WS_ERROR_SET;
	o->reason = REASON_NONE;
	o->error_count = ws->error_count;
}

/* Where the pause is set to none, one that is tried for ever still pauses. */
#define FOREVER_BASE_S 30

static int64_t
next_retry(const struct cx *cx, const struct world *w, int64_t count, bool over)
{
	int64_t base = w->set.v[SETTING_RETRY_BASE_SECONDS];
	uint32_t random;

	if (over && base < FOREVER_BASE_S)
		base = FOREVER_BASE_S;
	id_random(&random, sizeof random);
	return cx->now_ms + retry_pause_ms(count, base, random);
}

/*
 * One more failure; at max_retries, or for good, a person must act. But what
 * is to be deleted has nobody who would press Recover: it is tried for ever,
 * ever more seldom.
 */
static void
blame(const struct cx *cx, const struct world *w, struct ws_outcome *o,
      const struct workspace *ws, enum reason reason, const char *message)
{
	bool over;

	o->status = STATUS_ERROR;
	o->error = WS_ERROR_SET;
	o->reason = reason;
	o->message = message;
	o->error_count = ws->error_count + 1;
	over = o->error_count >= w->set.v[SETTING_MAX_RETRIES];
	if (reason_retries(reason) && over)
		o->reason = REASON_RETRY_EXCEEDED;
	if (ws->deleted_ms || (reason_retries(reason) && !over))
		o->next_retry_ms = next_retry(cx, w, o->error_count, over);
}

/* What people read: no control characters, no paths of the site. */
static const char *
for_people(struct cx *cx, const char *message)
{
	const char *dir = cx->site && cx->site->dir ? cx->site->dir : "";
	size_t n = strlen(dir), len = strlen(message), o = 0;
	char *out = arena_alloc(&cx->arena, len + 1);

	for (const char *p = message; *p; p++) {
		if (n > 1 && !strncmp(p, dir, n) && p[n] == '/') {
			p += n;
			continue;
		}
		out[o++] = (unsigned char)*p < ' ' || *p == 127 ? ' ' : *p;
	}
	out[o] = '\0';
	return out;
}

enum err
commit_seen(struct cx *cx, struct world *w, struct workspace *ws,
	    enum status to, bool clear)
{
	struct ws_outcome o = {.status = to, .error = WS_ERROR_CLEAR};
	struct workspace now;
	enum err e;

	if (!clear)
		calm(&o, ws);
	if ((e = workspace_observe(cx, w->db, ws->id, ws->rev, &o, &now)))
		return e;
	note_change(w, cx, ws, &now);
	*ws = now;
	return OK;
}

enum err
commit_wrong(struct cx *cx, struct world *w, struct workspace *ws,
	     enum reason reason, const char *message)
{
	struct ws_outcome o = {0};
	struct workspace now;
	enum err e;

	blame(cx, w, &o, ws, reason, for_people(cx, message));
	if ((e = workspace_observe(cx, w->db, ws->id, ws->rev, &o, &now)))
		return e;
	note_change(w, cx, ws, &now);
	*ws = now;
	return OK;
}

static enum err
wish_again(struct cx *cx, struct world *w, const char *id,
	   const struct use *use)
{
	struct workspace now;
	enum status wish;
	enum err e;

	if ((e = workspace_get(cx, w->db, id, &now)))
		return e;
	activity_merge(cx, &now, use);
	if (!ttl_wish(&now, cx->now_ms, &wish))
		return cx_fail(cx, ERR_CONFLICT, "not due any more");
	if ((e = workspace_ttl_wish(cx, w->db, id, now.rev, wish)))
		return e;
	world_note(w, cx, "ttl", id, status_name(wish));
	return OK;
}

enum err
commit_wish(struct cx *cx, struct world *w, const char *id,
	    const struct use *use)
{
	enum err e;

	if ((e = db_begin(cx, w->db)))
		return e;
	if ((e = wish_again(cx, w, id, use))) {
		db_rollback(w->db);
		return e;
	}
	return db_commit(cx, w->db);
}

enum err
commit_begin(struct cx *cx, struct world *w, struct workspace *ws,
	     enum status judged, enum operation op)
{
	char op_id[ID_UUID_LEN + 1];
	struct workspace now;
	enum err e;

	id_uuid(op_id);
	e = op_begin(cx, w->db, ws->id, ws->rev, judged, op, op_id, &now);
	if (e)
		return e;
	note_change(w, cx, ws, &now);
	world_note(w, cx, "begin", now.id, operation_name(op));
	*ws = now;
	return OK;
}

/* Ends the operation that ws names; ws becomes the row as it is now. */
static enum err
end(struct cx *cx, struct world *w, struct workspace *ws, enum result result,
    int64_t bytes, const struct ws_outcome *o)
{
	const struct workspace from = *ws;
	struct workspace now;
	enum err e;

	e = op_end(cx, w->db, ws->id, ws->op_id, result, bytes, o, &now);
	if (e)
		return e;
	note_change(w, cx, &from, &now);
	world_note(w, cx, result_name(result), now.id,
		   operation_name(from.operation));
	*ws = now;
	return OK;
}

enum err
commit_done(struct cx *cx, struct world *w, struct workspace *ws,
	    const struct outcome *out)
{
	struct ws_outcome o = {.status = out->status, .error = WS_ERROR_CLEAR};

	/* An instance has to stay up before its failures are forgotten. */
	if (ws->operation == OPERATION_STARTING) {
		calm(&o, ws);
		o.set_instance = true;
		o.endpoint = arena_strdup(&cx->arena, out->endpoint.address);
		o.slot = out->endpoint.slot;
		o.boot_id = clock_boot_id();
	}
	o.set_trash = out->untrashed;
	return end(cx, w, ws, RESULT_OK, out->bytes, &o);
}

enum err
commit_failed(struct cx *cx, struct world *w, struct workspace *ws,
	      enum reason reason, const char *message)
{
	struct ws_outcome o = {0};

	blame(cx, w, &o, ws, reason, for_people(cx, message));
	return end(cx, w, ws, RESULT_FAILED, 0, &o);
}

enum err
commit_abandoned(struct cx *cx, struct world *w, struct workspace *ws,
		 enum status seen)
{
	struct ws_outcome o = {.status = seen};

	calm(&o, ws);
	return end(cx, w, ws, RESULT_ABANDONED, 0, &o);
}

/* In a transaction of the caller's: is it still ours, and still wanted? */
static enum err
key_if_wanted(struct job *j, const char *key)
{
	struct workspace now;
	enum err e;

	if ((e = op_watch(j->cx, j->w->db, j->ws.id, j->ws.op_id, &now)))
		return e;
	if (plan_abandons(&now))
		return cx_fail(j->cx, ERR_ABANDONED, "wanted no more");
	return op_archived(j->cx, j->w->db, j->ws.id, j->ws.op_id, key);
}

enum err
commit_key(struct job *j, const char *key)
{
	enum err e;

	if ((e = db_begin(j->cx, j->w->db)))
		return e;
	if ((e = key_if_wanted(j, key))) {
		db_rollback(j->w->db);
		return e;
	}
	return db_commit(j->cx, j->w->db);
}

enum err
commit_trash(struct job *j, const char *name)
{
	int64_t keep_ms = j->w->set.v[SETTING_UNDO_HOURS] * 3600 * 1000;

	return op_trash(j->cx, j->w->db, j->ws.id, j->ws.op_id, name,
			j->cx->now_ms + keep_ms);
}
