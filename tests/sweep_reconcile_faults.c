/*
 * Each scenario with the first fault, then with the second, ... until it
 * comes through without one: after every round the invariants of SPEC
 * section 1 hold, and when the faults are over it comes to its end by itself.
 */
#include "support/reconfix.h"
#include "support/sweep.h"

static struct workspace w;

/* What is wanted of a workspace that is at `from`, and where that ends. */
static void
want_status(enum status s)
{
	wish(w.id, s);
}

static void
want_delete(enum status s)
{
	(void)s;
	wish_delete(w.id);
}

static void
want_undelete(enum status s)
{
	cx_tick(cx);
	ok(workspace_undelete(cx, db, w.id, 0, s, NULL));
}

static void
want_purge(enum status s)
{
	(void)s;
	doctor(w.id, "purge_ms = 1, deleted_ms = 1");
	set(SETTING_ORPHAN_SECONDS, 0);
	ok(meta_set(cx, db, META_LAST_GC_MS, 1));
}

static const struct scenario {
	const char *name;
	enum status from;
	bool deleted; /* and deleted after that */
	void (*want)(enum status);
	enum status to;
	bool precious; /* the home must come through it */
} scenarios[] = {
	{"create", STATUS__MAX, false, want_status, STATUS_RUNNING, false},
	{"start", STATUS_STANDBY, false, want_status, STATUS_RUNNING, true},
	{"stop", STATUS_RUNNING, false, want_status, STATUS_STANDBY, true},
	{"archive", STATUS_RUNNING, false, want_status, STATUS_PENDING, true},
	{"restore", STATUS_PENDING, false, want_status, STATUS_RUNNING, true},
	{"delete", STATUS_RUNNING, false, want_delete, STATUS_DELETED, true},
	{"delete archived", STATUS_PENDING, false, want_delete, STATUS_DELETED,
	 true},
	{"undelete", STATUS_STANDBY, true, want_undelete, STATUS_RUNNING, true},
	{"purge", STATUS_PENDING, true, want_purge, STATUS_DELETED, false},
};

static void
set_scene(const struct scenario *s)
{
	if (s->from == STATUS__MAX)
		w = new_ws(ann, "new", STATUS_STANDBY);
	else
		w = ws_at(s->from);
	if (s->deleted) {
		wish_delete(w.id);
		pass();
		is_at(w.id, STATUS_DELETED);
	}
	s->want(s->to);
}

/* As pass() with failures: an error of the pass ends it, cron comes again. */
static void
stumble(const struct scenario *s)
{
	bool full = true;

	for (int i = 0; i < 50; i++) {
		struct cx c = {0};
		struct round r = {.full = full};
		enum err e;

		cx_begin(&c, &t.site);
		e = pass_round(&c, &world, &r);
		full = e != OK || r.errors;
		if (!e && !r.begun && !r.changed) {
			e = pass_chores(&c, &world);
			cx_end(&c);
			if (!e)
				break;
			continue;
		}
		cx_end(&c);
		invariants(w.id, s->precious);
	}
	invariants(w.id, s->precious);
}

static void
check_end(const struct scenario *s, long n)
{
	struct home_names trash;

	ck_assert_msg(get(w.id).status == s->to,
		      "%s, fault %ld: it is %s %s: %s\n%s", s->name, n,
		      status_name(get(w.id).status),
		      reason_name(get(w.id).error_reason),
		      get(w.id).error_message ? get(w.id).error_message : "",
		      buf_str(&noted));
	settled(w.id);
	if (s->precious && status_level(s->to) >= 10)
		finds(w.id, "precious");
	ok(home_dir.trash_list(cx, &trash));
	ck_assert_uint_eq(trash.n,
			  s->to == STATUS_DELETED && s->from > STATUS_PENDING);
}

/* Comes back from wherever it went, with all that was in it. */
static void
check_way_back(const struct scenario *s)
{
	if (!s->precious || s->to == STATUS_RUNNING)
		return;
	if (s->to == STATUS_DELETED)
		ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	else
		wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
}

START_TEST(faults)
{
	const struct scenario *s = &scenarios[_i];
	long n = 1;

	for (bool fired = true; fired; n += sweep_step()) {
		buf_clear(&noted);
		set_scene(s);
		fault_arm(n);
		stumble(s);
		fired = fault_fired();
		fault_arm(0);
		pass();
		pass();
		check_end(s, n);
		check_way_back(s);
		/* Out of the way of the next one. */
		if (!get(w.id).deleted_ms)
			wish_delete(w.id);
		pass();
		doctor(w.id, "purge_ms = 1");
		pass();
		ck_assert_int_lt(n, 500);
	}
	ck_assert_int_gt(n, 3); /* there were faults to survive */
}
END_TEST

int
main(void)
{
	Suite *su = suite_create("sweep_reconcile_faults");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, world_up, world_down);
	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, faults, 0,
			    (int)(sizeof scenarios / sizeof *scenarios));
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
