/* roost-reconcile as a program: locks, marks, signals, what it says. */
#include "support/realfix.h"

/* Starts it with this word after --site DIR; what it says, into a file. */
static pid_t
launch(const char *word)
{
	const char *program =
		arena_printf(&cx->arena, "%s/bin/roost-reconcile", bin);
	const char *err = arena_printf(&cx->arena, "%s/stderr", t.dir);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int fd = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || dup2(fd, 2) < 0 || dup2(fd, 1) < 0)
			_exit(126);
		execl(program, program, "--site", t.dir, word, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int
end_of(pid_t pid)
{
	int st;

	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	cx_tick(cx);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static int
run(const char *word)
{
	return end_of(launch(word));
}

static const char *
stderr_text(void)
{
	struct buf b;
	const char *s;

	buf_init(&b, 100000);
	ok(fs_read(cx, arena_printf(&cx->arena, "%s/stderr", t.dir), &b));
	s = arena_strdup(&cx->arena, buf_str(&b));
	buf_free(&b);
	return s;
}

/* Looks until it is so; a minute is for ever. */
#define until(what)                                                            \
	do {                                                                   \
		int64_t end_ = clock_mono_ms() + 60000;                        \
		while (!(what)) {                                              \
			ck_assert_msg(clock_mono_ms() < end_, "in vain: %s",   \
				      #what);                                  \
			clock_sleep_ms(5);                                     \
		}                                                              \
	} while (0)

static bool
at(const char *id, enum status s)
{
	return get(id).status == s && get(id).operation == OPERATION_NONE;
}

static struct pass
newest(void)
{
	struct passes p;

	ok(pass_list(cx, db, 0, 1, &p));
	ck_assert_uint_eq(p.n, 1);
	return p.v[0];
}

START_TEST(cron_does_it_all)
{
	struct workspace w = new_ws(ann, "one", STATUS_RUNNING);
	int64_t cron;

	ck_assert_int_eq(run(NULL), 0);
	ck_assert_str_eq(stderr_text(), "");
	is_at(w.id, STATUS_RUNNING);
	ck_assert(is_alive(w.id));
	ck_assert_int_eq(newest().kind, PASS_CRON);
	ck_assert_int_eq(newest().begun, 2);
	ck_assert_int_eq(newest().done, 2);
	ck_assert_int_gt(newest().ended_ms, 0);
	ok(meta_get(cx, db, META_LAST_CRON_MS, &cron));
	ck_assert_int_gt(cron, 0);
}
END_TEST

START_TEST(a_kick_is_not_cron)
{
	int64_t cron;

	ck_assert_int_eq(run("--kick"), 0);
	ck_assert_int_eq(newest().kind, PASS_KICK);
	ok(meta_get(cx, db, META_LAST_CRON_MS, &cron));
	ck_assert_int_eq(cron, 0);
}
END_TEST

/* Cron doubled: the second leaves a mark and goes, without a word. */
START_TEST(the_second_leaves_a_mark)
{
	int fd;

	ok(lock_take(cx, site_run_file(cx, "reconcile.lock"), &fd));
	ck_assert_int_eq(run(NULL), 0);
	ck_assert_str_eq(stderr_text(), "");
	ck_assert(fs_exists(site_run_file(cx, "again")));
	lock_drop(fd);
	ck_assert_int_eq(run(NULL), 0);
	ck_assert(!fs_exists(site_run_file(cx, "again")));
}
END_TEST

/* A great many at once: each wish is fulfilled, nobody's is lost. */
START_TEST(a_crowd_of_kicks)
{
	struct workspace w[8];
	pid_t pids[8];

	for (size_t i = 0; i < 8; i++) {
		w[i] = new_ws(ann, "crowd", STATUS_STANDBY);
		ok(fs_touch(cx, site_run_file(cx, "again")));
		pids[i] = launch("--kick");
	}
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(end_of(pids[i]), 0);
	for (size_t i = 0; i < 8; i++)
		is_at(w[i].id, STATUS_STANDBY);
}
END_TEST

/* A pass at work hears of a wish without waiting for its workers. */
START_TEST(a_waiting_pass_hears_the_bell)
{
	struct workspace slow, quick;
	pid_t pid;

	slow = new_ws(ann, "slow", STATUS_RUNNING);
	doctor(slow.id, "app = 'slow'");
	pid = launch(NULL);
	until(get(slow.id).operation == OPERATION_STARTING);
	cx_tick(cx);
	quick = new_ws(ann, "quick", STATUS_RUNNING);
	until(at(quick.id, STATUS_RUNNING));
	ck_assert_int_eq(get(slow.id).operation, OPERATION_STARTING);
	wish(slow.id, STATUS_STANDBY); /* given up, at once */
	until(at(slow.id, STATUS_STANDBY));
	ck_assert_int_eq(end_of(pid), 0);
	ck_assert(!is_alive(slow.id));
	ck_assert_int_eq(newest().abandoned, 1);
}
END_TEST

/* A long operation keeps a pass: what cron wants is looked at all the same,
 * also those that run and need nothing but their TTL. */
START_TEST(a_long_pass_looks_at_all_when_cron_comes)
{
	struct workspace slow, idle = new_ws(ann, "idle", STATUS_RUNNING);
	pid_t pid;

	ck_assert_int_eq(run(NULL), 0);
	slow = new_ws(ann, "slow", STATUS_RUNNING);
	doctor(slow.id, "app = 'slow'");
	pid = launch("--kick");
	until(get(slow.id).operation == OPERATION_STARTING);
	doctor(idle.id, "idle_since_ms = 1, last_access_ms = 1");
	ck_assert_int_eq(run("--kick"), 0);
	ck_assert_int_eq(get(idle.id).desired, STATUS_RUNNING);
	ck_assert_int_eq(run(NULL), 0);
	until(at(idle.id, STATUS_STANDBY));
	ck_assert_int_eq(get(slow.id).operation, OPERATION_STARTING);
	wish(slow.id, STATUS_STANDBY);
	ck_assert_int_eq(end_of(pid), 0);
}
END_TEST

/* Told to go, it goes; its worker works on, and then looks for itself. */
START_TEST(a_pass_that_is_told_to_go)
{
	static const int sigs[] = {SIGTERM, SIGINT, SIGKILL};
	struct workspace w = new_ws(ann, "slow", STATUS_RUNNING);
	pid_t pid;

	doctor(w.id, "app = 'slow'");
	pid = launch(NULL);
	until(get(w.id).operation == OPERATION_STARTING);
	/* its worker is at it: the launcher has written its record */
	until(fs_exists(site_run_path(cx, w.id, ".status")));
	kill(pid, sigs[_i]);
	ck_assert_int_eq(end_of(pid), sigs[_i] == SIGKILL ? 128 + 9 : 0);
	ck_assert_int_eq(get(w.id).operation, OPERATION_STARTING);
	ck_assert(!is_free(site_run_path(cx, w.id, ".lock")));
	/* Another pass leaves it alone and waits for nobody. */
	ck_assert_int_eq(run(NULL), 0);
	ck_assert_int_eq(get(w.id).operation, OPERATION_STARTING);
	/* The next step is nobody's but the worker's to see. */
	wish(w.id, STATUS_PENDING);
	until(at(w.id, STATUS_PENDING));
	wait_quiet(w.id);
}
END_TEST

/* The mail line, once per incident and with status 0. */
START_TEST(the_mail)
{
	struct workspace w = new_ws(ann, "broken", STATUS_RUNNING);

	doctor(w.id, "app = 'broken'");
	ck_assert_int_eq(run(NULL), 0);
	is_error(w.id, REASON_RETRY_EXCEEDED);
	ck_assert_ptr_nonnull(strstr(stderr_text(), w.id));
	ck_assert_str_eq(strchr(stderr_text(), '\n'), "\n");
	ck_assert_int_eq(run(NULL), 0);
	ck_assert_str_eq(stderr_text(), "");
}
END_TEST

/* What it cannot do it says once, not each minute. */
START_TEST(a_pass_that_cannot_look)
{
	const char *homes = t.site.homes_dir;
	const char *away = arena_printf(&cx->arena, "%s.away", homes);
	struct workspace w = new_ws(ann, "one", STATUS_RUNNING);

	ck_assert_int_eq(rename(homes, away), 0);
	ck_assert_int_eq(run(NULL), 1);
	ck_assert_ptr_nonnull(strstr(stderr_text(), "homes"));
	is_at(w.id, STATUS_PENDING);
	ck_assert_int_eq(run(NULL), 1);
	ck_assert_str_eq(stderr_text(), "");
	ck_assert_int_gt(newest().errors, 0);
	ck_assert_int_eq(rename(away, homes), 0);
	ck_assert_int_eq(run(NULL), 0);
	is_at(w.id, STATUS_RUNNING);
}
END_TEST

START_TEST(a_database_that_is_none)
{
	db_close(db);
	db = NULL;
	ok(fs_write_sync(cx, t.site.db_path, "no database, no", 15, 0600));
	unlink(arena_printf(&cx->arena, "%s-wal", t.site.db_path));
	unlink(arena_printf(&cx->arena, "%s-shm", t.site.db_path));
	ck_assert_int_eq(run(NULL), 1);
	ck_assert_ptr_nonnull(strstr(stderr_text(), "roost-reconcile: "));
}
END_TEST

START_TEST(wrong_words)
{
	ck_assert_int_eq(run("--nonsense"), 2);
	ck_assert_ptr_nonnull(strstr(stderr_text(), "usage"));
	ck_assert_int_eq(run("--worker"), 2);
	ck_assert_int_eq(run("--help"), 0);
}
END_TEST

/* Nobody has a file of ours open that is not theirs: an instance holds no
 * lock of a worker or of a pass. */
START_TEST(an_instance_holds_no_lock)
{
	struct workspace w = new_ws(ann, "one", STATUS_RUNNING);

	ck_assert_int_eq(run(NULL), 0);
	is_at(w.id, STATUS_RUNNING);
	ck_assert(is_free(site_run_path(cx, w.id, ".lock")));
	ck_assert(is_free(site_run_file(cx, "reconcile.lock")));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {cron_does_it_all,
				      a_kick_is_not_cron,
				      the_second_leaves_a_mark,
				      a_crowd_of_kicks,
				      a_waiting_pass_hears_the_bell,
				      a_long_pass_looks_at_all_when_cron_comes,
				      the_mail,
				      a_pass_that_cannot_look,
				      a_database_that_is_none,
				      wrong_words,
				      an_instance_holds_no_lock};
	Suite *su = suite_create("reconcile_program");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, real_up, real_down);
	tcase_set_timeout(tc, 300);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	tcase_add_loop_test(tc, a_pass_that_is_told_to_go, 0, 3);
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
