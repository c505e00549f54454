/*
 * Everything at once: people change their minds, passes are started by many
 * and killed at any point, for a while. Whenever it is quiet for a moment
 * the invariants of SPEC section 1 hold, and in the end every home is there
 * with what was in it.
 */
#include "support/realfix.h"

#define MANY 6
#define PASSES 12
#define ROUNDS 8
#define DEEDS 40

static struct {
	char id[37];
	char word[16];
	bool made; /* its word is in its home */
} zoo[MANY];
static pid_t passes[PASSES];
static uint32_t seed;

/* Not good, but the same for the same seed. */
static uint32_t
dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static void
reap(bool all)
{
	for (size_t i = 0; i < PASSES; i++)
		if (passes[i] &&
		    waitpid(passes[i], NULL, all ? 0 : WNOHANG) == passes[i])
			passes[i] = 0;
}

/* Some are doomed: they or their workers die at the n-th point. */
static void
start_pass(void)
{
	char text[32], program[1100];
	size_t i = 0;

	reap(false);
	while (i < PASSES && passes[i])
		i++;
	if (i == PASSES)
		return;
	snprintf(program, sizeof program, "%s/bin/roost-reconcile", bin);
	snprintf(text, sizeof text, "%u", 1 + dice(40));
	passes[i] = fork();
	ck_assert_int_ge(passes[i], 0);
	if (passes[i])
		return;
	if (dice(3)) {
		setenv("ROOST_FAULT", text, 1);
		setenv("ROOST_FAULT_KILL", "1", 1);
	}
	execl(program, program, "--site", t.dir, dice(2) ? "--kick" : NULL,
	      (char *)NULL);
	_exit(127);
}

static void
kill_pass(void)
{
	size_t i = dice(PASSES);

	if (passes[i])
		kill(passes[i], SIGKILL);
}

/* Somebody wants something. What is refused just now is no mistake. */
static void
change_mind(void)
{
	static const enum status wishes[] = {STATUS_RUNNING, STATUS_STANDBY,
					     STATUS_PENDING};
	const char *id = zoo[dice(MANY)].id;
	enum status s = wishes[dice(3)];
	enum err e;

	cx_tick(cx);
	if (get(id).deleted_ms)
		e = workspace_undelete(cx, db, id, 0, s, NULL);
	else if (!dice(6))
		e = workspace_delete(cx, db, id, 0, NULL);
	else
		e = workspace_wish(cx, db, id, 0, s, NULL);
	ck_assert_msg(!e || e == ERR_STATE || e == ERR_WS_NOT_FOUND ||
			      e == ERR_CONFLICT,
		      "%s: %s", err_name(e), cx->why);
	cx_clear(cx);
	ok(fs_touch(cx, site_run_file(cx, "again")));
}

/* Nobody at work any more, dead or done. */
static void
hush(void)
{
	reap(true);
	for (size_t i = 0; i < MANY; i++)
		wait_quiet(zoo[i].id);
}

static void
must_hold(void)
{
	struct opers ops;

	for (size_t i = 0; i < MANY; i++) {
		struct workspace w = get(zoo[i].id);

		ck_assert_msg(!is_alive(w.id) || has_home(w.id), "2: %s", w.id);
		ck_assert_msg(!zoo[i].made || is_safe(&w), "3: %s is lost",
			      w.id);
		ck_assert_msg(w.error_reason == REASON_NONE, "%s: %s: %s", w.id,
			      reason_name(w.error_reason),
			      w.error_message ? w.error_message : "");
	}
	ok(operation_running(cx, db, &ops));
	for (size_t i = 0; i < ops.n; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(ops.v[i].workspace_id,
					 ops.v[k].workspace_id);
}

static void
settle(enum status s)
{
	for (size_t i = 0; i < MANY; i++) {
		cx_tick(cx);
		if (get(zoo[i].id).deleted_ms)
			ok(workspace_undelete(cx, db, zoo[i].id, 0, s, NULL));
		else
			ok(workspace_wish(cx, db, zoo[i].id, 0, s, NULL));
	}
	for (int i = 0; i < 5; i++)
		reconcile(zoo[0].id);
	hush();
	for (size_t i = 0; i < MANY; i++) {
		struct workspace w = get(zoo[i].id);

		ck_assert_msg(w.status == s && w.operation == OPERATION_NONE,
			      "%s is %s, %s, %s: %s", w.id,
			      status_name(w.status),
			      operation_name(w.operation),
			      reason_name(w.error_reason),
			      w.error_message ? w.error_message : "");
		ck_assert_int_eq(is_alive(w.id), s == STATUS_RUNNING);
		if (zoo[i].made)
			finds(w.id, zoo[i].word);
	}
}

static void
open_zoo(void)
{
	int64_t bob = new_user("bob");

	for (size_t i = 0; i < MANY; i++) {
		struct workspace w =
			new_ws(i % 2 ? ann : bob, "zoo", STATUS_STANDBY);

		snprintf(zoo[i].id, sizeof zoo[i].id, "%s", w.id);
		snprintf(zoo[i].word, sizeof zoo[i].word, "word %zu", i);
	}
	settle(STATUS_STANDBY);
	for (size_t i = 0; i < MANY; i++) {
		leave(zoo[i].id, zoo[i].word);
		zoo[i].made = true;
	}
}

START_TEST(monkeys)
{
	const char *given = getenv("ROOST_SEED");

	seed = given ? (uint32_t)strtoul(given, NULL, 10)
		     : (uint32_t)clock_now_ms();
	printf("ROOST_SEED=%u\n", seed);
	open_zoo();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < DEEDS; i++) {
			uint32_t deed = dice(10);

			if (deed < 4)
				change_mind();
			else if (deed < 8)
				start_pass();
			else
				kill_pass();
			clock_sleep_ms(dice(15));
		}
		hush();
		must_hold();
	}
	settle(STATUS_RUNNING);
	settle(STATUS_STANDBY);
}
END_TEST

int
main(void)
{
	const TTest *const test = monkeys;
	Suite *su = suite_create("sweep_reconcile_monkey");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;

	tcase_add_checked_fixture(tc, real_up, real_down);
	tcase_set_timeout(tc, 800);
	tcase_add_test(tc, test);
	suite_add_tcase(su, tc);
	r = srunner_create(su);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
