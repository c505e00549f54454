#include "store/workspace.h"

#include "store/ws_cols.h"
#include "store/ws_row.h"

void
workspace_row(struct row *r, void *out)
{
	struct workspace *w = out;

	w->n = row_int(r);
#define READ(type, name) w->name = row_##type(r);
	WS_COLUMNS(READ)
#undef READ
}

enum err
workspace_one(struct cx *cx, struct db *db, enum sql q, struct workspace *out,
	      const struct arg *args)
{
	struct workspace w;
	enum err e;

	if ((e = sql_row(cx, db, q, workspace_row, &w, sizeof(w), args)))
		return e;
	if (out)
		*out = w;
	return OK;
}

enum err
workspace_many(struct cx *cx, struct db *db, enum sql q, struct workspaces *out,
	       const struct arg *args)
{
	return sql_rows(cx, db, q, workspace_row, &out->v, sizeof(*out->v),
			&out->n, args);
}

enum err
workspace_get(struct cx *cx, struct db *db, const char *id,
	      struct workspace *out)
{
	enum err e = workspace_one(cx, db, SQL_WS_GET, out, ARGS(TEXT(id)));

	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, ERR_WS_NOT_FOUND, "no workspace %.40s", id);
	return e;
}

struct counts {
	int64_t of_user, of_all;
};

static void
counts_row(struct row *r, void *out)
{
	struct counts *c = out;

	c->of_user = row_int(r);
	c->of_all = row_int(r);
}

enum err
workspace_counts(struct cx *cx, struct db *db, int64_t owner_id,
		 int64_t *of_user, int64_t *of_all)
{
	struct counts c;
	enum err e;

	if ((e = sql_row(cx, db, SQL_WS_COUNTS, counts_row, &c, sizeof(c),
			 ARGS(INT(owner_id)))))
		return e;
	*of_user = c.of_user;
	*of_all = c.of_all;
	return OK;
}

enum err
workspace_counting(struct cx *cx, struct db *db, int64_t owner_id,
		   struct workspaces *out)
{
	if (!owner_id)
		return workspace_many(cx, db, SQL_WS_COUNT_ALL, out, ARGS());
	return workspace_many(cx, db, SQL_WS_COUNT_MINE, out,
			      ARGS(INT(owner_id)));
}
