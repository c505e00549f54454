#include "store/audit.h"

#include "store/sql.h"

static void
audit_row(struct row *r, void *out)
{
	struct audit *a = out;

	a->n = row_int(r);
	a->at_ms = row_int(r);
	a->user_id = row_int(r);
	a->actor = row_text(r);
	a->action = row_text(r);
	a->target = row_text(r);
	a->detail = row_text(r);
}

enum err
audit_add(struct cx *cx, struct db *db, int64_t user_id, const char *actor,
	  const char *action, const char *target, const char *detail)
{
	return sql_run(cx, db, SQL_AUDIT_ADD, NULL,
		       ARGS(INT(cx->now_ms), INT(user_id), TEXT(actor),
			    TEXT(action), TEXT(target ? target : ""),
			    TEXT(detail ? detail : "")));
}

enum err
audit_list(struct cx *cx, struct db *db, int64_t before, int64_t limit,
	   struct audits *out)
{
	return sql_rows(cx, db, SQL_AUDIT_LIST, audit_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(INT(before ? before : INT64_MAX),
			     INT(sql_limit(limit, 50, 1000))));
}

enum err
audit_trim(struct cx *cx, struct db *db, int64_t before_ms)
{
	return sql_run(cx, db, SQL_AUDIT_TRIM, NULL, ARGS(INT(before_ms)));
}
