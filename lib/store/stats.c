#include "store/meta.h"
#include "store/sql.h"

struct by_status {
	enum status status;
	int64_t n, archived;
};

static void
status_row(struct row *r, void *out)
{
	struct by_status *b = out;

	b->status = row_status(r);
	b->n = row_int(r);
	b->archived = row_int(r);
}

static enum err
by_status(struct cx *cx, struct db *db, struct store_stats *st)
{
	struct by_status *v = NULL;
	size_t n = 0, i;
	enum err e;

	if ((e = sql_rows(cx, db, SQL_STATS_STATUS, status_row, &v, sizeof(*v),
			  &n, ARGS())))
		return e;
	for (i = 0; i < n; i++) {
		st->by_status[v[i].status] = v[i].n;
		st->archived += v[i].archived;
	}
	return OK;
}

struct by_operation {
	enum operation operation;
	int64_t n;
};

static void
operation_row(struct row *r, void *out)
{
	struct by_operation *b = out;

	b->operation = row_operation(r);
	b->n = row_int(r);
}

static enum err
by_operation(struct cx *cx, struct db *db, struct store_stats *st)
{
	struct by_operation *v = NULL;
	size_t n = 0, i;
	enum err e;

	if ((e = sql_rows(cx, db, SQL_STATS_WORK, operation_row, &v, sizeof(*v),
			  &n, ARGS())))
		return e;
	for (i = 0; i < n; i++)
		st->operations[v[i].operation] = v[i].n;
	return OK;
}

static void
rest_row(struct row *r, void *out)
{
	struct store_stats *st = out;

	st->counting = row_int(r);
	st->users = row_int(r);
	st->sessions = row_int(r);
	st->tokens = row_int(r);
	st->newest_change = row_int(r);
	st->oldest_change = row_int(r);
	st->orphans = row_int(r);
	st->orphan_bytes = row_int(r);
	st->db_bytes = row_int(r);
	st->db_free_bytes = row_int(r);
}

static enum err
stats(struct cx *cx, struct db *db, struct store_stats *st)
{
	enum err e;

	if ((e = sql_row(cx, db, SQL_STATS_REST, rest_row, st, sizeof(*st),
			 ARGS(INT(cx->now_ms)))) ||
	    (e = by_status(cx, db, st)))
		return e;
	return by_operation(cx, db, st);
}

enum err
store_stats(struct cx *cx, struct db *db, struct store_stats *out)
{
	struct store_stats st = {0};
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)))
		return e;
	e = snap_leave(db, own, stats(cx, db, &st));
	if (!e)
		*out = st;
	return e;
}
