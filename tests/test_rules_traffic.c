/* Which connections are in use: rates and times of looking. */
#include <check.h>
#include <stdlib.h>

#include "rules/traffic.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct settings set;

static void
setup(void)
{
	settings_default(&set);
	set.v[SETTING_TRAFFIC_SECONDS] = 60;
	set.v[SETTING_TRAFFIC_BYTES] = 6000;
}

/*
 * An hour of a steady beat: so many bytes each second, looked at each so many
 * seconds. How often was it silent after the first two windows?
 */
static unsigned
silent_looks(int64_t per_second, int64_t each_s, int64_t jitter_s)
{
	struct traffic t = {.began_ms = 0};
	int64_t base = 1000000, began = base;
	unsigned silent = 0;

	for (int64_t s = 0, i = 0; s < 3600; s += each_s + i++ % 2 * jitter_s) {
		int64_t now = base + s * 1000;
		int64_t moved = (now - began) / 1000 * per_second;

		if (traffic_look(&t, moved, &set, now))
			began = now;
		silent += s > 130 + 2 * (each_s + jitter_s) &&
			  traffic_silent(&t, &set, now);
	}
	return silent;
}

/* Whenever it is looked at, 99 bytes a second never add up to 100. */
START_TEST(a_beat_below_the_rate_is_silence)
{
	static const int64_t each[] = {1, 7, 30, 59, 60, 61, 90, 119, 300, 900};

	for (size_t i = 0; i < N(each); i++)
		for (int64_t jitter = 0; jitter <= 20; jitter += 5)
			for (int64_t rate = 0; rate < 100; rate += 33)
				ck_assert_msg(silent_looks(rate, each[i],
							   jitter) > 0,
					      "%d B/s each %d s counted as use",
					      (int)rate, (int)each[i]);
}
END_TEST

START_TEST(a_beat_at_the_rate_is_use)
{
	static const int64_t each[] = {1, 7, 30, 59};

	for (size_t i = 0; i < N(each); i++)
		for (int64_t rate = 110; rate < 100000; rate *= 7)
			ck_assert_msg(silent_looks(rate, each[i], 0) == 0,
				      "%d B/s each %d s was taken for silence",
				      (int)rate, (int)each[i]);
}
END_TEST

static const struct {
	int64_t age_ms, moved;
	bool used, next;
} looks[] = {
	{0, 0, false, false},
	{0, 5999, false, false},
	{0, 6000, true, true},
	{59999, 5999, false, false},
	{59999, 6000, true, true},
	{60000, 5999, false, true},
	{60000, 6000, true, true},
	{120000, 11999, false, true}, /* cron was late: twice as long */
	{120000, 12000, true, true},
	{6000000, 599999, false, true},
	{6000000, 600000, true, true},
	{INT64_C(1000) * 86400000, INT64_MAX, true, true},
	{-1, 0, true, true}, /* the clock was set back */
};

START_TEST(one_look)
{
	for (size_t i = 0; i < N(looks); i++) {
		struct traffic t = {.began_ms = 5000000, .used_ms = 1};
		int64_t now = t.began_ms + looks[i].age_ms;

		ck_assert_msg(traffic_look(&t, looks[i].moved, &set, now) ==
				      looks[i].next,
			      "row %zu: next", i);
		ck_assert_msg((t.used_ms == now) == looks[i].used,
			      "row %zu: used", i);
		ck_assert_int_eq(t.began_ms, looks[i].next ? now : 5000000);
	}
}
END_TEST

/* The largest settings and numbers do not run over. */
START_TEST(extremes)
{
	struct traffic t = {.began_ms = 1};

	set.v[SETTING_TRAFFIC_SECONDS] = setting_most(SETTING_TRAFFIC_SECONDS);
	set.v[SETTING_TRAFFIC_BYTES] = setting_most(SETTING_TRAFFIC_BYTES);
	ck_assert(traffic_look(&t, 0, &set, INT64_C(1) << 50));
	ck_assert_int_eq(t.used_ms, 0);
}
END_TEST

START_TEST(silence_begins_after_a_window)
{
	struct traffic t = {.began_ms = 0};

	ck_assert(traffic_look(&t, 0, &set, 1000000)); /* seen first: use */
	ck_assert(!traffic_silent(&t, &set, 1059999));
	ck_assert(traffic_silent(&t, &set, 1060000));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules_traffic");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_beat_below_the_rate_is_silence);
	tcase_add_test(t, a_beat_at_the_rate_is_use);
	tcase_add_test(t, one_look);
	tcase_add_test(t, extremes);
	tcase_add_test(t, silence_begins_after_a_window);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
