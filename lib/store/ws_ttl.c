#include "store/ws_ttl.h"

#include "store/ws_row.h"

/* What a change is turned to; -1: to nothing. */
#define TO(c) INT((c)->change ? (c)->to : -1)
#define ONLY(c) INT((c)->only)

enum err
workspace_ttl_touched(struct cx *cx, struct db *db,
		      const struct ws_ttl_change *standby,
		      const struct ws_ttl_change *archive, int64_t *n)
{
	return sql_int(cx, db, SQL_TTL_TOUCHED, n,
		       ARGS(TO(standby), INT(cx->now_ms), ONLY(standby),
			    TO(archive), ONLY(archive)));
}

enum err
workspace_ttl_set(struct cx *cx, struct db *db,
		  const struct ws_ttl_change *standby,
		  const struct ws_ttl_change *archive)
{
	return sql_run(cx, db, SQL_TTL_SET, NULL,
		       ARGS(TO(standby), INT(cx->now_ms), ONLY(standby),
			    TO(archive), ONLY(archive)));
}

static void
ttl_row(struct row *r, void *out)
{
	struct workspace *w = out;

	*w = (struct workspace){.status = row_status(r), .slot = -1};
	w->desired = row_status(r);
	w->operation = row_operation(r);
	w->deleted_ms = row_int(r);
	w->last_access_ms = row_int(r);
	w->idle_since_ms = row_int(r);
	w->keep_until_ms = row_int(r);
	w->connections = row_int(r);
	w->standby_ttl_s = row_int(r);
	w->archive_ttl_s = row_int(r);
}

enum err
workspace_ttl_rows(struct cx *cx, struct db *db, enum status status,
		   int64_t limit, struct workspaces *out)
{
	return sql_rows(cx, db,
			status == STATUS_RUNNING ? SQL_TTL_RUNNING
						 : SQL_TTL_STANDBY,
			ttl_row, &out->v, sizeof(*out->v), &out->n,
			ARGS(INT(limit)));
}

struct over {
	int64_t owners, running;
};

static void
over_row(struct row *r, void *out)
{
	struct over *o = out;

	o->owners = row_int(r);
	o->running = row_int(r);
}

enum err
workspace_count_over(struct cx *cx, struct db *db, int64_t per_user,
		     int64_t *owners, int64_t *running)
{
	struct over o;
	enum err e = sql_row(cx, db, SQL_COUNT_OVER, over_row, &o, sizeof(o),
			     ARGS(INT(per_user)));

	if (e)
		return e;
	*owners = o.owners;
	*running = o.running;
	return OK;
}
