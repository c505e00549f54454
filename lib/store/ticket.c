#include "store/ticket.h"

#include "store/who.h"

static void
code_row(struct row *r, void *out)
{
	struct code *c = out;

	c->session_hash = row_text(r);
	c->state = row_text(r);
	c->expires_ms = row_int(r);
	c->workspace_id = row_text(r);
}

enum err
code_add(struct cx *cx, struct db *db, const char *hash,
	 const char *session_hash, const char *id, const char *state,
	 int64_t expires_ms)
{
	return sql_hit(cx, db, SQL_CODE_ADD, "workspace",
		       ARGS(TEXT(hash), TEXT(session_hash), TEXT(id),
			    TEXT(state), INT(expires_ms)));
}

enum err
code_take(struct cx *cx, struct db *db, const char *hash, struct code *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_CODE_TAKE, code_row, out,
				  sizeof(*out), ARGS(TEXT(hash))),
			  "code");
}

enum err
code_expire(struct cx *cx, struct db *db)
{
	return sql_run(cx, db, SQL_CODE_EXPIRE, NULL, ARGS(INT(cx->now_ms)));
}

enum err
ticket_add(struct cx *cx, struct db *db, const char *hash,
	   const char *session_hash, const char *id)
{
	return sql_hit(cx, db, SQL_TICKET_ADD, "workspace",
		       ARGS(TEXT(hash), TEXT(session_hash), TEXT(id),
			    INT(cx->now_ms)));
}

enum err
ticket_find(struct cx *cx, struct db *db, const char *hash, const char *id,
	    struct session *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_TICKET_FIND, session_row, out,
				  sizeof(*out),
				  ARGS(TEXT(hash), TEXT(id), INT(cx->now_ms))),
			  "ticket");
}

enum err
ticket_trim(struct cx *cx, struct db *db, const char *session_hash,
	    const char *id, int64_t before_ms)
{
	return sql_run(cx, db, SQL_TICKET_TRIM, NULL,
		       ARGS(TEXT(session_hash), TEXT(id), INT(before_ms)));
}
