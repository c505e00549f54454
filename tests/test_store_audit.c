/* The audit log: pages, filters, what was changed. store/audit.h. */
#include "support/storefix.h"

#include "store/audit.h"

static const char *const actors[] = {"Ann", "bob", "kim"};
static const char *const acts[] = {"user.edit", "login"};

/* Two rows in each second, by different people. */
static void
fill(int rows)
{
	for (int i = 0; i < rows; i++) {
		cx->now_ms = INT64_C(1700000000000) + i / 2 * 1000;
		ok(audit_add(cx, db, i % 3, actors[i % 3], acts[i % 2],
			     i % 5 ? "x" : "Y", "detail"));
	}
}

static size_t
count(const struct audit_query *all)
{
	struct audit_query q = *all;
	struct audit_page p;
	int64_t last_at = INT64_MAX, last_n = INT64_MAX;
	const char *back = NULL;
	size_t n = 0;

	/* through all pages, in order, each row once; then back */
	for (;;) {
		ok(audit_page(cx, db, &q, &p));
		for (size_t i = 0; i < p.n; i++, n++) {
			ck_assert(
				p.v[i].at_ms < last_at ||
				(p.v[i].at_ms == last_at && p.v[i].n < last_n));
			last_at = p.v[i].at_ms;
			last_n = p.v[i].n;
		}
		if (p.ends.next == NULL)
			break;
		q.cursor = p.ends.next;
	}
	for (back = p.ends.prev; back != NULL; back = p.ends.prev) {
		q.cursor = back;
		ok(audit_page(cx, db, &q, &p));
		ck_assert_uint_gt(p.n, 0);
	}
	ck_assert(!p.ends.beyond);
	return n;
}

START_TEST(pages_and_filters)
{
	struct audit_query q = {.limit = 7};

	fill(60);
	ck_assert_uint_eq(count(&q), 60);
	q.actor = "ann";
	ck_assert_uint_eq(count(&q), 20);
	q.action = "login";
	ck_assert_uint_eq(count(&q), 10);
	q.target = "y";
	ck_assert_uint_eq(count(&q), 2);
	q.actor = q.action = NULL;
	ck_assert_uint_eq(count(&q), 12);
	q = (struct audit_query){.limit = 7, .action = "user.edit"};
	ck_assert_uint_eq(count(&q), 30);
	q = (struct audit_query){.limit = 7,
				 .from_ms = INT64_C(1700000010000),
				 .to_ms = INT64_C(1700000020000)};
	ck_assert_uint_eq(count(&q), 20);
	q.actor = "nobody";
	ck_assert_uint_eq(count(&q), 0);
	q = (struct audit_query){.cursor = "after.x"};
	fails(ERR_INVALID, audit_page(cx, db, &q, &(struct audit_page){0}));
}
END_TEST

START_TEST(what_differs)
{
	const struct audit_change v[] = {{"role", "user", "admin"},
					 {"max_running", NULL, "7"}};
	char *much = arena_alloc(&cx->arena, 1001);
	struct audit_query q = {.limit = 1};
	struct audit_page p;

	memset(much, 'x', 1000);
	much[1000] = '\0';
	ok(audit_add_changes(cx, db, 1, "root", "user.edit", "ann", "", v, 2));
	ok(audit_page(cx, db, &q, &p));
	ck_assert_uint_eq(p.v[0].n_changes, 2);
	ck_assert_str_eq(p.v[0].changes[0].field, "max_running");
	ck_assert_ptr_null(p.v[0].changes[0].from);
	ck_assert_str_eq(p.v[0].changes[1].to, "admin");
	ok(audit_add_changes(cx, db, 1, "root", "workspace.edit", "x", "",
			     &(struct audit_change){"memo", much, NULL}, 1));
	ok(audit_page(cx, db, &q, &p));
	ck_assert_uint_eq(strlen(p.v[0].changes[0].from), 300);
	/* they go with their row */
	cx->now_ms += 1;
	ok(audit_trim(cx, db, cx->now_ms));
	ck_assert_int_eq(raw_rc("SELECT 1 / (SELECT count(*) = 0 FROM "
				"audit_change)"),
			 SQLITE_OK);
	ok(audit_page(cx, db, &q, &p));
	ck_assert_uint_eq(p.n, 0);
}
END_TEST

START_TEST(actions_that_occur)
{
	struct audit_actions all;

	ok(audit_actions(cx, db, &all));
	ck_assert_uint_eq(all.n, 0);
	fill(10);
	ok(audit_actions(cx, db, &all));
	ck_assert_uint_eq(all.n, 2);
	ck_assert_str_eq(all.v[0], "login");
	ck_assert_str_eq(all.v[1], "user.edit");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {pages_and_filters, what_differs,
				      actions_that_occur, NULL};

	return run_suite("store_audit", tests);
}
