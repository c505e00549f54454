/* From an older schema to the newest, or not at all. */
#include "support/storefix.h"

#include <unistd.h>

#include "store/migrate.h"

static const char *
path_of(const char *suffix)
{
	return arena_printf(&cx->arena, "%s%s", t.site.db_path, suffix);
}

static int64_t
pragma(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t v;

	ck_assert_int_eq(sqlite3_prepare_v2(db->sq, sql, -1, &st, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static const char *
column_of_x(void)
{
	static char name[40];
	sqlite3_stmt *st = NULL;

	sqlite3_prepare_v2(db->sq,
			   "SELECT group_concat(name) FROM "
			   "pragma_table_info('x')",
			   -1, &st, NULL);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	snprintf(name, sizeof(name), "%s",
		 (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return name;
}

static const char schema3[] = "PRAGMA application_id = 1380932435;"
			      "PRAGMA user_version = 3;"
			      "CREATE TABLE x (a, b, c)";
static const struct migrate_step way[] = {
	{1, "ALTER TABLE x ADD COLUMN b"},
	{2, "ALTER TABLE x ADD COLUMN c; UPDATE x SET c = a + 1"},
};
static const struct migrate_step broken_way[] = {
	{1, "ALTER TABLE x ADD COLUMN b"},
	{2, "UPDATE no_such_table SET c = 1"},
};

/* A synthetic older database in place of ours. */
static void
make_version(int v)
{
	db_close(db);
	unlink(t.site.db_path);
	unlink(path_of("-wal"));
	unlink(path_of("-shm"));
	ok(db_open(cx, DB_CREATE, &db));
	raw("PRAGMA writable_schema = RESET");
	raw(arena_printf(&cx->arena,
			 "CREATE TABLE x (a%s); INSERT INTO x (a) VALUES (41);"
			 "PRAGMA user_version = %d",
			 v > 1 ? ", b" : "", v));
}

START_TEST(older_ones_are_brought_up)
{
	struct migrate_plan plan = {3, schema3, way, 2};
	bool todo = false;
	int v;

	for (v = 1; v <= 2; v++) {
		make_version(v);
		fails(ERR_VERSION, migrate_look(cx, db, &plan, false, &todo));
		ok(migrate_look(cx, db, &plan, true, &todo));
		ck_assert(todo);
		ok(migrate_run(cx, db, &plan));
		ck_assert_int_eq(db_version(db), 3);
		ck_assert_str_eq(column_of_x(), "a,b,c");
		ck_assert_int_eq(pragma("SELECT c FROM x"), v > 2 ? 0 : 42);
		ok(migrate_look(cx, db, &plan, false, &todo));
		ck_assert(!todo);
		/* Again is fine: another process was quicker. */
		ok(migrate_run(cx, db, &plan));
		ck_assert_int_eq(db_version(db), 3);
	}
}
END_TEST

START_TEST(a_step_that_fails_leaves_all_as_it_was)
{
	struct migrate_plan plan = {3, schema3, broken_way, 2};

	make_version(1);
	fails(ERR_INTERNAL, migrate_run(cx, db, &plan));
	ck_assert_int_eq(db_version(db), 1);
	ck_assert_str_eq(column_of_x(), "a");
}
END_TEST

START_TEST(a_way_with_a_hole_is_refused)
{
	struct migrate_plan plan = {3, schema3, way + 1, 1};

	make_version(1);
	fails(ERR_VERSION, migrate_run(cx, db, &plan));
	ck_assert_int_eq(db_version(db), 1);
}
END_TEST

/* The plan that ships: no gap, and schema.sql is where it ends. */
START_TEST(the_real_plan_is_whole)
{
	int64_t v;
	size_t i;

	for (v = 1; v < migrate_plan.newest; v++) {
		bool found = false;

		for (i = 0; i < migrate_plan.n_steps; i++)
			found |= migrate_plan.steps[i].from == v;
		ck_assert_msg(found, "no step from %d", (int)v);
	}
	ck_assert_int_eq(db_version(db), migrate_plan.newest);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		older_ones_are_brought_up,
		a_step_that_fails_leaves_all_as_it_was,
		a_way_with_a_hole_is_refused,
		the_real_plan_is_whole,
		NULL,
	};

	return run_suite("store_migrate", tests);
}
