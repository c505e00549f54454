#include "store/bulk.h"

#include "store/who.h"

static void
bulk_row(struct row *r, void *out)
{
	struct bulk *b = out;

	b->id = row_text(r);
	b->user_id = row_int(r);
	ROW_WORD(r, bulk_verb_parse, &b->verb);
	b->filter = row_text(r);
	b->more = row_int(r);
	b->made_ms = row_int(r);
	b->done_ms = row_int(r);
}

static void
item_row(struct row *r, void *out)
{
	struct bulk_item *i = out;

	i->pos = row_int(r);
	ROW_WORD(r, bulk_verdict_parse, &i->verdict);
	ROW_WORD(r, bulk_result_parse, &i->result);
	i->id = row_text(r);
}

static enum err
add(struct cx *cx, struct db *db, const struct bulk *b,
    const struct bulk_pick *v, size_t n)
{
	enum err e =
		sql_run(cx, db, SQL_BULK_ADD, NULL,
			ARGS(TEXT(b->id), INT(b->user_id),
			     TEXT(bulk_verb_name(b->verb)), TEXT(b->filter),
			     INT(b->more), INT(cx->now_ms)));

	for (size_t i = 0; !e && i < n; i++)
		e = sql_run(cx, db, SQL_BULK_ITEM_ADD, NULL,
			    ARGS(TEXT(b->id), INT((int64_t)i), INT(v[i].ws_n),
				 TEXT(bulk_verdict_name(v[i].verdict))));
	return e;
}

enum err
bulk_add(struct cx *cx, struct db *db, const struct bulk *b,
	 const struct bulk_pick *v, size_t n)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, add(cx, db, b, v, n));
}

enum err
bulk_get(struct cx *cx, struct db *db, const char *id, int64_t user_id,
	 struct bulk *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_BULK_GET, bulk_row, out,
				  sizeof(*out), ARGS(TEXT(id), INT(user_id))),
			  "plan");
}

enum err
bulk_items(struct cx *cx, struct db *db, const char *id, struct bulk_items *out)
{
	return sql_rows(cx, db, SQL_BULK_ITEMS, item_row, &out->v,
			sizeof(*out->v), &out->n, ARGS(TEXT(id)));
}

static enum err
results(struct cx *cx, struct db *db, const char *id, const struct bulk_item *v,
	size_t n, bool done)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < n; i++)
		if (v[i].result != BULK_OPEN)
			e = sql_run(cx, db, SQL_BULK_RESULT, NULL,
				    ARGS(TEXT(id), INT(v[i].pos),
					 TEXT(bulk_result_name(v[i].result))));
	if (!e && done)
		e = sql_run(cx, db, SQL_BULK_DONE, NULL,
			    ARGS(TEXT(id), INT(cx->now_ms)));
	return e;
}

enum err
bulk_results(struct cx *cx, struct db *db, const char *id,
	     const struct bulk_item *v, size_t n, bool done)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, results(cx, db, id, v, n, done));
}

enum err
bulk_trim(struct cx *cx, struct db *db, int64_t before_ms)
{
	return sql_run(cx, db, SQL_BULK_TRIM, NULL, ARGS(INT(before_ms)));
}
