/* What a pass asks and writes without an operation. */
#include "store/ws_row.h"

enum err
workspace_work(struct cx *cx, struct db *db, struct workspaces *out)
{
	return workspace_many(cx, db, SQL_WS_WORK, out, ARGS());
}

enum err
workspace_running(struct cx *cx, struct db *db, struct workspaces *out)
{
	return workspace_many(cx, db, SQL_WS_RUNNING, out, ARGS());
}

enum err
workspace_archive_due(struct cx *cx, struct db *db, int64_t limit,
		      struct workspaces *out)
{
	return workspace_many(cx, db, SQL_WS_ARCHIVE_DUE, out,
			      ARGS(INT(cx->now_ms),
				   INT(sql_limit(limit, 100, 100000))));
}

enum err
workspace_trash(struct cx *cx, struct db *db, struct workspaces *out)
{
	return workspace_many(cx, db, SQL_WS_TRASH, out, ARGS());
}

static void
brief_row(struct row *r, void *out)
{
	struct ws_brief *b = out;

	b->id = row_text(r);
	b->status = row_status(r);
	b->desired = row_status(r);
	b->previous_status = row_status(r);
	b->operation = row_operation(r);
	b->error_reason = row_reason(r);
	b->archive_key = row_text(r);
	b->op_id = row_text(r);
	b->trash_key = row_text(r);
	b->purge_ms = row_int(r);
	b->deleted_ms = row_int(r);
	b->rev = row_int(r);
}

enum err
workspace_briefs(struct cx *cx, struct db *db, const char *after, int64_t limit,
		 struct ws_briefs *out)
{
	return sql_rows(cx, db, SQL_WS_BRIEFS, brief_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(TEXT(after), INT(sql_limit(limit, 1000, 100000))));
}

/* The statement did nothing: not ours any more. */
static enum err
set(struct cx *cx, struct db *db, enum sql q, const char *id,
    const struct arg *args)
{
	int64_t changed = 0;
	enum err e;

	if ((e = sql_run(cx, db, q, &changed, args)))
		return e;
	if (!changed)
		return cx_fail(cx, ERR_CONFLICT, "workspace %s has changed",
			       id);
	return OK;
}

enum err
workspace_report(struct cx *cx, struct db *db, const char *id)
{
	return set(cx, db, SQL_WS_REPORT, id, ARGS(TEXT(id), INT(cx->now_ms)));
}

enum err
workspace_purged(struct cx *cx, struct db *db, const char *id,
		 const char *trash_key)
{
	return set(cx, db, SQL_WS_PURGED, id,
		   ARGS(TEXT(id), INT(cx->now_ms), TEXT(trash_key)));
}

static enum err
activity(struct cx *cx, struct db *db, const struct ws_activity *v, size_t n)
{
	enum err e = OK;
	size_t i;

	for (i = 0; !e && i < n; i++)
		e = sql_run(cx, db, SQL_WS_ACTIVITY, NULL,
			    ARGS(TEXT(v[i].id), INT(cx->now_ms),
				 INT(v[i].last_access_ms),
				 INT(v[i].connections),
				 INT(v[i].idle_since_ms)));
	return e;
}

enum err
workspace_activity(struct cx *cx, struct db *db, const struct ws_activity *v,
		   size_t n)
{
	bool own = false;
	enum err e;

	if (!n)
		return OK;
	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, activity(cx, db, v, n));
}
