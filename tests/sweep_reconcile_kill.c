/*
 * The real roost-reconcile, with real instances, killed at the first point
 * where it is about to change something, then at the second, ... until it
 * comes through: the pass or its worker, whoever gets there. After each kill
 * the invariants of SPEC section 1 hold, and passes without kills bring it
 * to its end. The passes come in another way each time: by cron, by cron
 * doubled, by cron and a kick at once, by kicks alone.
 */
#include "support/realfix.h"
#include "support/sweep.h"

#include "base/id.h"
#include "store/token.h"

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

static long way; /* how passes come: reconcile_way() */

static void
must_reach(enum status s, const char *when)
{
	for (int i = 0; i < TRIES && (get(w.id).status != s ||
				      get(w.id).operation != OPERATION_NONE);
	     i++)
		reconcile_way(w.id, way);
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
		way = n;
		reconcile_way(w.id, way);
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

/* ---- The handler, between what it wrote and the kick ---- */

#define TOKEN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct death {
	const char *point, *nth;
	enum status wished, reached;
} deaths[] = {
	/* the first commit says that the token was used */
	{"FAULT_DB_COMMIT_BEFORE", "2", STATUS_RUNNING, STATUS_RUNNING},
	{"FAULT_DB_COMMIT_AFTER", "2", STATUS_PENDING, STATUS_PENDING},
	{"FAULT_KICK", "1", STATUS_PENDING, STATUS_PENDING},
};

/* A program of ours as plain CGI, which dies at that point. */
static void
ask_and_die(const char *target, const struct death *d)
{
	const char *program =
		arena_printf(&cx->arena, "%s/bin/roost.fcgi", bin);
	pid_t pid = fork();
	int st;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setenv("ROOST_FAULT", d->nth, 1);
		setenv("ROOST_FAULT_KILL", "1", 1);
		setenv("ROOST_FAULT_POINT", d->point, 1);
		setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
		setenv("ROOST_SITE", t.dir, 1);
		setenv("REQUEST_METHOD", "POST", 1);
		setenv("REQUEST_URI", target, 1);
		setenv("HTTP_HOST", "localhost", 1);
		setenv("HTTP_X_ROOST_TOKEN", TOKEN, 1);
		close(0);
		ck_assert_int_eq(open("/dev/null", O_RDONLY), 0);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_msg(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL,
		      "%s: it was not killed: %x", d->point, (unsigned)st);
}

/* Nobody was told anything. What was committed is done when cron comes,
 * twice at once. */
START_TEST(the_handler_dies)
{
	const struct death *d = &deaths[_i];
	char hash[ID_HASH_LEN + 1];

	id_hash(TOKEN, strlen(TOKEN), hash);
	ok(token_add(cx, db, ann, "t", hash, 0, NULL));
	w = new_ws(ann, "new", STATUS_STANDBY);
	must_reach(STATUS_STANDBY, "scene");
	leave(w.id, "precious");
	wish(w.id, STATUS_RUNNING);
	must_reach(STATUS_RUNNING, "scene");
	ask_and_die(arena_printf(&cx->arena, "/api/v1/workspaces/%s:archive",
				 w.id),
		    d);
	ck_assert_int_eq(get(w.id).desired, d->wished);
	ck_assert_int_eq(get(w.id).status, STATUS_RUNNING);
	way = 1;
	reconcile_way(w.id, way);
	must_reach(d->reached, d->point);
	if (d->reached == STATUS_PENDING)
		ck_assert(is_whole(get(w.id).archive_key));
	else
		finds(w.id, "precious");
}
END_TEST

int
main(void)
{
	Suite *su = suite_create("sweep_reconcile_kill");
	TCase *tc = tcase_create("all"), *handler = tcase_create("handler");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, real_up, real_down);
	tcase_set_timeout(tc, 800);
	tcase_add_loop_test(tc, kills, 0,
			    (int)(sizeof scenarios / sizeof *scenarios));
	suite_add_tcase(su, handler);
	tcase_add_checked_fixture(handler, real_up, real_down);
	tcase_set_timeout(handler, 300);
	tcase_add_loop_test(handler, the_handler_dies, 0,
			    (int)(sizeof deaths / sizeof *deaths));
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
