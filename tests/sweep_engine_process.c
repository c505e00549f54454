/*
 * Makers of instances that die or fail at every point, and the same verbs
 * done again afterwards: what is there is always known, and nothing is left.
 */
#include <check.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fault.h"
#include "engine/process.h"
#include "support/engsite.h"

static struct engsite s;
static const char *id;

static const char *const points[] = {
	"FAULT_ENGINE_START_BEFORE", "FAULT_ENGINE_LAUNCH",
	"FAULT_ENGINE_EXEC",	     "FAULT_ENGINE_ROUTE",
	"FAULT_ENGINE_START_AFTER",  "FAULT_ENGINE_CLEAR",
	"FAULT_ENGINE_STOP_BEFORE",  "FAULT_ENGINE_STOP_AFTER",
};
#define POINTS ((int)(sizeof(points) / sizeof(points[0])))

static void
setup(void)
{
	engsite_open(&s, &engine_process, "slots = 2", NULL);
	id = engsite_id(1);
}

static void
teardown(void)
{
	engsite_close(&s);
}

static enum err
start_and_stop(void)
{
	struct instance_spec spec = engsite_spec(&s, id, "good");
	struct endpoint to;
	enum err e = engine_process.start(&s.t.cx, &spec, &to);

	if (e)
		return e;
	return engine_process.stop(&s.t.cx, id, clock_mono_ms() + 20000);
}

/* Whatever happened: look, start, answer, stop, and nothing is left. */
static void
converges(void)
{
	struct endpoint to;
	bool alive = engsite_alive(&s, id);

	ck_assert_uint_eq(engsite_list(&s).n, alive ? 1 : 0);
	to = engsite_start(&s, id, "good");
	ck_assert_ptr_nonnull(
		strstr(engsite_get(&s, to.address, "/"), "HTTP/1.1 200"));
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	engsite_stop(&s, id);
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	ck_assert(access(site_run_path(&s.t.cx, id, ".alive"), F_OK));
	/* both slots are free */
	engsite_start(&s, engsite_id(2), "good");
	engsite_start(&s, engsite_id(3), "good");
	engsite_stop(&s, engsite_id(2));
	engsite_stop(&s, engsite_id(3));
}

/* _i: the point, and whether it kills or fails. */
START_TEST(every_point_converges)
{
	bool kills = _i >= POINTS;
	pid_t pid = fork();
	int st = 0;

	if (pid == 0) {
		setenv("ROOST_FAULT", "1", 1);
		setenv("ROOST_FAULT_POINT", points[_i % POINTS], 1);
		if (kills)
			setenv("ROOST_FAULT_KILL", "1", 1);
		_exit(start_and_stop() ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	/* Killed itself, or told of its launcher's end; never a success. */
	ck_assert_int_ne(st, 0);
	converges();
}
END_TEST

/* The maker is killed at any moment, not only at points that we know. */
START_TEST(any_moment_converges)
{
	struct timespec ts = {.tv_nsec = 400000L * _i};
	pid_t pid = fork();
	int st = 0;

	if (pid == 0) {
		for (;;)
			if (start_and_stop())
				_exit(1);
	}
	nanosleep(&ts, NULL);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_msg(WIFSIGNALED(st), "a start or stop failed by itself");
	converges();
}
END_TEST

/* bubblewrap itself is killed while it makes the sandbox. */
START_TEST(any_moment_of_the_launcher_converges)
{
	struct timespec ts = {.tv_nsec = 600000L * _i};
	struct place pl;
	struct record r = {.launcher = 0};
	pid_t pid = fork();
	int st = 0;

	if (pid == 0) {
		struct instance_spec spec = engsite_spec(&s, id, "good");
		struct endpoint to;

		_exit((int)engine_process.start(&s.t.cx, &spec, &to));
	}
	place_of(&s.t.cx, id, &pl);
	while (!r.launcher)
		MUST(&s, record_read(&s.t.cx, &pl, &r));
	nanosleep(&ts, NULL);
	kill(r.launcher, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	/* It was too late, or is worth another try; never a timeout. */
	ck_assert(WIFEXITED(st));
	ck_assert_msg(!WEXITSTATUS(st) || err_again((enum err)WEXITSTATUS(st)),
		      "%s", err_name((enum err)WEXITSTATUS(st)));
	ck_assert_int_ne(WEXITSTATUS(st), ERR_TIMEOUT);
	converges();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sweep_engine");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, every_point_converges, 0, 2 * POINTS);
	tcase_add_loop_test(c, any_moment_converges, 0, 40);
	tcase_add_loop_test(c, any_moment_of_the_launcher_converges, 0, 12);
	tcase_set_timeout(c, 120);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
