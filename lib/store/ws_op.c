/* An operation from its begin to its end, and what a look found. */
#include "store/ws_row.h"

static enum err
lost(struct cx *cx, enum err e, const char *id)
{
	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, ERR_CONFLICT,
			       "workspace %s is not as it was", id);
	return e;
}

/* ?1 id, ?2 now, ?3 what is compared, then the outcome. */
#define OUTCOME_ARGS(cx, id, compared, o)                                      \
	ARGS(TEXT(id), INT((cx)->now_ms), compared,                            \
	     TEXT(status_name((o)->status)), INT((o)->error),                  \
	     TEXT(reason_name((o)->reason)), TEXT((o)->message),               \
	     INT((o)->error_count), INT((o)->next_retry_ms),                   \
	     INT((o)->set_instance), TEXT((o)->endpoint), INT((o)->slot),      \
	     TEXT((o)->boot_id), INT((o)->set_archive),                        \
	     TEXT((o)->archive_key), INT((o)->set_trash),                      \
	     TEXT((o)->trash_key), INT((o)->purge_ms))

enum err
workspace_observe(struct cx *cx, struct db *db, const char *id, int64_t rev,
		  const struct ws_outcome *o, struct workspace *out)
{
	return lost(cx,
		    workspace_one(cx, db, SQL_WS_OBSERVE, out,
				  OUTCOME_ARGS(cx, id, INT(rev), o)),
		    id);
}

static enum err
begin(struct cx *cx, struct db *db, const char *id, int64_t rev,
      enum status judged, enum operation op, const char *op_id,
      struct workspace *w)
{
	enum err e;

	e = workspace_one(cx, db, SQL_OP_BEGIN, w,
			  ARGS(TEXT(id), INT(cx->now_ms), INT(rev),
			       TEXT(status_name(judged)),
			       TEXT(operation_name(op)), TEXT(op_id)));
	if (e)
		return lost(cx, e, id);
	return sql_run(cx, db, SQL_OPER_BEGIN, NULL,
		       ARGS(INT(w->n), TEXT(op_id), TEXT(operation_name(op)),
			    INT(cx->now_ms)));
}

enum err
op_begin(struct cx *cx, struct db *db, const char *id, int64_t rev,
	 enum status judged, enum operation op, const char *op_id,
	 struct workspace *out)
{
	struct workspace w;
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	e = tx_leave(cx, db, own,
		     begin(cx, db, id, rev, judged, op, op_id, &w));
	if (!e && out)
		*out = w;
	return e;
}

enum err
op_watch(struct cx *cx, struct db *db, const char *id, const char *op_id,
	 struct workspace *out)
{
	return lost(cx,
		    workspace_one(cx, db, SQL_OP_WATCH, out,
				  ARGS(TEXT(id), TEXT(op_id))),
		    id);
}

enum err
op_progress(struct cx *cx, struct db *db, const char *id, const char *op_id,
	    int64_t done, int64_t total, const char *unit,
	    struct workspace *out)
{
	return lost(cx,
		    workspace_one(cx, db, SQL_OP_PROGRESS, out,
				  ARGS(TEXT(id), INT(cx->now_ms), TEXT(op_id),
				       INT(done), INT(total), TEXT(unit))),
		    id);
}

static enum err
set(struct cx *cx, struct db *db, enum sql q, const char *id,
    const struct arg *args)
{
	int64_t changed = 0;
	enum err e = sql_run(cx, db, q, &changed, args);

	return lost(cx, !e && !changed ? ERR_NOT_FOUND : e, id);
}

enum err
op_trash(struct cx *cx, struct db *db, const char *id, const char *op_id,
	 const char *trash_key, int64_t purge_ms)
{
	return set(cx, db, SQL_OP_TRASH, id,
		   ARGS(TEXT(id), INT(cx->now_ms), TEXT(op_id), TEXT(trash_key),
			INT(purge_ms)));
}

enum err
op_archived(struct cx *cx, struct db *db, const char *id, const char *op_id,
	    const char *archive_key)
{
	return set(cx, db, SQL_OP_ARCHIVED, id,
		   ARGS(TEXT(id), INT(cx->now_ms), TEXT(op_id),
			TEXT(archive_key)));
}

enum err
op_instance(struct cx *cx, struct db *db, const char *id, const char *op_id,
	    const char *endpoint, int64_t slot, const char *boot_id)
{
	return set(cx, db, SQL_OP_INSTANCE, id,
		   ARGS(TEXT(id), INT(cx->now_ms), TEXT(op_id), TEXT(endpoint),
			INT(slot), TEXT(boot_id)));
}

static enum err
end(struct cx *cx, struct db *db, const char *id, const char *op_id,
    enum result result, int64_t bytes, const struct ws_outcome *o,
    struct workspace *w)
{
	bool failed = result == RESULT_FAILED;
	enum err e;

	e = workspace_one(cx, db, SQL_OP_END, w,
			  OUTCOME_ARGS(cx, id, TEXT(op_id), o));
	if (e)
		return lost(cx, e, id);
	return sql_run(cx, db, SQL_OPER_END, NULL,
		       ARGS(TEXT(op_id), INT(cx->now_ms), INT(bytes),
			    TEXT(result_name(result)),
			    TEXT(reason_name(failed ? o->reason : REASON_NONE)),
			    TEXT(failed ? o->message : NULL)));
}

enum err
op_end(struct cx *cx, struct db *db, const char *id, const char *op_id,
       enum result result, int64_t bytes, const struct ws_outcome *o,
       struct workspace *out)
{
	struct workspace w;
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	e = tx_leave(cx, db, own, end(cx, db, id, op_id, result, bytes, o, &w));
	if (!e && out)
		*out = w;
	return e;
}
