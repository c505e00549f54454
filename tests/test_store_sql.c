/* sql.def and schema.sql, row by row: what they say of themselves is true. */
#include "support/storefix.h"

#include "rules/limits.h"
#include "store/audit.h"
#include "store/bulk.h"
#include "store/meta.h"
#include "store/operation.h"
#include "store/pass.h"
#include "store/schema.h"
#include "store/survey.h"
#include "store/ws_cols.h"

static sqlite3_stmt *
prepared(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->sq, sql, -1, &st, NULL);

	ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db->sq));
	return st;
}

/* Pragmas that ask for a journal are no writes of ours, whatever SQLite says
 * of them; they run outside of transactions. */
static bool
is_pragma(enum sql q)
{
	return !strncmp(sql_text(q), "PRAGMA ", 7);
}

START_TEST(marks_are_true)
{
	enum sql q;

	for (q = 0; q < SQL__MAX; q++) {
		sqlite3_stmt *st = prepared(sql_text(q));
		bool ro = sqlite3_stmt_readonly(st);

		sqlite3_finalize(st);
		if (is_pragma(q))
			continue;
		ck_assert_msg(ro == (sql_access(q) == RO), "%s is marked %s",
			      sql_name(q), sql_access(q) == RO ? "RO" : "RW");
	}
}
END_TEST

/* The index named in a line of a plan holds the few rows that need something:
 * its WHERE says more than that they live. */
static bool
by_small_index(const char *line)
{
	const char *at = strstr(line, "INDEX ");
	char name[80] = "";
	sqlite3_stmt *st;
	bool is;

	if (!at || sscanf(at, "INDEX %79s", name) != 1)
		return false;
	st = prepared("SELECT sql LIKE '%WHERE%' AND"
		      " sql NOT LIKE '%WHERE deleted_ms = 0' FROM sqlite_schema"
		      " WHERE type = 'index' AND name = ?1");
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	is = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return is;
}

static bool
walks_a_big_table(const char *line)
{
	static const char *const big[] = {"workspace", "w",	    "change",
					  "c",	       "operation", "o"};
	char first[80] = "";
	size_t i;

	if (sscanf(line, "SCAN %79s", first) != 1)
		return false;
	for (i = 0; i < sizeof(big) / sizeof(big[0]); i++)
		if (!strcmp(first, big[i]))
			return !by_small_index(line);
	return false;
}

/* One end of an index (min, max) is asked for as a search; the plan calls it
 * SEARCH without a term. */
START_TEST(no_scan_but_where_it_is_said)
{
	int full = 0;
	enum sql q;

	for (q = 0; q < SQL__MAX; q++) {
		bool walks = false;
		sqlite3_stmt *st;

		if (is_pragma(q))
			continue;
		st = prepared(arena_printf(&cx->arena, "EXPLAIN QUERY PLAN %s",
					   sql_text(q)));
		while (sqlite3_step(st) == SQLITE_ROW) {
			const char *line =
				(const char *)sqlite3_column_text(st, 3);

			walks |= walks_a_big_table(line);
			ck_assert_msg(!walks || sql_scan(q) == FULL, "%s: %s",
				      sql_name(q), line);
		}
		sqlite3_finalize(st);
		ck_assert_msg(walks || sql_scan(q) == SEEK,
			      "%s walks nothing: mark it SEEK", sql_name(q));
		full += walks;
	}
	ck_assert_int_gt(full, 0);
}
END_TEST

static bool
sorts(enum sql q)
{
	sqlite3_stmt *st = prepared(
		arena_printf(&cx->arena, "EXPLAIN QUERY PLAN %s", sql_text(q)));
	bool found = false;

	while (sqlite3_step(st) == SQLITE_ROW)
		found |= strstr((const char *)sqlite3_column_text(st, 3),
				"TEMP B-TREE") != NULL;
	sqlite3_finalize(st);
	return found;
}

/* A list of thousands: its page is read where it begins, in its order. */
START_TEST(pages_are_read_in_order)
{
	static const enum sql page[] = {SQL_WS_MINE_NAME_UP,
					SQL_WS_MINE_NAME_DOWN,
					SQL_WS_MINE_CREATED_UP,
					SQL_WS_MINE_CREATED_DOWN,
					SQL_WS_MINE_ACCESS_UP,
					SQL_WS_MINE_ACCESS_DOWN,
					SQL_WS_PHASE_CREATED_UP,
					SQL_WS_PHASE_CREATED_DOWN,
					SQL_WS_EVERY_CREATED_DOWN};
	enum sql q;

	for (size_t i = 0; i < sizeof(page) / sizeof(*page); i++)
		ck_assert_msg(!sorts(page[i]), "%s", sql_name(page[i]));
	for (q = SQL_FIND_ALL; q <= SQL_FIND_OWN_USE_COUNT; q++)
		ck_assert_msg(!sorts(q), "%s", sql_name(q));
	ck_assert(sorts(SQL_WS_EVERY_NAME_UP));
}
END_TEST

/* The detector itself sees a scan. */
START_TEST(a_scan_is_seen)
{
	ck_assert(walks_a_big_table("SCAN workspace"));
	ck_assert(walks_a_big_table("SCAN c USING INDEX change_owner"));
	ck_assert(!walks_a_big_table("SCAN workspace USING INDEX "
				     "workspace_work"));
	/* all that are not deleted: not few */
	ck_assert(walks_a_big_table("SCAN workspace USING COVERING INDEX "
				    "workspace_living"));
	ck_assert(walks_a_big_table("SCAN workspace USING INDEX "
				    "workspace_app"));
	ck_assert(!walks_a_big_table("SEARCH workspace USING INDEX x"));
	ck_assert(!walks_a_big_table("SCAN user"));
}
END_TEST

START_TEST(updates_stamp_the_row)
{
	int n = 0;
	enum sql q;

	for (q = 0; q < SQL__MAX; q++) {
		if (!strstr(sql_text(q), "UPDATE workspace"))
			continue;
		n++;
		ck_assert_msg(strstr(sql_text(q), "rev = rev + 1") &&
				      strstr(sql_text(q), "updated_ms = ?2"),
			      "%s", sql_name(q));
	}
	ck_assert_int_gt(n, 10);
}
END_TEST

/* In each CREATE TABLE every line with a column has a comment, at its own
 * line or at the CHECK or REFERENCES line below it. */
START_TEST(every_column_has_a_comment)
{
	char *text = arena_strdup(&cx->arena, schema_sql), *line, *save = NULL;
	bool in = false;
	int n = 0;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "CREATE TABLE", 12))
			in = true;
		else if (!strncmp(line, ") STRICT", 8))
			in = false;
		else if (in && line[0] == '\t' && line[1] >= 'a' &&
			 line[1] <= 'z') {
			ck_assert_msg(strstr(line, "-- ") != NULL, "%s", line);
			n++;
		}
	}
	ck_assert_int_gt(n, 100);
}
END_TEST

START_TEST(tables_are_strict)
{
	sqlite3_stmt *st = prepared("SELECT name FROM pragma_table_list WHERE "
				    "schema = 'main' AND type = 'table' AND "
				    "NOT strict AND name NOT LIKE 'sqlite%'");

	ck_assert_msg(sqlite3_step(st) == SQLITE_DONE, "%s is not STRICT",
		      (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
}
END_TEST

/* struct workspace, WS_COLUMNS and schema.sql have the same columns. */
START_TEST(columns_are_all_read)
{
	sqlite3_stmt *st = prepared("SELECT name FROM "
				    "pragma_table_info('workspace')");
	int n = 0, named = 1;

#define COUNT(type, name) named++;
	WS_COLUMNS(COUNT)
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		n++;
		ck_assert_msg(strstr(", " WS_COLS ",",
				     arena_printf(&cx->arena, " %s,", name)) !=
				      NULL,
			      "%s is not read", name);
	}
	sqlite3_finalize(st);
	ck_assert_int_eq(n, named);
}
END_TEST

/* ---- Words: the CHECKs and the tables in .def files are the same ---- */

static void
word(const char *table, const char *column, const char *value, bool good)
{
	const char *sql =
		arena_printf(&cx->arena, "UPDATE %s SET %s = '%s'%s", table,
			     column, value,
			     !strcmp(table, "workspace") ? ", rev = rev + 1"
							 : "");
	int rc = raw_rc(sql);

	ck_assert_msg(rc == (good ? SQLITE_OK : SQLITE_CONSTRAINT_CHECK),
		      "%s: %s", sql, sqlite3_errmsg(db->sq));
}

/* How many words does the CHECK of that column allow? */
static int
words_in_check(const char *table, const char *column)
{
	const char *def =
		strstr(schema_sql,
		       arena_printf(&cx->arena, "\nCREATE TABLE %s (", table));
	const char *at, *end;
	int n = 0;

	ck_assert_ptr_nonnull(def);
	at = strstr(def, arena_printf(&cx->arena, "(%s IN (", column));
	ck_assert_ptr_nonnull(at);
	end = strchr(at + strlen(column) + 6, ')');
	for (; at < end; at++)
		n += *at == '\'';
	return n / 2;
}

START_TEST(words_of_statuses_and_wishes)
{
	enum status s;

	new_ws(ann, "a", STATUS_RUNNING);
	for (s = 0; s < STATUS__MAX; s++) {
		word("workspace", "status", status_name(s), true);
		word("workspace", "previous_status", status_name(s), true);
		word("workspace", "desired", status_name(s),
		     status_level(s) >= 0);
	}
	word("workspace", "status", "Running", false);
	word("workspace", "desired", "ARCHIVED", false);
	ck_assert_int_eq(words_in_check("workspace", "status"), STATUS__MAX);
	ck_assert_int_eq(words_in_check("workspace", "previous_status"),
			 STATUS__MAX);
	ck_assert_int_eq(words_in_check("workspace", "desired"), 3);
}
END_TEST

START_TEST(words_of_operations_and_reasons)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING);
	enum operation o;
	enum reason r;

	ok(op_begin(cx, db, w.id, w.rev, STATUS_PENDING, OPERATION_PROVISIONING,
		    new_id(), &w));
	for (o = 0; o < OPERATION__MAX; o++) {
		word("workspace", "operation", operation_name(o), true);
		word("operation", "operation", operation_name(o),
		     o != OPERATION_NONE);
	}
	for (r = 0; r < REASON__MAX; r++) {
		word("workspace", "error_reason", reason_name(r), true);
		word("operation", "reason", reason_name(r), true);
	}
	word("workspace", "operation", "DANCING", false);
	word("workspace", "error_reason", "Bored", false);
	ck_assert_int_eq(words_in_check("workspace", "operation"),
			 OPERATION__MAX);
	ck_assert_int_eq(words_in_check("operation", "operation"),
			 OPERATION__MAX - 1);
	ck_assert_int_eq(words_in_check("workspace", "error_reason"),
			 REASON__MAX);
	ck_assert_int_eq(words_in_check("operation", "reason"), REASON__MAX);
}
END_TEST

START_TEST(words_of_our_own)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING);
	enum role role, role2 = ROLE__MAX;
	enum result result, result2 = RESULT__MAX;
	enum passkind kind, kind2 = PASS__MAX;
	struct bulk plan = {.id = new_id(), .user_id = ann, .filter = ""};
	enum bulk_verb verb;
	enum survey_what what;
	enum found_kind found, found2 = FOUND__MAX;
	int64_t n;

	ok(op_begin(cx, db, w.id, w.rev, STATUS_PENDING, OPERATION_PROVISIONING,
		    new_id(), &w));
	ok(pass_begin(cx, db, PASS_CRON, &n));
	for (role = 0; role < ROLE__MAX; role++) {
		word("user", "role", role_name(role), true);
		ck_assert(role_parse(role_name(role), &role2));
		ck_assert_int_eq(role, role2);
	}
	for (result = 0; result < RESULT__MAX; result++) {
		word("operation", "result", result_name(result), true);
		ck_assert(result_parse(result_name(result), &result2));
		ck_assert_int_eq(result, result2);
	}
	for (kind = 0; kind < PASS__MAX; kind++) {
		word("pass", "kind", passkind_name(kind), true);
		ck_assert(passkind_parse(passkind_name(kind), &kind2));
		ck_assert_int_eq(kind, kind2);
	}
	ok(bulk_add(cx, db, &plan, NULL, 0));
	for (verb = 0; verb < BULK_VERB__MAX; verb++)
		word("bulk", "verb", bulk_verb_name(verb), true);
	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	for (what = 0; what < SURVEY__MAX; what++)
		word("survey", "what", survey_what_name(what), true);
	raw("INSERT INTO found (kind, key, why) VALUES ('home', 'k', 'kept')");
	for (found = 0; found < FOUND__MAX; found++) {
		word("found", "kind", found_kind_name(found), true);
		ck_assert(found_kind_parse(found_kind_name(found), &found2));
		ck_assert_int_eq(found, found2);
	}
	word("bulk", "verb", "dance", false);
	word("survey", "what", "dream", false);
	word("found", "kind", "treasure", false);
	ck_assert_int_eq(words_in_check("bulk", "verb"), BULK_VERB__MAX);
	ck_assert_int_eq(words_in_check("survey", "what"), SURVEY__MAX);
	ck_assert_int_eq(words_in_check("found", "kind"), FOUND__MAX);
	word("user", "role", "root", false);
	word("operation", "result", "maybe", false);
	word("pass", "kind", "whim", false);
	ck_assert(!role_parse("root", &role) && !role_parse(NULL, &role));
	ck_assert_int_eq(words_in_check("user", "role"), ROLE__MAX);
	ck_assert_int_eq(words_in_check("operation", "result"), RESULT__MAX);
	ck_assert_int_eq(words_in_check("pass", "kind"), PASS__MAX);
}
END_TEST

START_TEST(triggers_guard_the_row)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING);

	ck_assert_int_eq(raw_rc("UPDATE workspace SET memo = 'x'"),
			 SQLITE_CONSTRAINT_TRIGGER);
	ck_assert_int_eq(raw_rc("UPDATE workspace SET memo = 'x', rev = rev + "
				"2"),
			 SQLITE_CONSTRAINT_TRIGGER);
	ck_assert_int_eq(raw_rc("UPDATE workspace SET rev = rev + 1, n = 99"),
			 SQLITE_CONSTRAINT_TRIGGER);
	ck_assert_int_eq(raw_rc("DELETE FROM workspace"),
			 SQLITE_CONSTRAINT_TRIGGER);
	ck_assert_int_eq(get(w.id).rev, w.rev);
	raw("UPDATE workspace SET memo = 'x', rev = rev + 1");
	ck_assert_int_eq(get(w.id).rev, w.rev + 1);
}
END_TEST

/* The two conditions that stand in C and in SQL, over every combination. */
START_TEST(conditions_say_what_the_rules_say)
{
	struct workspace w = new_ws(ann, "a", STATUS_PENDING);
	int64_t mine, all;
	unsigned c;

	raw("BEGIN");
	for (c = 0; c < STATUS__MAX * OPERATION__MAX * 3 * 2; c++) {
		unsigned rest = c;
		struct workspaces work;
		bool needs;

		w.status = rest % STATUS__MAX, rest /= STATUS__MAX;
		w.operation = rest % OPERATION__MAX, rest /= OPERATION__MAX;
		w.desired = rest % 3, rest /= 3;
		w.deleted_ms = rest % 2;
		raw(arena_printf(&cx->arena,
				 "UPDATE workspace SET rev = rev + 1, status ="
				 " '%s', operation = '%s', desired = '%s',"
				 " deleted_ms = %d",
				 status_name(w.status),
				 operation_name(w.operation),
				 status_name(w.desired), (int)w.deleted_ms));
		ok(workspace_counts(cx, db, ann, &mine, &all));
		ck_assert_int_eq(mine, limit_counts(&w));
		ck_assert_int_eq(all, limit_counts(&w));
		needs = w.operation != OPERATION_NONE ||
			w.status == STATUS_ERROR ||
			(w.status == STATUS_DELETED) != (w.deleted_ms != 0) ||
			(!w.deleted_ms && w.status != w.desired);
		ok(workspace_work(cx, db, &work));
		/* Deleted, DELETED and at rest is all that never counts; a
		 * row too many would cost only a look. */
		ck_assert_msg(!needs || work.n == 1, "%s %s %s %d",
			      status_name(w.status),
			      operation_name(w.operation),
			      status_name(w.desired), (int)w.deleted_ms);
		if (w.status == w.desired && !needs)
			ck_assert_uint_eq(work.n, 0);
		if (w.status == STATUS_DELETED && !needs)
			ck_assert_uint_eq(work.n, 0);
	}
	raw("ROLLBACK");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		marks_are_true,
		no_scan_but_where_it_is_said,
		a_scan_is_seen,
		pages_are_read_in_order,
		updates_stamp_the_row,
		every_column_has_a_comment,
		tables_are_strict,
		columns_are_all_read,
		words_of_statuses_and_wishes,
		words_of_operations_and_reasons,
		words_of_our_own,
		triggers_guard_the_row,
		conditions_say_what_the_rules_say,
		NULL,
	};

	return run_suite("store_sql", tests);
}
