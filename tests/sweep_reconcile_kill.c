/*
 * The real roost-reconcile, with real instances, killed at the first point
 * where it is about to change something, then at the second, ... until it
 * comes through: the pass or its worker, whoever gets there. After each kill
 * the invariants of SPEC section 1 hold, and passes without kills bring it
 * to its end.
 */
#include "support/realfix.h"
#include "support/sweep.h"

#define TRIES 20

static struct workspace w;

static const struct scenario {
	const char *name;
	enum status from;
	bool deleted;
	enum { WISH, DELETE, UNDELETE } want;
	enum status to;
	bool precious;
} scenarios[] = {
	{"create", STATUS__MAX, false, WISH, STATUS_RUNNING, false},
	{"stop", STATUS_RUNNING, false, WISH, STATUS_STANDBY, true},
	{"archive", STATUS_RUNNING, false, WISH, STATUS_PENDING, true},
	{"restore", STATUS_PENDING, false, WISH, STATUS_RUNNING, true},
	{"delete", STATUS_RUNNING, false, DELETE, STATUS_DELETED, true},
	{"undelete", STATUS_STANDBY, true, UNDELETE, STATUS_RUNNING, true},
};

/* ---- Scenes ---- */

static void
must_reach(enum status s, const char *when)
{
	for (int i = 0; i < TRIES && (get(w.id).status != s ||
				      get(w.id).operation != OPERATION_NONE);
	     i++)
		reconcile(w.id);
	w = get(w.id);
	ck_assert_msg(w.status == s && w.operation == OPERATION_NONE,
		      "%s: it is %s, %s, %s: %s", when, status_name(w.status),
		      operation_name(w.operation), reason_name(w.error_reason),
		      w.error_message ? w.error_message : "");
}

static void
want(const struct scenario *s)
{
	cx_tick(cx);
	if (s->want == DELETE)
		ok(workspace_delete(cx, db, w.id, 0, NULL));
	else if (s->want == UNDELETE)
		ok(workspace_undelete(cx, db, w.id, 0, s->to, NULL));
	else
		ok(workspace_wish(cx, db, w.id, 0, s->to, NULL));
}

static void
set_scene(const struct scenario *s)
{
	w = new_ws(ann, "new", STATUS_STANDBY);
	if (s->from != STATUS__MAX) {
		must_reach(STATUS_STANDBY, "scene");
		leave(w.id, "precious");
		wish(w.id, s->from);
		must_reach(s->from, "scene");
	}
	if (s->deleted) {
		wish_delete(w.id);
		must_reach(STATUS_DELETED, "scene");
	}
	want(s);
}

static void
must_hold(const struct scenario *s, const char *point)
{
	struct opers ops;
	size_t at_work = 0;

	w = get(w.id);
	ck_assert_msg(!is_alive(w.id) || has_home(w.id), "%s, %s: 2", s->name,
		      point);
	ck_assert_msg(!s->precious || is_safe(&w), "%s, %s: 3: home lost",
		      s->name, point);
	ok(operation_running(cx, db, &ops));
	for (size_t i = 0; i < ops.n; i++)
		at_work += !strcmp(ops.v[i].workspace_id, w.id);
	ck_assert_msg(at_work <= 1, "%s, %s: 4", s->name, point);
	ck_assert_msg(w.error_reason != REASON_DATA_LOST &&
			      w.error_reason != REASON_INSTANCE_WITHOUT_HOME,
		      "%s, %s: 7", s->name, point);
}

static void
must_settle(const struct scenario *s, const char *point)
{
	must_reach(s->to, point);
	ck_assert_int_eq(has_home(w.id), status_level(s->to) >= 10);
	ck_assert_int_eq(is_alive(w.id), s->to == STATUS_RUNNING);
	ck_assert_int_eq(w.endpoint != NULL, s->to == STATUS_RUNNING);
	if (s->precious && has_home(w.id))
		finds(w.id, "precious");
}

static void
clear_scene(void)
{
	if (!get(w.id).deleted_ms)
		wish_delete(w.id);
	must_reach(STATUS_DELETED, "clearing");
}

START_TEST(kills)
{
	const struct scenario *s = &scenarios[_i];
	const char *point = "";
	long n = 1;

	while (point) {
		arm(0);
		set_scene(s);
		arm(n);
		reconcile(w.id);
		point = fired();
		must_hold(s, point ? point : "no kill");
		arm(0);
		must_settle(s, point ? point : "no kill");
		clear_scene();
		ck_assert_int_lt(n, 300);
		n += sweep_step();
	}
	ck_assert_int_gt(n, 3);
}
END_TEST

int
main(void)
{
	Suite *su = suite_create("sweep_reconcile_kill");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, real_up, real_down);
	tcase_set_timeout(tc, 800);
	tcase_add_loop_test(tc, kills, 0,
			    (int)(sizeof scenarios / sizeof *scenarios));
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
