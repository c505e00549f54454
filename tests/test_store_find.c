/* All workspaces that a filter fits, and what a survey has found. */
#include "support/storefix.h"

#include "store/survey.h"
#include "store/ws_find.h"

static struct filter f;

static struct ws_found
find(const char *text, const char *cursor, int64_t limit)
{
	struct ws_find q = {.filter = &f, .cursor = cursor, .limit = limit};
	struct filter_bad bad;
	struct ws_found out;
	struct user u;

	ck_assert(filter_parse(text, cx->now_ms, &f, &bad));
	if (f.set[FILTER_OWNER]) {
		ok(user_by_name(cx, db, f.owner, &u));
		q.owner_id = u.id;
	}
	q.unused_first = f.set[FILTER_IDLE];
	ok(workspace_find(cx, db, &q, &out));
	return out;
}

/* "abc": the names of what is found, in its order. */
static const char *
names(const char *text)
{
	struct ws_found l = find(text, NULL, 0);
	const char *s = "";

	ck_assert_int_eq(l.total, (int64_t)l.n);
	for (size_t i = 0; i < l.n; i++)
		s = arena_printf(&cx->arena, "%s%s", s, l.v[i].name);
	return s;
}

static void
change(const char *name, const char *what)
{
	raw(arena_printf(&cx->arena,
			 "UPDATE workspace SET rev = rev + 1, %s"
			 " WHERE name = '%s'",
			 what, name));
}

static void
some(void)
{
	int64_t bob = new_user("bob");

	for (const char *p = "abcdef"; *p; p++) {
		cx->now_ms += 60000;
		new_ws(*p < 'd' ? ann : bob, arena_printf(&cx->arena, "%c", *p),
		       STATUS_STANDBY);
	}
	change("a", "status = 'RUNNING', desired = 'RUNNING', app = 'ide'");
	change("b", "archive_key = 'k', standby_ttl_s = 0");
	change("c", "operation = 'STARTING', op_id = 'x', app = 'ide'");
	change("d", "status = 'ERROR', error_reason = 'Timeout'");
	change("e", "status = 'RUNNING', last_access_ms = 5");
	change("f", "status = 'STANDBY', last_access_ms = 4");
}

START_TEST(each_key_finds_what_it_says)
{
	some();
	new_ws(ann, "gone", STATUS_STANDBY);
	change("gone", "deleted_ms = 1");
	new_ws(ann, "lost", STATUS_STANDBY);
	change("lost", "deleted_ms = 1, status = 'DELETED'");
	ck_assert_str_eq(names(""), "fedcba");
	ck_assert_str_eq(names("owner:ANN"), "cba");
	ck_assert_str_eq(names("phase:running"), "ea");
	ck_assert_str_eq(names("phase:archived"), "b");
	ck_assert_str_eq(names("phase:pending"), "c");
	ck_assert_str_eq(names("owner:bob phase:running"), "e");
	ck_assert_str_eq(names("owner:bob phase:archived"), "");
	ck_assert_str_eq(names("app:ide"), "ca");
	ck_assert_str_eq(names("app:ide phase:running"), "a");
	ck_assert_str_eq(names("app:none"), "");
	ck_assert_str_eq(names("D"), "d");
	ck_assert_str_eq(names("operation:starting"), "c");
	ck_assert_str_eq(names("operation:none"), "fedba");
	ck_assert_str_eq(names("error:Timeout"), "d");
	ck_assert_str_eq(names("error:any"), "d");
	ck_assert_str_eq(names("error:NoSpace"), "");
	ck_assert_str_eq(names("pinned:yes"), "b");
	ck_assert_str_eq(names("pinned:no"), "fedca");
	change("c", arena_printf(&cx->arena, "keep_until_ms = %lld",
				 (long long)cx->now_ms + 1));
	ck_assert_str_eq(names("pinned:yes"), "cb");
	cx->now_ms++;
	ck_assert_str_eq(names("pinned:yes"), "b");
	cx->now_ms--;
	ck_assert_str_eq(names("deleted:yes"), "gone");
	ck_assert_str_eq(names("deleted:yes name:b"), "");
	ck_assert_str_eq(names("deleted:no"), "fedcba");
	ck_assert_str_eq(names("idle>7d"), "fe");
	ck_assert_str_eq(names("idle<7d"), "abcd");
	ck_assert_str_eq(names("idle>7d owner:bob"), "fe");
	ck_assert_str_eq(names("idle>7d phase:running"), "e");
	ck_assert_str_eq(names("age>4m"), "a");
	ck_assert_str_eq(names("age<4m"), "fedcb");
	ck_assert_str_eq(names("created<2000-01-01"), "");
	ck_assert_str_eq(names("created>2000-01-01"), "fedcba");
}
END_TEST

/* Forwards to the end and back again: each once, in one order. */
static void
walk(const char *text, const char *expect)
{
	const char *cursor = NULL, *s = "";
	struct ws_found l;
	size_t last;
	int pages = 0;

	do {
		l = find(text, cursor, 2);
		ck_assert_int_eq(l.total, (int64_t)strlen(expect));
		for (size_t i = 0; i < l.n; i++)
			s = arena_printf(&cx->arena, "%s%s", s, l.v[i].name);
		cursor = l.ends.next;
		ck_assert_int_lt(++pages, 10);
	} while (cursor);
	ck_assert_str_eq(s, expect);
	s = "";
	last = l.n;
	while (l.ends.prev) {
		ck_assert_int_lt(++pages, 20);
		l = find(text, l.ends.prev, 2);
		for (size_t i = l.n; i > 0; i--)
			s = arena_printf(&cx->arena, "%s%s", l.v[i - 1].name,
					 s);
		ck_assert_uint_eq(l.n, 2);
	}
	ck_assert_uint_eq(strlen(s), strlen(expect) - last);
	ck_assert_int_eq(strncmp(s, expect, strlen(s)), 0);
}

START_TEST(pages_go_both_ways)
{
	some();
	walk("", "fedcba");
	walk("operation:none idle<99999w", "feabd");
	change("b", "last_access_ms = 4");
	walk("idle>7d", "bfe");
	change("d", "status = 'RUNNING'");
	walk("phase:running", "eda");
	walk("owner:ann", "cba");
}
END_TEST

START_TEST(a_cursor_is_one_of_ours)
{
	static const char *const bad[] = {"",
					  "x",
					  "after.",
					  "after.1",
					  "after.1.2.3",
					  "before.-1.2",
					  "1.2",
					  "after.1.99999999999999999999"};
	struct ws_find q = {.filter = &f};
	struct ws_found out;

	memset(&f, 0, sizeof(f));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.cursor = bad[i];
		ck_assert_msg(workspace_find(cx, db, &q, &out) == ERR_INVALID,
			      "%s", bad[i]);
		ck_assert_str_eq(cx->field, "cursor");
		cx_clear(cx);
	}
}
END_TEST

START_TEST(apps_are_counted)
{
	struct ws_apps a;

	ok(workspace_apps(cx, db, &a));
	ck_assert_uint_eq(a.n, 0);
	some();
	new_ws(ann, "gone", STATUS_STANDBY);
	change("gone", "deleted_ms = 1");
	ok(workspace_apps(cx, db, &a));
	ck_assert_uint_eq(a.n, 2);
	ck_assert_str_eq(a.v[0].app, "ide");
	ck_assert_int_eq(a.v[0].workspaces, 2);
	ck_assert_int_eq(a.v[0].running, 1);
	ck_assert_str_eq(a.v[1].app, "shell");
	ck_assert_int_eq(a.v[1].workspaces, 4);
	ck_assert_int_eq(a.v[1].running, 1);
}
END_TEST

/* ---- Surveys ---- */

START_TEST(a_survey_is_asked_for_once)
{
	struct survey s;
	struct surveys l;

	fails(survey_open(cx, db, &s), ERR_NOT_FOUND);
	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	ok(survey_ask(cx, db, SURVEY_COLLECT, ann, "ann"));
	ok(survey_list(cx, db, 0, &l));
	ck_assert_uint_eq(l.n, 2);
	ck_assert_int_eq(l.v[0].what, SURVEY_COLLECT);
	ok(survey_open(cx, db, &s));
	ck_assert_int_eq(s.what, SURVEY_LOOK);
	ck_assert_str_eq(s.actor, "ann");
	s.archives = 7;
	s.message = "no";
	ok(survey_end(cx, db, &s, NULL));
	fails(survey_end(cx, db, &s, NULL), ERR_CONFLICT);
	ok(survey_open(cx, db, &s));
	ck_assert_int_eq(s.what, SURVEY_COLLECT);
	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	ok(survey_list(cx, db, 0, &l));
	ck_assert_uint_eq(l.n, 3);
	ck_assert_int_eq(l.v[2].archives, 7);
	ck_assert_str_eq(l.v[2].message, "no");
	ck_assert_int_eq(l.v[2].ended_ms, cx->now_ms);
}
END_TEST

static void
survey(const struct found *v, const enum found_kind *kinds, size_t n)
{
	struct survey_finds finds = {.kinds = kinds, .v = v, .n = n};
	struct survey s;

	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	ok(survey_open(cx, db, &s));
	ok(survey_end(cx, db, &s, &finds));
}

START_TEST(the_newest_survey_is_what_is_found)
{
	struct workspace w = new_ws(ann, "w", STATUS_STANDBY);
	static const enum found_kind kinds[] = {FOUND_ARCHIVE, FOUND_ARCHIVE,
						FOUND_HOME};
	const struct found one = {.key = "old",
				  .workspace_id = "",
				  .why = "kept"};
	const struct found v[] = {{.key = "a",
				   .workspace_id = w.id,
				   .why = "kept",
				   .bytes = 5,
				   .created_ms = 4},
				  {.key = "b",
				   .workspace_id = "nobody",
				   .why = "goes",
				   .bytes = 6,
				   .since_ms = 3,
				   .gone = true},
				  {.key = "h",
				   .workspace_id = "h",
				   .why = "stranger"}};
	struct founds l;
	struct found_sums s;
	struct survey again;

	survey(&one, kinds, 1);
	survey(v, kinds, 3);
	ok(found_list(cx, db, FOUND_ARCHIVE, NULL, NULL, 0, &l));
	ck_assert_uint_eq(l.n, 2);
	ck_assert_str_eq(l.v[0].name, "w");
	ck_assert_str_eq(l.v[0].owner, "ann");
	ck_assert_int_eq(l.v[0].created_ms, 4);
	ck_assert_ptr_null(l.v[1].name);
	ck_assert(l.v[1].gone && !l.v[0].gone);
	ok(found_list(cx, db, FOUND_ARCHIVE, "kept", NULL, 0, &l));
	ck_assert_uint_eq(l.n, 1);
	ok(found_list(cx, db, FOUND_ARCHIVE, NULL, NULL, 1, &l));
	ck_assert_str_eq(l.v[0].key, "a");
	ok(found_list(cx, db, FOUND_ARCHIVE, NULL, l.ends.next, 1, &l));
	ck_assert_str_eq(l.v[0].key, "b");
	ck_assert_ptr_null(l.ends.next);
	ok(found_list(cx, db, FOUND_ARCHIVE, NULL, l.ends.prev, 1, &l));
	ck_assert_str_eq(l.v[0].key, "a");
	ok(found_list(cx, db, FOUND_HOME, NULL, NULL, 0, &l));
	ck_assert_str_eq(l.v[0].key, "h");
	ok(found_sums(cx, db, FOUND_ARCHIVE, &s));
	ck_assert_uint_eq(s.n, 2);
	ck_assert_str_eq(s.v[0].why, "goes");
	ck_assert_int_eq(s.v[0].bytes, 6);
	ck_assert(s.v[0].gone);
	/* one that failed leaves what is known */
	ok(survey_ask(cx, db, SURVEY_LOOK, ann, "ann"));
	ok(survey_open(cx, db, &again));
	ok(survey_end(cx, db, &again, NULL));
	ok(found_list(cx, db, FOUND_ARCHIVE, NULL, NULL, 0, &l));
	ck_assert_uint_eq(l.n, 2);
}
END_TEST

START_TEST(surveys_are_trimmed)
{
	struct surveys l;

	raw("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
	    " WHERE i < 150) INSERT INTO survey (what, user_id, actor,"
	    " asked_ms, ended_ms) SELECT 'look', 1, 'ann', 1, 1 FROM c");
	ok(survey_trim(cx, db));
	ok(survey_list(cx, db, 1000, &l));
	ck_assert_uint_eq(l.n, 100);
	ck_assert_int_eq(l.v[0].n, 150);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {each_key_finds_what_it_says,
				      pages_go_both_ways,
				      a_cursor_is_one_of_ours,
				      apps_are_counted,
				      a_survey_is_asked_for_once,
				      the_newest_survey_is_what_is_found,
				      surveys_are_trimmed,
				      NULL};

	return run_suite("store_find", tests);
}
