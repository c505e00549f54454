#include "store/session.h"

#include "store/cut.h"
#include "store/who.h"

#define MINUTE_MS 60000

void
session_row(struct row *r, void *out)
{
	struct session *s = out;

	s->hash = row_text(r);
	s->csrf = row_text(r);
	s->created_ms = row_int(r);
	s->seen_ms = row_int(r);
	s->expires_ms = row_int(r);
	s->ua = row_text(r);
	s->ip = row_text(r);
	who_row(r, &s->user);
}

enum err
session_add(struct cx *cx, struct db *db, const char *hash, int64_t user_id,
	    const char *csrf, const char *ua, const char *ip,
	    int64_t expires_ms)
{
	return sql_run(cx, db, SQL_SESSION_ADD, NULL,
		       ARGS(TEXT(hash), INT(user_id), TEXT(csrf),
			    TEXT(ua ? ua : ""), TEXT(ip ? ip : ""),
			    INT(cx->now_ms), INT(expires_ms)));
}

enum err
session_find(struct cx *cx, struct db *db, const char *hash,
	     struct session *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_SESSION_FIND, session_row, out,
				  sizeof(*out),
				  ARGS(TEXT(hash), INT(cx->now_ms))),
			  "session");
}

bool
session_stale(const struct cx *cx, const struct session *s)
{
	return cx->now_ms - s->seen_ms >= MINUTE_MS;
}

enum err
session_touch(struct cx *cx, struct db *db, const char *hash,
	      int64_t expires_ms)
{
	return sql_run(cx, db, SQL_SESSION_TOUCH, NULL,
		       ARGS(TEXT(hash), INT(cx->now_ms), INT(expires_ms)));
}

enum err
session_delete(struct cx *cx, struct db *db, const char *hash)
{
	return sql_run(cx, db, SQL_SESSION_DELETE, NULL, ARGS(TEXT(hash)));
}

enum err
session_delete_user(struct cx *cx, struct db *db, int64_t user_id,
		    const char *but)
{
	enum err e = sql_run(cx, db, SQL_SESSION_CLEAR, NULL,
			     ARGS(INT(user_id), TEXT(but)));

	return e ? e : cut_ask(cx, db, user_id);
}

enum err
session_list(struct cx *cx, struct db *db, int64_t user_id,
	     struct sessions *out)
{
	return sql_rows(cx, db, SQL_SESSION_LIST, session_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(INT(user_id), INT(cx->now_ms)));
}

enum err
session_expire(struct cx *cx, struct db *db)
{
	return sql_run(cx, db, SQL_SESSION_EXPIRE, NULL, ARGS(INT(cx->now_ms)));
}
