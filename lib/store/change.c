#include "store/change.h"

#include "store/ws_row.h"

#define KEEP_MS (INT64_C(7) * 24 * 3600 * 1000)
#define KEEP_ROWS 100000

enum err
change_newest(struct cx *cx, struct db *db, int64_t *seq)
{
	return sql_int(cx, db, SQL_CHANGE_NEWEST, seq, ARGS());
}

static void
change_row(struct row *r, void *out)
{
	struct change *c = out;

	c->seq = row_int(r);
	workspace_row(r, &c->workspace);
}

static enum err
after_seq(struct cx *cx, struct db *db, int64_t owner_id, int64_t after,
	  int64_t limit, struct changes *cs)
{
	int64_t oldest = 0, newest = 0;
	enum err e;

	if ((e = change_newest(cx, db, &newest)) ||
	    (e = sql_int(cx, db, SQL_CHANGE_OLDEST, &oldest, ARGS())))
		return e;
	cs->next = newest;
	cs->reload = after < 0 || after > newest || after < oldest - 1;
	if (cs->reload || after == newest)
		return OK;
	if ((e = sql_rows(cx, db, owner_id ? SQL_CHANGE_MINE : SQL_CHANGE_EVERY,
			  change_row, &cs->v, sizeof(*cs->v), &cs->n,
			  ARGS(INT(owner_id), INT(after), INT(newest),
			       INT(limit)))))
		return e;
	/* A full page: there may be more behind its last one. */
	if (cs->n == (size_t)limit)
		cs->next = cs->v[cs->n - 1].seq;
	return OK;
}

enum err
change_after(struct cx *cx, struct db *db, int64_t owner_id, int64_t after,
	     int64_t limit, struct changes *out)
{
	struct changes cs = {0};
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)))
		return e;
	e = snap_leave(db, own,
		       after_seq(cx, db, owner_id, after,
				 sql_limit(limit, 100, 1000), &cs));
	if (!e)
		*out = cs;
	return e;
}

static void
mark_row(struct row *r, void *out)
{
	struct change_mark *m = out;

	m->seq = row_int(r);
	m->owner_id = row_int(r);
	m->rev = row_int(r);
	m->workspace_id = row_text(r);
}

enum err
change_marks(struct cx *cx, struct db *db, int64_t after, int64_t limit,
	     struct change_marks *out)
{
	return sql_rows(cx, db, SQL_CHANGE_MARKS, mark_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(INT(after), INT(sql_limit(limit, 1000, 100000))));
}

/* at_ms may jump with the clock, seq cannot: what goes is always the oldest
 * part, so that "older than the oldest" stays the only kind of gap. */
static enum err
trim(struct cx *cx, struct db *db)
{
	int64_t newest = 0, aged = 0, least;
	enum err e;

	if ((e = change_newest(cx, db, &newest)) ||
	    (e = sql_int(cx, db, SQL_CHANGE_AGED, &aged,
			 ARGS(INT(cx->now_ms - KEEP_MS)))))
		return e;
	least = newest - KEEP_ROWS + 1;
	if (!aged)
		aged = newest;
	return sql_run(cx, db, SQL_CHANGE_TRIM, NULL,
		       ARGS(INT(aged > least ? aged : least)));
}

enum err
change_trim(struct cx *cx, struct db *db)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, trim(cx, db));
}
