#include "store/leave.h"

#include "store/session.h"
#include "store/token.h"
#include "store/who.h"

static void
leave_row(struct row *r, void *out)
{
	struct leave *l = out;

	l->living = row_int(r);
	l->running = row_int(r);
	l->archived = row_int(r);
	l->trashed = row_int(r);
}

enum err
leave_look(struct cx *cx, struct db *db, int64_t user_id, struct leave *out)
{
	return sql_row(cx, db, SQL_LEAVE_LOOK, leave_row, out, sizeof(*out),
		       ARGS(INT(user_id)));
}

enum err
leave_audit(struct cx *cx, struct db *db, int64_t user_id, int64_t by_id,
	    const char *by, const char *action, const char *detail)
{
	return sql_run(cx, db, SQL_LEAVE_AUDIT, NULL,
		       ARGS(INT(user_id), INT(cx->now_ms), INT(by_id), TEXT(by),
			    TEXT(action), TEXT(detail)));
}

enum err
leave_hand_over(struct cx *cx, struct db *db, int64_t user_id, int64_t heir_id)
{
	return sql_run(cx, db, SQL_LEAVE_TO, NULL,
		       ARGS(INT(user_id), INT(cx->now_ms), INT(heir_id)));
}

enum err
leave_delete(struct cx *cx, struct db *db, int64_t user_id)
{
	return sql_run(cx, db, SQL_LEAVE_DELETE, NULL,
		       ARGS(INT(user_id), INT(cx->now_ms)));
}

/* What the database does by itself when the row goes, and not when it stays. */
static enum err
bury(struct cx *cx, struct db *db, int64_t user_id)
{
	enum err e;

	if ((e = session_delete_user(cx, db, user_id, NULL)) ||
	    (e = token_clear(cx, db, user_id)) ||
	    (e = sql_run(cx, db, SQL_IDEM_CLEAR, NULL, ARGS(INT(user_id)))))
		return e;
	return sql_hit(cx, db, SQL_USER_GONE, "user",
		       ARGS(INT(user_id), INT(cx->now_ms)));
}

static enum err
end(struct cx *cx, struct db *db, int64_t user_id)
{
	int64_t owns = 0;
	enum err e = sql_int(cx, db, SQL_USER_OWNS, &owns, ARGS(INT(user_id)));

	if (e)
		return e;
	return owns ? bury(cx, db, user_id) : user_delete(cx, db, user_id);
}

enum err
leave_end(struct cx *cx, struct db *db, int64_t user_id)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, end(cx, db, user_id));
}
