/*
 * The real roost-reconcile, with real instances, killed at the first point
 * where it is about to change something, then at the second, ... until it
 * comes through: the pass or its worker, whoever gets there. After each kill
 * the invariants of SPEC section 1 hold, and passes without kills bring it
 * to its end.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "support/reconfix.h"

#define TRIES 20

static struct workspace w;
static const char *bin; /* where roost-reconcile and the app stand */

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

/* ---- Real processes ---- */

static void
find_bin(void)
{
	char self[1000];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(self, '/') = '\0';
	bin = arena_strdup(&cx->arena, self);
}

static void
arm(long n)
{
	char text[32];

	if (!n) {
		unsetenv("ROOST_FAULT");
		return;
	}
	snprintf(text, sizeof text, "%ld", n);
	setenv("ROOST_FAULT", text, 1);
	setenv("ROOST_FAULT_KILL", "1", 1);
	setenv("ROOST_FAULT_FILE", arena_printf(&cx->arena, "%s/count", t.dir),
	       1);
}

/* Which point was reached as the n-th, or NULL: there were fewer. */
static const char *
fired(void)
{
	const char *path = arena_printf(&cx->arena, "%s/count.fired", t.dir);
	const char *name = NULL;
	struct buf b;

	buf_init(&b, 1000);
	if (!fs_read(cx, path, &b))
		name = arena_strndup(&cx->arena, b.data, b.len - 1);
	cx_clear(cx);
	buf_free(&b);
	unlink(path);
	unlink(arena_printf(&cx->arena, "%s/count", t.dir));
	return name;
}

static bool
is_free(const char *path)
{
	enum lock_state st;

	ok(lock_look(cx, path, &st));
	return st != LOCK_HELD;
}

/* Workers go on when their pass is killed, and look again at their end. */
static void
wait_quiet(void)
{
	int64_t end = clock_mono_ms() + 60000;
	int quiet = 0;

	while (quiet < 3 && clock_mono_ms() < end) {
		bool still = is_free(site_run_file(cx, "reconcile.lock")) &&
			     is_free(site_run_path(cx, w.id, ".lock"));

		quiet = still ? quiet + 1 : 0;
		clock_sleep_ms(5);
	}
	ck_assert_int_eq(quiet, 3);
}

/* Runs it to its end; how it ended. */
static int
reconcile(void)
{
	const char *program =
		arena_printf(&cx->arena, "%s/bin/roost-reconcile", bin);
	pid_t pid = fork();
	int st;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execl(program, program, "--site", t.dir, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_int_ne(st, 127 << 8);
	wait_quiet();
	cx_tick(cx);
	return st;
}

static bool
lives(const char *id)
{
	bool alive;

	ok(engine_process.alive(cx, id, &alive));
	return alive;
}

/* ---- Scenes ---- */

static void
must_reach(enum status s, const char *when)
{
	for (int i = 0; i < TRIES && (get(w.id).status != s ||
				      get(w.id).operation != OPERATION_NONE);
	     i++)
		reconcile();
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
	ck_assert_msg(!lives(w.id) || has_home(w.id), "%s, %s: 2", s->name,
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
	ck_assert_int_eq(lives(w.id), s->to == STATUS_RUNNING);
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
	long n = 0;

	while (point) {
		arm(0);
		set_scene(s);
		arm(++n);
		reconcile();
		point = fired();
		must_hold(s, point ? point : "no kill");
		arm(0);
		must_settle(s, point ? point : "no kill");
		clear_scene();
		ck_assert_int_lt(n, 300);
	}
	ck_assert_int_gt(n, 3);
}
END_TEST

static void
up(void)
{
	char conf[4096];

	world_up();
	find_bin();
	db_close(db);
	tmpsite_close(&t);
	cx_begin(&t.cx, NULL);
	find_bin();
	snprintf(conf, sizeof conf,
		 "allow_unsandboxed = yes\nslots = 64\n[app shell]\n"
		 "command = %s/tests/app/wsapp --socket {socket}\n"
		 "binds = %s/tests/app\n",
		 bin, bin);
	tmpsite_open(&t, conf);
	cx = &t.cx;
	find_bin();
	ok(db_open(cx, DB_CREATE, &db));
	ann = new_user("ann");
	ok(home_dir.probe(cx));
	ok(store_dir.probe(cx));
	ok(engine_process.probe(cx));
	set(SETTING_RETRY_BASE_SECONDS, 0);
}

static void
down(void)
{
	arm(0);
	world_down();
}

int
main(void)
{
	Suite *su = suite_create("sweep_reconcile_kill");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, up, down);
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
