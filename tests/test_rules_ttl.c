/* Why it runs, and when that ends: every combination of what a row can say. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "rules/ttl.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Last access 1000, TTLs of 10 s and 100 s: idle until 11000 or 15000. */
static const int64_t idles[] = {0, 900, 5000};
static const int64_t keeps[] = {0, 3000, 11000, 11001, 60000};
static const int64_t connections[] = {0, 1, 7};

static unsigned seen[HOLD__MAX];

/* What people would say, case by case. */
static enum hold
expected(const struct workspace *w, int64_t *stops)
{
	int64_t over = w->idle_since_ms == 5000 ? 15000 : 11000;

	*stops = 0;
	if (w->status != STATUS_RUNNING || w->desired != STATUS_RUNNING ||
	    w->operation != OPERATION_NONE || w->deleted_ms != 0)
		return HOLD_NONE;
	if (w->standby_ttl_s == 0)
		return HOLD_PINNED;
	if (w->idle_since_ms == 0)
		return w->connections > 0 ? HOLD_CONNECTED : HOLD_UNSEEN;
	*stops = over;
	if (w->keep_until_ms <= over)
		return HOLD_USED;
	*stops = w->keep_until_ms;
	return HOLD_KEPT;
}

static int64_t
expected_archive(const struct workspace *w, int64_t stops)
{
	int64_t used = w->keep_until_ms > 1000 ? w->keep_until_ms : 1000;
	bool asleep = w->status == STATUS_STANDBY &&
		      w->desired == STATUS_STANDBY &&
		      w->operation == OPERATION_NONE && w->deleted_ms == 0;

	if (w->archive_ttl_s == 0 || (!asleep && stops == 0))
		return 0;
	return used + 100000 > stops ? used + 100000 : stops;
}

static void
wishes_at(const struct workspace *w, int64_t due, enum status want)
{
	enum status wish = STATUS__MAX;

	if (due == 0) {
		ck_assert(!ttl_wish(w, INT64_MAX, &wish));
		return;
	}
	ck_assert(!ttl_wish(w, due - 1, &wish));
	ck_assert_int_eq(wish, STATUS__MAX);
	ck_assert(ttl_wish(w, due, &wish));
	ck_assert_int_eq(wish, want);
}

static void
one(const struct workspace *w)
{
	int64_t stops, archives;
	enum hold hold = expected(w, &stops);

	archives = expected_archive(w, stops);
	seen[hold]++;
	ck_assert_int_eq(ttl_hold(w), hold);
	ck_assert_int_eq(ttl_stops_ms(w), stops);
	ck_assert_int_eq(ttl_archives_ms(w), archives);
	/* A rule takes one step: what runs is stopped, not archived. */
	if (w->status == STATUS_RUNNING)
		wishes_at(w, stops, STATUS_STANDBY);
	else
		wishes_at(w, archives, STATUS_PENDING);
}

static void
with_activity(struct workspace w)
{
	for (size_t i = 0; i < N(idles); i++)
		for (size_t k = 0; k < N(keeps); k++)
			for (size_t c = 0; c < N(connections); c++)
				for (int ttl = 0; ttl < 4; ttl++) {
					w.idle_since_ms = idles[i];
					w.keep_until_ms = keeps[k];
					w.connections = connections[c];
					w.standby_ttl_s = ttl & 1 ? 10 : 0;
					w.archive_ttl_s = ttl & 2 ? 100 : 0;
					one(&w);
				}
}

START_TEST(every_combination)
{
	memset(seen, 0, sizeof(seen));
	for (unsigned s = 0; s < STATUS__MAX; s++)
		for (unsigned d = 0; d <= STATUS_RUNNING; d++)
			for (unsigned o = 0; o < OPERATION__MAX; o++)
				for (int del = 0; del < 2; del++)
					with_activity((struct workspace){
						.status = (enum status)s,
						.desired = (enum status)d,
						.operation = (enum operation)o,
						.deleted_ms = del,
						.last_access_ms = 1000});
	for (unsigned h = 0; h < HOLD__MAX; h++)
		ck_assert_msg(seen[h] > 0, "%s never came",
			      hold_name((enum hold)h));
}
END_TEST

START_TEST(words)
{
	for (unsigned h = 0; h < HOLD__MAX; h++) {
		ck_assert(*hold_what((enum hold)h));
		for (unsigned g = 0; g < h; g++)
			ck_assert_str_ne(hold_name((enum hold)g),
					 hold_name((enum hold)h));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules_ttl");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, every_combination);
	tcase_add_test(t, words);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
