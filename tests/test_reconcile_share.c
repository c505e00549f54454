/* Whose turn it is: SPEC section 3, "fair between owners". */
#include "support/reconfix.h"

#include "reconcile/share.h"

#define UP OPERATION_STARTING
#define DOWN OPERATION_ARCHIVING
#define BACK OPERATION_RESTORING

static struct bid
bid(int64_t owner, int64_t since, enum operation op)
{
	return (struct bid){.owner = owner,
			    .since_ms = since,
			    .op = op,
			    .at = (size_t)since};
}

/* "3 1 2": the since_ms of those that won, in order. */
static const char *
winners(struct bid *bids, size_t n, const struct bid *busy, size_t n_busy,
	int64_t places)
{
	static char text[400];
	size_t won = share(bids, n, busy, n_busy, places), at = 0;

	ck_assert_uint_le(won, n);
	text[0] = '\0';
	for (size_t i = 0; i < won; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%d",
				       i ? " " : "", (int)bids[i].since_ms);
	return text;
}

START_TEST(oldest_first_within_an_owner)
{
	struct bid b[] = {bid(1, 3, UP), bid(1, 1, UP), bid(1, 2, UP)};

	ck_assert_str_eq(winners(b, 3, NULL, 0, 2), "1 2");
}
END_TEST

/* One with a hundred wishes does not keep the others waiting. */
START_TEST(owners_take_turns)
{
	struct bid b[] = {bid(1, 1, UP),  bid(1, 2, UP),  bid(1, 3, UP),
			  bid(2, 10, UP), bid(3, 11, UP), bid(2, 12, UP)};

	ck_assert_str_eq(winners(b, 6, NULL, 0, 4), "1 10 11 2");
}
END_TEST

START_TEST(what_is_at_work_is_a_turn_taken)
{
	struct bid b[] = {bid(1, 1, UP), bid(2, 10, UP)};
	struct bid busy[] = {bid(1, 0, UP), bid(3, 0, UP)};

	ck_assert_str_eq(winners(b, 2, busy, 2, 3), "10");
	ck_assert_str_eq(winners(b, 2, busy, 2, 2), "");
	ck_assert_str_eq(winners(b, 2, busy, 2, 1), "");
}
END_TEST

START_TEST(archiving_comes_last)
{
	struct bid b[] = {bid(1, 1, DOWN), bid(2, 2, DOWN), bid(1, 30, UP),
			  bid(1, 20, OPERATION_STOPPING)};

	ck_assert_str_eq(winners(b, 4, NULL, 0, 4), "20 30 2 1");
	ck_assert_str_eq(winners(b, 4, NULL, 0, 2), "20 30");
}
END_TEST

/* The last place is kept for what is quick. */
START_TEST(long_ones_leave_a_place)
{
	struct bid b[] = {bid(1, 1, DOWN), bid(2, 2, DOWN), bid(3, 3, BACK)};
	struct bid busy[] = {bid(4, 0, DOWN)};

	ck_assert_str_eq(winners(b, 3, NULL, 0, 3), "3 1");
	ck_assert_str_eq(winners(b, 3, busy, 1, 2), "");
	ck_assert_str_eq(winners(b, 3, NULL, 0, 1), "3");
	b[0] = bid(9, 9, UP);
	ck_assert_str_eq(winners(b, 3, busy, 1, 2), "9");
}
END_TEST

START_TEST(nothing_to_share)
{
	ck_assert_uint_eq(share(NULL, 0, NULL, 0, 4), 0);
}
END_TEST

/* The same through a pass: places, owners, and who waits. */
START_TEST(a_pass_is_fair)
{
	struct workspace a[6], b;
	int64_t bob = new_user("bob");

	set(SETTING_MAX_PARALLEL_OPERATIONS, 2);
	for (size_t i = 0; i < 6; i++) {
		a[i] = new_ws(ann, "many", STATUS_STANDBY);
		cx->now_ms++;
	}
	b = new_ws(bob, "one", STATUS_STANDBY);
	hold = true;
	round_now(true);
	ck_assert_int_eq(last.begun, 2);
	ck_assert_int_eq(last.waiting, 5);
	ck_assert_int_eq(get(a[0].id).operation, OPERATION_PROVISIONING);
	ck_assert_int_eq(get(b.id).operation, OPERATION_PROVISIONING);
	round_now(false);
	ck_assert_int_eq(last.begun, 0);
	ck_assert_int_eq(last.held, 2);
	release(b.id);
	round_now(false);
	ck_assert_int_eq(last.begun, 1);
	release(a[0].id);
	hold = false;
	pass();
	while (n_held)
		release(held[0].id);
	pass();
	for (size_t i = 0; i < 6; i++)
		is_at(a[i].id, STATUS_STANDBY);
}
END_TEST

/* Archives that take their time never keep a wake waiting. */
START_TEST(a_wake_finds_a_place)
{
	struct workspace a[5], w;

	set(SETTING_MAX_PARALLEL_OPERATIONS, 4);
	for (size_t i = 0; i < 5; i++)
		a[i] = ws_at(STATUS_STANDBY);
	for (size_t i = 0; i < 5; i++)
		wish(a[i].id, STATUS_PENDING);
	w = new_ws(new_user("bob"), "wakes", STATUS_RUNNING);
	doctor(w.id, "desired = 'PENDING'");
	hold = true;
	round_now(true);
	ck_assert_int_eq(last.begun, 3);
	wish(w.id, STATUS_RUNNING);
	round_now(false);
	ck_assert_int_eq(last.begun, 1);
	ck_assert_int_eq(get(w.id).operation, OPERATION_PROVISIONING);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {oldest_first_within_an_owner,
				      owners_take_turns,
				      what_is_at_work_is_a_turn_taken,
				      archiving_comes_last,
				      long_ones_leave_a_place,
				      nothing_to_share,
				      a_pass_is_fair,
				      a_wake_finds_a_place,
				      NULL};

	return world_suite("reconcile_share", tests);
}
