/* What is tried again, how often, and how long that takes. */
#include <string.h>

#include "base/clock.h"
#include "net/retry.h"
#include "support/expect.h"
#include "support/suite.h"

static struct cx the_cx, *cx = &the_cx;

/* How often a thing that always fails so is tried. */
static unsigned
tries(struct retry *r, enum err how)
{
	unsigned n = 0;
	enum err e;

	do {
		e = cx_fail(cx, how, "try %u", ++n);
	} while (retry_again(cx, r, &e, 0));
	ck_assert_int_eq(e, how);
	return n;
}

START_TEST(only_some_failures_come_back)
{
	int e;

	cx_begin(cx, NULL);
	for (e = 1; e < ERR__MAX; e++) {
		struct retry r = {.most = 3, .first_ms = 1};
		bool again = e == ERR_UNREACHABLE || e == ERR_BUSY;

		ck_assert_uint_eq(tries(&r, (enum err)e), again ? 3 : 1);
	}
	cx_end(cx);
}
END_TEST

START_TEST(pauses_grow_to_a_limit)
{
	struct retry r = {.most = 6, .first_ms = 20, .longest_ms = 80};
	int64_t from_ms = clock_mono_ms();

	cx_begin(cx, NULL);
	ck_assert_uint_eq(tries(&r, ERR_UNREACHABLE), 6);
	/* 20 40 80 80 80, each at least half of it */
	ck_assert_int_ge(clock_mono_ms() - from_ms, 145);
	cx_end(cx);
}
END_TEST

START_TEST(the_deadline_is_not_slept_over)
{
	struct retry r = {.most = 100,
			  .first_ms = 3600 * 1000,
			  .longest_ms = 3600 * 1000};

	cx_begin(cx, NULL);
	r.deadline_ms = clock_mono_ms() + 1000;
	ck_assert_uint_eq(tries(&r, ERR_BUSY), 1);
	cx_end(cx);
}
END_TEST

static bool
at_once(void *arg)
{
	(*(int *)arg)++;
	return true;
}

START_TEST(who_gives_up_does_not_sleep)
{
	int asked = 0;
	struct retry r = {.first_ms = 3600 * 1000,
			  .longest_ms = 3600 * 1000,
			  .quit = at_once,
			  .arg = &asked};
	enum err e;

	cx_begin(cx, NULL);
	e = cx_fail(cx, ERR_UNREACHABLE, "it failed");
	ck_assert(!retry_again(cx, &r, &e, 0));
	ck_assert_int_eq(e, ERR_ABANDONED);
	ck_assert_int_eq(asked, 1);
	cx_end(cx);
}
END_TEST

START_TEST(success_is_not_tried_again)
{
	struct retry r = {0};
	enum err e = OK;

	cx_begin(cx, NULL);
	ck_assert(!retry_again(cx, &r, &e, 0));
	ck_assert_uint_eq(r.n, 0);
	cx_end(cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {only_some_failures_come_back,
				      pauses_grow_to_a_limit,
				      the_deadline_is_not_slept_over,
				      who_gives_up_does_not_sleep,
				      success_is_not_tried_again};

	return SUITE_RUN("net_retry", tests);
}
