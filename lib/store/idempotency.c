#include "store/idempotency.h"

#include "store/who.h"

#define KEEP_MS (INT64_C(24) * 3600 * 1000)

static void
idempotency_row(struct row *r, void *out)
{
	struct idempotency *i = out;

	i->request_hash = row_text(r);
	i->status = row_int(r);
	i->body = row_text(r);
	i->created_ms = row_int(r);
}

enum err
idempotency_find(struct cx *cx, struct db *db, int64_t user_id, const char *key,
		 struct idempotency *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_IDEM_FIND, idempotency_row, out,
				  sizeof(*out),
				  ARGS(INT(user_id), TEXT(key),
				       INT(cx->now_ms - KEEP_MS))),
			  "answer");
}

enum err
idempotency_add(struct cx *cx, struct db *db, int64_t user_id, const char *key,
		const char *request_hash, int64_t status, const char *body)
{
	int64_t changed = 0;
	enum err e;

	e = sql_run(cx, db, SQL_IDEM_ADD, &changed,
		    ARGS(INT(user_id), TEXT(key), INT(cx->now_ms - KEEP_MS),
			 TEXT(request_hash), INT(status), TEXT(body),
			 INT(cx->now_ms)));
	if (!e && !changed)
		e = cx_fail(cx, ERR_EXISTS, "this key was answered before");
	return e;
}

enum err
idempotency_expire(struct cx *cx, struct db *db)
{
	return sql_run(cx, db, SQL_IDEM_EXPIRE, NULL,
		       ARGS(INT(cx->now_ms - KEEP_MS)));
}
