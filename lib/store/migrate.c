#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/schema.h"

#define APPLICATION_ID 1380932435 /* "ROOS", as in schema.sql */

static const struct migrate_step steps[] = {
#define X(from, sql) {from, sql},
#include "store/migrate.def"
#undef X
	{0, NULL},
};

const struct migrate_plan migrate_plan = {
	.newest = (int64_t)(sizeof(steps) / sizeof(steps[0])),
	.schema = schema_sql,
	.steps = steps,
	.n_steps = sizeof(steps) / sizeof(steps[0]) - 1,
};

/* Of one moment: somebody may be making it just now. */
static enum err
look(struct cx *cx, struct db *db, int64_t *version)
{
	int64_t app = 0, tables = 0;
	enum err e;

	if ((e = sql_int(cx, db, SQL_VERSION, version, ARGS())) ||
	    (e = sql_int(cx, db, SQL_APPLICATION, &app, ARGS())) ||
	    (e = sql_int(cx, db, SQL_TABLES, &tables, ARGS())))
		return e;
	if (app != APPLICATION_ID && (app || *version || tables))
		return cx_fail(cx, ERR_CORRUPT,
			       "%s is a database of another program; set "
			       "db_path to another file",
			       db->path);
	return OK;
}

enum err
migrate_look(struct cx *cx, struct db *db, const struct migrate_plan *plan,
	     bool may, bool *todo)
{
	int64_t version = 0;
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)) ||
	    (e = snap_leave(db, own, look(cx, db, &version))))
		return e;
	if (version > plan->newest)
		return cx_fail(cx, ERR_VERSION,
			       "%s has version %" PRId64 " of the schema, this "
			       "program knows %" PRId64
			       ": run the newer Roost that made it",
			       db->path, version, plan->newest);
	if (version < plan->newest && !may)
		return cx_fail(cx, ERR_VERSION,
			       "%s has version %" PRId64 " of the schema, this "
			       "program wants %" PRId64
			       ": a pass of roost-reconcile brings it up to "
			       "date",
			       db->path, version, plan->newest);
	*todo = version < plan->newest;
	return OK;
}

static enum err
exec(struct cx *cx, struct db *db, const char *sql, const char *what)
{
	int rc = sqlite3_exec(db->sq, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : sql_fail(cx, db, rc, what);
}

static enum err
run_step(struct cx *cx, struct db *db, const struct migrate_plan *plan,
	 int64_t from)
{
	char pragma[64];
	enum err e;
	size_t i;

	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].from == from)
			break;
	if (i == plan->n_steps)
		return cx_fail(cx, ERR_VERSION,
			       "%s: no way from version %" PRId64, db->path,
			       from);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %" PRId64,
		 from + 1);
	if ((e = exec(cx, db, plan->steps[i].sql, "migration")))
		return e;
	return exec(cx, db, pragma, "migration");
}

/* Inside the transaction: somebody else may have done it meanwhile. */
static enum err
run_all(struct cx *cx, struct db *db, const struct migrate_plan *plan)
{
	int64_t version = 0;
	enum err e;

	if ((e = sql_int(cx, db, SQL_VERSION, &version, ARGS())))
		return e;
	if (!version)
		return exec(cx, db, plan->schema, "schema.sql");
	for (; version < plan->newest; version++)
		if ((e = run_step(cx, db, plan, version)))
			return e;
	return OK;
}

enum err
migrate_run(struct cx *cx, struct db *db, const struct migrate_plan *plan)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, run_all(cx, db, plan));
}
