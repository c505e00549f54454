#include "store/cut.h"

#include "store/sql.h"

enum err
cut_ask(struct cx *cx, struct db *db, int64_t user_id)
{
	return sql_run(cx, db, SQL_CUT_ASK, NULL,
		       ARGS(INT(user_id), INT(cx->now_ms)));
}

enum err
cut_ask_last(struct cx *cx, struct db *db, int64_t user_id)
{
	return sql_run(cx, db, SQL_CUT_ASK_LAST, NULL,
		       ARGS(INT(user_id), INT(cx->now_ms)));
}

static void
cut_row(struct row *r, void *out)
{
	struct cut *c = out;

	c->user_id = row_int(r);
	c->at_ms = row_int(r);
	c->id = row_text(r);
}

enum err
cut_list(struct cx *cx, struct db *db, struct cuts *out)
{
	return sql_rows(cx, db, SQL_CUT_LIST, cut_row, &out->v, sizeof(*out->v),
			&out->n, ARGS());
}

enum err
cut_done(struct cx *cx, struct db *db, const struct cut *c)
{
	return sql_run(cx, db, SQL_CUT_DONE, NULL,
		       ARGS(INT(c->user_id), INT(c->at_ms)));
}
