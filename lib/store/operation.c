#include "store/operation.h"

#include <string.h>

#include "store/sql.h"

static const char *const results[RESULT__MAX] = {
#define X(result, name, meaning) [result] = name,
#include "store/result.def"
#undef X
};

const char *
result_name(enum result r)
{
	return results[r];
}

bool
result_parse(const char *name, enum result *r)
{
	unsigned i;

	for (i = 0; name && i < RESULT__MAX; i++)
		if (!strcmp(results[i], name)) {
			*r = i;
			return true;
		}
	return false;
}

static void
oper_row(struct row *r, void *out)
{
	struct oper *o = out;

	o->n = row_int(r);
	o->workspace_id = row_text(r);
	o->workspace_name = row_text(r);
	o->owner_id = row_int(r);
	o->op_id = row_text(r);
	o->operation = row_operation(r);
	o->started_ms = row_int(r);
	o->ended_ms = row_int(r);
	o->bytes = row_int(r);
	ROW_WORD(r, result_parse, &o->result);
	o->reason = row_reason(r);
	o->message = row_text(r);
}

enum err
operation_list(struct cx *cx, struct db *db, const char *workspace_id,
	       int64_t before, int64_t limit, struct opers *out)
{
	return sql_rows(cx, db, SQL_OPER_LIST, oper_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(TEXT(workspace_id),
			     INT(before ? before : INT64_MAX),
			     INT(sql_limit(limit, 50, 1000))));
}

enum err
operation_archives(struct cx *cx, struct db *db, const char *workspace_id,
		   int64_t limit, struct opers *out)
{
	return sql_rows(cx, db, SQL_OPER_ARCHIVES, oper_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(TEXT(workspace_id), INT(limit)));
}

enum err
operation_good(struct cx *cx, struct db *db, const char *workspace_id,
	       int64_t limit, struct opers *out)
{
	return sql_rows(cx, db, SQL_OPER_GOOD, oper_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(TEXT(workspace_id), INT(limit)));
}

enum err
operation_running(struct cx *cx, struct db *db, struct opers *out)
{
	return sql_rows(cx, db, SQL_OPER_RUNNING, oper_row, &out->v,
			sizeof(*out->v), &out->n, ARGS());
}

enum err
operation_trim(struct cx *cx, struct db *db, int64_t before_ms)
{
	return sql_run(cx, db, SQL_OPER_TRIM, NULL, ARGS(INT(before_ms)));
}
