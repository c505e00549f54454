#include "store/meta.h"

#include "store/audit.h"
#include "store/bulk.h"
#include "store/change.h"
#include "store/idempotency.h"
#include "store/operation.h"
#include "store/pass.h"
#include "store/session.h"
#include "store/sql.h"
#include "store/survey.h"
#include "store/ticket.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const char *const keys[META__MAX] = {
#define X(meta, key, what) [meta] = key,
#include "store/meta.def"
#undef X
};

enum err
meta_get(struct cx *cx, struct db *db, enum meta m, int64_t *value)
{
	enum err e = sql_int(cx, db, SQL_META_GET, value, ARGS(TEXT(keys[m])));

	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		*value = 0;
		return OK;
	}
	return e;
}

enum err
meta_set(struct cx *cx, struct db *db, enum meta m, int64_t value)
{
	return sql_run(cx, db, SQL_META_SET, NULL,
		       ARGS(TEXT(keys[m]), INT(value)));
}

enum err
store_trim(struct cx *cx, struct db *db)
{
	enum err e;

	/* A transaction each: writers wait for none of them for long. */
	if ((e = login_expire(cx, db)) || (e = session_expire(cx, db)) ||
	    (e = code_expire(cx, db)) || (e = idempotency_expire(cx, db)) ||
	    (e = change_trim(cx, db)) || (e = pass_trim(cx, db)) ||
	    (e = survey_trim(cx, db)) ||
	    (e = bulk_trim(cx, db, cx->now_ms - 30 * DAY_MS)) ||
	    (e = operation_trim(cx, db, cx->now_ms - 90 * DAY_MS)))
		return e;
	return audit_trim(cx, db, cx->now_ms - 400 * DAY_MS);
}
