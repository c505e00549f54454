/* Judge and plan, over every combination; the expectation is SPEC's table,
 * written out here once more in other words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/judge.h"
#include "rules/plan.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define OP "22222222-2222-4222-8222-222222222222"
#define OTHER "33333333-3333-4333-8333-333333333333"

static const char *const keys[] = {NULL, ID "/" OP, ID "/" OTHER};

/* Every row the database could hold, as far as the rules look. */
struct combo {
	struct workspace w;
	struct seen seen;
};

#define N_DESIRED 3

static size_t
combo_count(void)
{
	return (size_t)STATUS__MAX * OPERATION__MAX * N_DESIRED * 3 * 2 *
	       STATUS__MAX * 27;
}

static size_t
take(size_t *n, size_t of)
{
	size_t got = *n % of;

	*n /= of;
	return got;
}

static struct combo
combo_at(size_t n)
{
	struct combo c = {.w = {.id = ID, .op_id = OP}};

	c.w.status = (enum status)take(&n, STATUS__MAX);
	c.w.operation = (enum operation)take(&n, OPERATION__MAX);
	c.w.desired = (enum status)take(&n, N_DESIRED);
	c.w.archive_key = keys[take(&n, 3)];
	c.w.deleted_ms = (int64_t)take(&n, 2);
	c.w.previous_status = (enum status)take(&n, STATUS__MAX);
	c.seen.home = (enum look)take(&n, 3);
	c.seen.instance = (enum look)take(&n, 3);
	c.seen.trash = (enum look)take(&n, 3);
	return c;
}

static bool
levels_up_to_standby(enum status s)
{
	return s == STATUS_STANDBY || s == STATUS_RUNNING;
}

START_TEST(judge_follows_reality)
{
	size_t i, n = combo_count();

	for (i = 0; i < n; i++) {
		struct combo c = combo_at(i);
		struct judgement j = judge(&c.w, &c.seen);
		bool home = c.seen.home == LOOK_PRESENT;
		bool inst = c.seen.instance == LOOK_PRESENT;

		/* A failed look concludes nothing. */
		if (c.seen.home == LOOK_UNKNOWN ||
		    c.seen.instance == LOOK_UNKNOWN) {
			ck_assert(!j.known);
			continue;
		}
		ck_assert(j.known);
		if (home && inst)
			ck_assert_int_eq(j.status, STATUS_RUNNING);
		else if (home)
			ck_assert_int_eq(j.status, STATUS_STANDBY);
		else
			ck_assert(j.status != STATUS_STANDBY);
		/* Invariant 2. */
		if (!home && inst && !c.w.deleted_ms)
			ck_assert_int_eq(j.reason,
					 REASON_INSTANCE_WITHOUT_HOME);
		ck_assert_int_eq(j.status == STATUS_ERROR,
				 j.reason != REASON_NONE);
	}
}
END_TEST

START_TEST(judge_never_forgets_a_known_home)
{
	size_t i, n = combo_count();

	for (i = 0; i < n; i++) {
		struct combo c = combo_at(i);
		struct judgement j;
		enum status last = c.w.status == STATUS_ERROR
					   ? c.w.previous_status
					   : c.w.status;

		/* Known home, now gone, nothing that takes it. */
		if (c.seen.home != LOOK_ABSENT ||
		    c.seen.instance != LOOK_ABSENT ||
		    !levels_up_to_standby(last) || c.w.deleted_ms ||
		    c.w.operation == OPERATION_DELETING)
			continue;
		if (c.w.operation == OPERATION_ARCHIVING &&
		    c.w.archive_key == keys[1])
			continue;
		j = judge(&c.w, &c.seen);
		ck_assert_int_eq(j.status, STATUS_ERROR);
		ck_assert_int_eq(j.reason, REASON_DATA_LOST);
		ck_assert_int_eq(plan(&c.w, j.status), OPERATION_NONE);
	}
}
END_TEST

/* SPEC section 1's table, one row per line. */
static const struct {
	enum status status, desired;
	int archive; /* 0 none, 1 set, -1 any */
	enum operation operation;
} spec[] = {
	{STATUS_PENDING, STATUS_STANDBY, 0, OPERATION_PROVISIONING},
	{STATUS_PENDING, STATUS_RUNNING, 0, OPERATION_PROVISIONING},
	{STATUS_PENDING, STATUS_STANDBY, 1, OPERATION_RESTORING},
	{STATUS_PENDING, STATUS_RUNNING, 1, OPERATION_RESTORING},
	{STATUS_STANDBY, STATUS_RUNNING, -1, OPERATION_STARTING},
	{STATUS_RUNNING, STATUS_STANDBY, -1, OPERATION_STOPPING},
	{STATUS_RUNNING, STATUS_PENDING, -1, OPERATION_STOPPING},
	{STATUS_STANDBY, STATUS_PENDING, -1, OPERATION_ARCHIVING},
	{STATUS_PENDING, STATUS_PENDING, -1, OPERATION_NONE},
	{STATUS_STANDBY, STATUS_STANDBY, -1, OPERATION_NONE},
	{STATUS_RUNNING, STATUS_RUNNING, -1, OPERATION_NONE},
	{STATUS_ERROR, STATUS_PENDING, -1, OPERATION_NONE},
	{STATUS_ERROR, STATUS_STANDBY, -1, OPERATION_NONE},
	{STATUS_ERROR, STATUS_RUNNING, -1, OPERATION_NONE},
};

static enum operation
expected(const struct workspace *w, enum status judged)
{
	size_t i;

	for (i = 0; i < sizeof(spec) / sizeof(spec[0]); i++)
		if (spec[i].status == judged && spec[i].desired == w->desired &&
		    (spec[i].archive < 0 ||
		     spec[i].archive == (w->archive_key != NULL)))
			return spec[i].operation;
	ck_abort_msg("the table has no row for %s", status_name(judged));
}

START_TEST(plan_is_the_spec_table)
{
	size_t i, n = combo_count();
	unsigned judged;

	for (i = 0; i < n; i += 27) { /* plan does not look at seen */
		struct combo c = combo_at(i);

		for (judged = 0; judged < STATUS__MAX; judged++) {
			enum operation o = plan(&c.w, (enum status)judged);

			if (c.w.deleted_ms)
				ck_assert_int_eq(
					o,
					c.w.status == STATUS_DELETED &&
							judged == STATUS_DELETED
						? OPERATION_NONE
						: OPERATION_DELETING);
			else if (judged == STATUS_DELETED)
				ck_assert_int_eq(o, OPERATION_RESTORING);
			else
				ck_assert_int_eq(o,
						 expected(&c.w,
							  (enum status)judged));
		}
	}
}
END_TEST

START_TEST(abandons_only_before_the_commit_point)
{
	size_t i, n = combo_count();

	for (i = 0; i < n; i += 27) {
		struct combo c = combo_at(i);
		bool gives_up = plan_abandons(&c.w);

		switch (c.w.operation) {
		case OPERATION_ARCHIVING:
			ck_assert_int_eq(gives_up,
					 c.w.archive_key != keys[1] &&
						 (c.w.deleted_ms ||
						  c.w.desired !=
							  STATUS_PENDING));
			break;
		case OPERATION_STARTING:
			ck_assert_int_eq(gives_up,
					 c.w.deleted_ms ||
						 c.w.desired != STATUS_RUNNING);
			break;
		case OPERATION_RESTORING:
			ck_assert_int_eq(gives_up,
					 c.w.deleted_ms ||
						 (c.w.desired ==
							  STATUS_PENDING &&
						  c.w.status !=
							  STATUS_DELETED));
			break;
		case OPERATION_NONE:
		case OPERATION_PROVISIONING:
		case OPERATION_STOPPING:
		case OPERATION_DELETING:
		case OPERATION__MAX:
		default:
			ck_assert(!gives_up);
		}
	}
}
END_TEST

/* Whatever is wanted, following plan and judge gets there, one level a step,
 * and then rests (a settled row plans NONE). */
START_TEST(every_wish_is_reached)
{
	unsigned from, to, key;

	for (from = 0; from <= STATUS_RUNNING; from++)
		for (to = 0; to <= STATUS_RUNNING; to++)
			for (key = 0; key < 2; key++) {
				struct workspace w = {.id = ID, .op_id = OP};
				enum operation o;
				int steps = 0;

				w.status = (enum status)from;
				w.desired = (enum status)to;
				w.archive_key = key ? keys[2] : NULL;
				while ((o = plan(&w, w.status))) {
					ck_assert_int_lt(steps++, 3);
					w.status = o == OPERATION_STARTING
							   ? STATUS_RUNNING
						   : o == OPERATION_ARCHIVING
							   ? STATUS_PENDING
							   : STATUS_STANDBY;
				}
				ck_assert_int_eq(w.status, to);
			}
}
END_TEST

START_TEST(retry_waits_doubles_and_ends)
{
	struct settings s;
	struct workspace w = {.status = STATUS_ERROR,
			      .error_reason = REASON_ACTION_FAILED,
			      .next_retry_ms = 1000};
	unsigned r;

	settings_default(&s);
	w.error_count = 1;
	ck_assert(!retry_due(&w, &s, 999));
	ck_assert(retry_due(&w, &s, 1000));
	w.error_count = 3;
	ck_assert(retry_over(&w, &s));
	ck_assert(!retry_due(&w, &s, 5000));
	for (r = 0; r < REASON__MAX; r++) {
		w.error_reason = (enum reason)r;
		w.error_count = 1;
		ck_assert_int_eq(retry_over(&w, &s),
				 !reason_retries((enum reason)r));
	}
	ck_assert_int_eq(retry_pause_ms(1, 30, 0), 15000);
	ck_assert_int_eq(retry_pause_ms(1, 30, UINT32_MAX), 30000);
	ck_assert_int_eq(retry_pause_ms(2, 30, UINT32_MAX), 60000);
	ck_assert_int_eq(retry_pause_ms(3, 30, UINT32_MAX), 120000);
	ck_assert_int_eq(retry_pause_ms(1000, 30, UINT32_MAX), 3600000);
	ck_assert_int_eq(retry_pause_ms(5, 0, UINT32_MAX), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules_plan");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, judge_follows_reality);
	tcase_add_test(t, judge_never_forgets_a_known_home);
	tcase_add_test(t, plan_is_the_spec_table);
	tcase_add_test(t, abandons_only_before_the_commit_point);
	tcase_add_test(t, every_wish_is_reached);
	tcase_add_test(t, retry_waits_doubles_and_ends);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
