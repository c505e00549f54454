/* What people and the TTL rules write: wishes, names, the end of an error. */
#include "store/ws_row.h"

enum err
workspace_add(struct cx *cx, struct db *db, const struct workspace *w,
	      struct workspace *out)
{
	return workspace_one(cx, db, SQL_WS_ADD, out,
			     ARGS(TEXT(w->id), INT(cx->now_ms),
				  INT(w->owner_id), TEXT(w->name),
				  TEXT(w->description ? w->description : ""),
				  TEXT(w->memo ? w->memo : ""), TEXT(w->app),
				  TEXT(status_name(w->desired)),
				  INT(w->standby_ttl_s),
				  INT(w->archive_ttl_s)));
}

/*
 * Why did a compare-and-set find no row? Asked within the same transaction,
 * so that the answer is about the same row. `deleted`: a deleted one would do.
 */
static enum err
why_not(struct cx *cx, struct db *db, const char *id, int64_t rev, bool deleted)
{
	struct workspace w;
	enum err e;

	if ((e = workspace_get(cx, db, id, &w)))
		return e;
	if (!deleted && w.deleted_ms)
		return cx_fail(cx, ERR_WS_NOT_FOUND, "workspace %s is deleted",
			       id);
	if (rev && w.rev != rev)
		return cx_fail(cx, ERR_PRECONDITION,
			       "workspace %s has changed since", id);
	return cx_fail(cx, ERR_STATE, "workspace %s is %s", id,
		       status_name(w.status));
}

static enum err
change(struct cx *cx, struct db *db, enum sql q, const char *id, int64_t rev,
       struct workspace *out, const struct arg *args)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	e = workspace_one(cx, db, q, out, args);
	if (e == ERR_NOT_FOUND)
		e = why_not(cx, db, id, rev, q == SQL_WS_UNDELETE);
	return tx_leave(cx, db, own, e);
}

enum err
workspace_patch(struct cx *cx, struct db *db, const char *id, int64_t rev,
		const struct ws_patch *p, struct workspace *out)
{
	return change(cx, db, SQL_WS_PATCH, id, rev, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(rev), TEXT(p->name),
			   TEXT(p->description), TEXT(p->memo),
			   INT(p->standby_ttl_s), INT(p->archive_ttl_s)));
}

enum err
workspace_wish(struct cx *cx, struct db *db, const char *id, int64_t rev,
	       enum status desired, struct workspace *out)
{
	return change(cx, db, SQL_WS_WISH, id, rev, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(rev),
			   TEXT(status_name(desired)), TEXT(NULL)));
}

enum err
workspace_wish_archive(struct cx *cx, struct db *db, const char *id,
		       const char *key, struct workspace *out)
{
	return change(cx, db, SQL_WS_WISH, id, 0, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(0),
			   TEXT(status_name(STATUS_RUNNING)), TEXT(key)));
}

enum err
workspace_keep(struct cx *cx, struct db *db, const char *id, int64_t rev,
	       int64_t until_ms, struct workspace *out)
{
	return change(cx, db, SQL_WS_KEEP, id, rev, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(rev), INT(until_ms)));
}

enum err
workspace_delete(struct cx *cx, struct db *db, const char *id, int64_t rev,
		 struct workspace *out)
{
	return change(cx, db, SQL_WS_DELETE, id, rev, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(rev)));
}

enum err
workspace_undelete(struct cx *cx, struct db *db, const char *id, int64_t rev,
		   enum status desired, struct workspace *out)
{
	return change(cx, db, SQL_WS_UNDELETE, id, rev, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(rev),
			   TEXT(status_name(desired))));
}

enum err
workspace_recover(struct cx *cx, struct db *db, const char *id, int64_t rev,
		  struct workspace *out)
{
	return change(cx, db, SQL_WS_RECOVER, id, rev, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(rev)));
}

enum err
workspace_set_owner(struct cx *cx, struct db *db, const char *id,
		    int64_t owner_id, struct workspace *out)
{
	return change(cx, db, SQL_WS_OWNER, id, 0, out,
		      ARGS(TEXT(id), INT(cx->now_ms), INT(owner_id)));
}

enum err
workspace_ttl_wish(struct cx *cx, struct db *db, const char *id, int64_t rev,
		   enum status desired)
{
	int64_t changed = 0;
	enum err e;

	e = sql_run(cx, db, SQL_WS_TTL_WISH, &changed,
		    ARGS(TEXT(id), INT(cx->now_ms), INT(rev),
			 TEXT(status_name(desired))));
	if (!e && !changed)
		e = cx_fail(cx, ERR_CONFLICT, "workspace %s has changed", id);
	return e;
}
