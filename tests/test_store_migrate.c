/* From an older schema to the newest, or not at all. */
#include "support/storefix.h"

#include <unistd.h>

#include "base/fs.h"
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

/* Everything that a database has, but for comments and spaces: columns with
 * their types, keys and indexes. CHECKs of added columns are not seen. */
static const char *
shape(void)
{
	static const char *const sql[] = {
		"SELECT group_concat(x, ' ') FROM (SELECT m.name || '.' || "
		"c.name || ':' || c.type || c.\"notnull\" || "
		"ifnull(c.dflt_value, '') || c.pk AS x FROM sqlite_schema m, "
		"pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY "
		"1)",
		"SELECT group_concat(x, ' ') FROM (SELECT m.name || '.' || "
		"f.\"from\" || '>' || f.\"table\" || '.' || f.\"to\" || "
		"f.on_delete AS x FROM sqlite_schema m, "
		"pragma_foreign_key_list(m.name) f WHERE m.type = 'table' "
		"ORDER BY 1)",
		"SELECT group_concat(x, ' ') FROM (SELECT name || "
		"replace(replace(replace(sql, ' ', ''), char(10), ''), "
		"char(9), '') AS x FROM sqlite_schema WHERE type IN "
		"('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY 1)",
		"SELECT group_concat(name || type || wr || strict, ' ') FROM "
		"(SELECT * FROM pragma_table_list ORDER BY name)",
	};
	const char *all = "";

	for (size_t i = 0; i < sizeof(sql) / sizeof(*sql); i++) {
		sqlite3_stmt *st = NULL;

		ck_assert_int_eq(sqlite3_prepare_v2(db->sq, sql[i], -1, &st,
						    NULL),
				 SQLITE_OK);
		ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
		all = arena_printf(&cx->arena, "%s\n%s", all,
				   (const char *)sqlite3_column_text(st, 0));
		sqlite3_finalize(st);
	}
	return all;
}

/* tests/schema/1.sql is the first that was released. */
START_TEST(the_first_one_comes_to_be_the_newest)
{
	const char *newest = shape();
	sqlite3 *old;
	struct buf b;

	buf_init(&b, 1 << 20);
	ok(fs_read(cx, "tests/schema/1.sql", &b));
	db_close(db);
	unlink(t.site.db_path);
	unlink(path_of("-wal"));
	unlink(path_of("-shm"));
	ck_assert_int_eq(sqlite3_open(t.site.db_path, &old), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(old, buf_str(&b), NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(old);
	buf_free(&b);
	ok(db_open(cx, DB_CREATE, &db));
	ck_assert_int_eq(db_version(db), migrate_plan.newest);
	ck_assert_str_eq(shape(), newest);
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
		the_first_one_comes_to_be_the_newest,
		NULL,
	};

	return run_suite("store_migrate", tests);
}
