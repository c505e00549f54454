#include "store/token.h"

#include "store/who.h"

#define MINUTE_MS 60000

static void
token_row(struct row *r, void *out)
{
	struct token *t = out;

	t->id = row_int(r);
	t->name = row_text(r);
	t->created_ms = row_int(r);
	t->expires_ms = row_int(r);
	t->used_ms = row_int(r);
	who_row(r, &t->user);
}

enum err
token_add(struct cx *cx, struct db *db, int64_t user_id, const char *name,
	  const char *hash, int64_t expires_ms, int64_t *id)
{
	int64_t got = 0;
	enum err e;

	e = sql_int(cx, db, SQL_TOKEN_ADD, &got,
		    ARGS(INT(user_id), TEXT(name), TEXT(hash), INT(cx->now_ms),
			 INT(expires_ms)));
	if (e == ERR_EXISTS)
		return cx_fail(cx, e, "there is a token %s already", name);
	if (!e && id)
		*id = got;
	return e;
}

enum err
token_find(struct cx *cx, struct db *db, const char *hash, struct token *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_TOKEN_FIND, token_row, out,
				  sizeof(*out),
				  ARGS(TEXT(hash), INT(cx->now_ms))),
			  "token");
}

bool
token_stale(const struct cx *cx, const struct token *t)
{
	return cx->now_ms - t->used_ms >= MINUTE_MS;
}

enum err
token_touch(struct cx *cx, struct db *db, int64_t id)
{
	return sql_run(cx, db, SQL_TOKEN_TOUCH, NULL,
		       ARGS(INT(id), INT(cx->now_ms)));
}

enum err
token_list(struct cx *cx, struct db *db, int64_t user_id, struct tokens *out)
{
	return sql_rows(cx, db, SQL_TOKEN_LIST, token_row, &out->v,
			sizeof(*out->v), &out->n, ARGS(INT(user_id)));
}

enum err
token_revoke(struct cx *cx, struct db *db, int64_t user_id, int64_t id)
{
	return sql_hit(cx, db, SQL_TOKEN_REVOKE, "token",
		       ARGS(INT(id), INT(user_id)));
}

enum err
token_clear(struct cx *cx, struct db *db, int64_t user_id)
{
	return sql_run(cx, db, SQL_TOKEN_CLEAR, NULL, ARGS(INT(user_id)));
}
