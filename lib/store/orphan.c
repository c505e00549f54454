#include "store/orphan.h"

#include "store/sql.h"

static void
orphan_row(struct row *r, void *out)
{
	struct orphan *o = out;

	o->key = row_text(r);
	o->first_seen_ms = row_int(r);
	o->bytes = row_int(r);
}

enum err
orphan_seen(struct cx *cx, struct db *db, const char *key, int64_t bytes,
	    int64_t *first_seen_ms)
{
	int64_t first = 0;
	enum err e;

	if ((e = sql_int(cx, db, SQL_ORPHAN_SEEN, &first,
			 ARGS(TEXT(key), INT(cx->now_ms), INT(bytes)))))
		return e;
	if (first_seen_ms)
		*first_seen_ms = first;
	return OK;
}

enum err
orphan_list(struct cx *cx, struct db *db, const char *after, int64_t limit,
	    struct orphans *out)
{
	return sql_rows(cx, db, SQL_ORPHAN_LIST, orphan_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(TEXT(after), INT(sql_limit(limit, 1000, 100000))));
}

enum err
orphan_clear(struct cx *cx, struct db *db, const char *key)
{
	return sql_run(cx, db, SQL_ORPHAN_CLEAR, NULL, ARGS(TEXT(key)));
}
