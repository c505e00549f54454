/* SPEC F8: failures, retries, recovery; dead workers; the mail line. */
#include "support/reconfix.h"

#include <time.h>

static const struct {
	enum err e;
	enum reason reason;
} reasons[] = {
	{ERR_ACTION, REASON_ACTION_FAILED},    {ERR_IO, REASON_ACTION_FAILED},
	{ERR_UNREACHABLE, REASON_UNREACHABLE}, {ERR_TIMEOUT, REASON_TIMEOUT},
	{ERR_IMAGE, REASON_IMAGE_NOT_FOUND},   {ERR_NO_SPACE, REASON_NO_SPACE},
	{ERR_BUSY, REASON_LIMIT_EXCEEDED},
};

/* Failed once, and not tried again before its time. */
static struct workspace
failed_start(enum err e)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	set(SETTING_RETRY_BASE_SECONDS, 3600);
	mock.start_err = e;
	wish(w.id, STATUS_RUNNING);
	pass();
	return get(w.id);
}

START_TEST(every_error_has_its_reason)
{
	struct workspace w = failed_start(reasons[_i].e);

	is_error(w.id, reasons[_i].reason);
	ck_assert_int_eq(w.error_count, 1);
	ck_assert_int_eq(w.previous_status, STATUS_STANDBY);
	ck_assert_ptr_nonnull(w.error_message);
	ck_assert_int_eq(mock.starts, 1);
	ck_assert_int_eq(w.next_retry_ms > cx->now_ms,
			 reason_retries(w.error_reason));
	finds(w.id, "precious");
}
END_TEST

START_TEST(an_app_that_is_not_set_up)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	doctor(w.id, "app = 'nosuch'");
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_IMAGE_NOT_FOUND);
}
END_TEST

START_TEST(messages_are_for_people)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	doctor(w.id, "app = 'no' || char(10, 7) || 'such'");
	wish(w.id, STATUS_RUNNING);
	pass();
	w = get(w.id);
	ck_assert_ptr_nonnull(w.error_message);
	for (const char *p = w.error_message; *p; p++)
		ck_assert_int_ge((unsigned char)*p, ' ');
	ck_assert_ptr_null(strstr(w.error_message, t.dir));
}
END_TEST

START_TEST(a_retry_comes_when_it_is_due)
{
	struct workspace w = failed_start(ERR_ACTION);

	mock.start_err = OK;
	pass();
	ck_assert_int_eq(mock.starts, 1);
	doctor(w.id, "next_retry_ms = 1");
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(get(w.id).error_reason, REASON_NONE);
}
END_TEST

/* Three in a row: then a person must act. Said once, mailed once. */
START_TEST(at_three_it_ends)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	char line[400];

	mock.start_err = ERR_ACTION;
	wish(w.id, STATUS_RUNNING);
	pass();
	pass();
	is_error(w.id, REASON_RETRY_EXCEEDED);
	ck_assert_int_eq(get(w.id).error_count, 3);
	ck_assert_int_eq(mock.starts, 3);
	snprintf(line, sizeof line,
		 "roost: workspace \"mine\" (%s) of ann: RetryExceeded: the "
		 "engine says no. See https://roost.example.org/workspaces/"
		 "%s\n",
		 w.id, w.id);
	ck_assert_str_eq(buf_str(&said), line);
}
END_TEST

START_TEST(recover_begins_anew)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	mock.start_err = ERR_ACTION;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_RETRY_EXCEEDED);
	mock.start_err = OK;
	ok(workspace_recover(cx, db, w.id, 0, NULL));
	pass();
	is_at(w.id, STATUS_RUNNING);
	/* A new incident is mailed again. */
	mock.start_err = ERR_IMAGE;
	mock_remove(w.id);
	set(SETTING_STABLE_SECONDS, 0);
	buf_clear(&said);
	pass();
	pass();
	is_error(w.id, REASON_IMAGE_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(buf_str(&said), "ImageNotFound"));
}
END_TEST

/* What a name says cannot make a second line. */
START_TEST(the_mail_is_one_line)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	const char *end;

	doctor(w.id, "name = 'a' || char(10) || 'roost: b'");
	mock.start_err = ERR_IMAGE;
	wish(w.id, STATUS_RUNNING);
	pass();
	end = strchr(buf_str(&said), '\n');
	ck_assert_ptr_nonnull(end);
	ck_assert_str_eq(end, "\n");
}
END_TEST

START_TEST(it_heals_when_it_is_seen_running)
{
	struct workspace w = failed_start(ERR_IMAGE);

	is_error(w.id, REASON_IMAGE_NOT_FOUND);
	mock.start_err = OK;
	mock_add(w.id, 0);
	doctor(w.id, "status_changed_ms = 1");
	pass();
	is_at(w.id, STATUS_RUNNING);
	settled(w.id);
}
END_TEST

START_TEST(nothing_is_wrong_when_nothing_is_wanted)
{
	struct workspace w = failed_start(ERR_ACTION);

	wish(w.id, STATUS_STANDBY);
	pass();
	is_at(w.id, STATUS_STANDBY);
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

START_TEST(a_home_that_vanished_is_data_lost)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	ok(fs_remove_tree(cx, home_of(w.id), NULL, NULL));
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_DATA_LOST);
	ck_assert_ptr_nonnull(strstr(buf_str(&said), "DataLost"));
	ck_assert(!has_home(w.id));
	pass();
	is_error(w.id, REASON_DATA_LOST);
	ck_assert_int_eq(get(w.id).error_count, 1);
	/* An admin forgets the home: the last archive, or a new one. */
	ok(workspace_recover(cx, db, w.id, 0, NULL));
	pass();
	is_at(w.id, STATUS_RUNNING);
}
END_TEST

START_TEST(the_audit_finds_it_asleep)
{
	struct workspace w = ws_at(STATUS_STANDBY), b = ws_at(STATUS_PENDING);
	const char *strange = "22222222-2222-4222-8222-222222222222";

	pass();
	ok(fs_remove_tree(cx, home_of(w.id), NULL, NULL));
	ok(home_dir.create(cx, strange, -1));
	pass();
	is_at(w.id, STATUS_STANDBY); /* nobody has looked yet */
	ok(meta_set(cx, db, META_LAST_AUDIT_MS, 1));
	pass();
	is_error(w.id, REASON_DATA_LOST);
	is_at(b.id, STATUS_PENDING);
	ck_assert(has_home(strange));
	ck_assert_ptr_nonnull(strstr(buf_str(&noted), "home-strange"));
}
END_TEST

START_TEST(an_instance_without_its_home)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	ok(fs_remove_tree(cx, home_of(w.id), NULL, NULL));
	pass();
	is_error(w.id, REASON_INSTANCE_WITHOUT_HOME);
}
END_TEST

/* Instances cannot be listed: nothing is concluded, nothing is touched. */
START_TEST(a_failed_look_is_never_absent)
{
	struct workspace w = ws_at(STATUS_RUNNING);
	struct workspace n = new_ws(ann, "new", STATUS_RUNNING);
	int64_t rev = get(w.id).rev;

	mock.list_err = ERR_UNREACHABLE;
	round_now(true);
	ck_assert_int_eq(last.errors, 1);
	ck_assert_str_eq(last.message, "the engine is away");
	ck_assert_int_eq(get(w.id).rev, rev);
	is_at(n.id, STATUS_PENDING);
	mock.list_err = OK;
	pass();
	is_at(n.id, STATUS_RUNNING);
}
END_TEST

/* The end of an operation cannot be seen: it is done again, not failed. */
START_TEST(an_end_that_cannot_be_seen)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	mock.alive_err = ERR_UNREACHABLE;
	wish(w.id, STATUS_RUNNING);
	round_now(true);
	ck_assert_int_eq(get(w.id).operation, OPERATION_STARTING);
	mock.alive_err = OK;
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

START_TEST(success_that_is_not_to_be_seen_is_none)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	set(SETTING_RETRY_BASE_SECONDS, 3600);
	mock.dies = true;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_ACTION_FAILED);
}
END_TEST

/* Nobody can press Recover for one that is deleted: it is tried for ever, but
 * not over and over. */
START_TEST(a_delete_that_fails_is_tried_for_ever)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	set(SETTING_RETRY_BASE_SECONDS, 3600);
	mock.stop_err = ERR_TIMEOUT;
	wish_delete(w.id);
	pass();
	pass();
	is_error(w.id, REASON_TIMEOUT);
	ck_assert_int_eq(mock.stops, 1);
	for (int i = 0; i < 5; i++) {
		doctor(w.id, "next_retry_ms = 1");
		pass();
	}
	ck_assert_int_eq(mock.stops, 6);
	ck_assert_int_eq(get(w.id).error_count, 6);
	mock.stop_err = OK;
	doctor(w.id, "next_retry_ms = 1");
	pass();
	is_at(w.id, STATUS_DELETED);
}
END_TEST

START_TEST(a_pass_ends_although_a_delete_fails)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	mock.stop_err = ERR_ACTION; /* and no pause between retries */
	wish_delete(w.id);
	pass();
	ck_assert_int_eq(mock.stops, 3);
	is_error(w.id, REASON_RETRY_EXCEEDED);
	ck_assert_int_gt(get(w.id).next_retry_ms, cx->now_ms);
}
END_TEST

/* ---- Ended by itself ---- */

START_TEST(a_crash_soon_after_the_start_counts)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	set(SETTING_RETRY_BASE_SECONDS, 3600);
	mock_remove(w.id);
	pass();
	is_error(w.id, REASON_ACTION_FAILED);
	ck_assert_int_eq(get(w.id).error_count, 1);
	ck_assert_int_eq(get(w.id).previous_status, STATUS_RUNNING);
}
END_TEST

START_TEST(a_crash_loop_ends)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	for (int i = 0; i < 10; i++) {
		mock_remove(w.id);
		pass();
	}
	is_error(w.id, REASON_RETRY_EXCEEDED);
	ck_assert_int_eq(mock.starts, 3);
}
END_TEST

START_TEST(later_it_is_just_started_again)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	for (int i = 0; i < 10; i++) {
		doctor(w.id, "status_changed_ms = 1");
		mock_remove(w.id);
		pass();
		is_at(w.id, STATUS_RUNNING);
	}
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

START_TEST(a_reboot_is_no_crash)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	doctor(w.id, "boot_id = 'another'");
	mock_remove(w.id);
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(get(w.id).error_count, 0);
	ck_assert_str_eq(get(w.id).boot_id, clock_boot_id());
}
END_TEST

START_TEST(failures_are_forgotten_when_it_stays_up)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	mock.start_err = ERR_ACTION;
	wish(w.id, STATUS_RUNNING);
	round_now(true);
	mock.start_err = OK;
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(get(w.id).error_count, 1);
	doctor(w.id, "status_changed_ms = 1");
	pass();
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

/* ---- Dead workers ---- */

START_TEST(a_dead_workers_operation_is_done_again)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	char op_id[37];

	hold = true;
	wish(w.id, STATUS_RUNNING);
	round_now(true);
	snprintf(op_id, sizeof op_id, "%s", get(w.id).op_id);
	round_now(false);
	ck_assert_int_eq(last.held, 1); /* a living one is left alone */
	ck_assert_uint_eq(n_held, 1);
	die(w.id);
	hold = false;
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_str_eq(get(w.id).op_id, op_id);
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

START_TEST(past_its_time_it_is_a_timeout)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	set(SETTING_STARTING_LIMIT_SECONDS, 1);
	hold = true;
	wish(w.id, STATUS_RUNNING);
	round_now(true);
	die(w.id);
	clock_sleep_ms(1100);
	pass();
	is_error(w.id, REASON_TIMEOUT);
	ck_assert_uint_eq(n_held, 0);
}
END_TEST

/* The machine was off for a day: that was no work. */
START_TEST(time_before_the_boot_does_not_count)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	struct timespec up;

	clock_gettime(CLOCK_BOOTTIME, &up);
	set(SETTING_STARTING_LIMIT_SECONDS, 86400);
	hold = true;
	wish(w.id, STATUS_RUNNING);
	round_now(true);
	die(w.id);
	hold = false;
	doctor(w.id, "op_started_ms = 1");
	pass();
	if (up.tv_sec < 86000)
		is_at(w.id, STATUS_RUNNING);
	else
		is_error(w.id, REASON_TIMEOUT);
}
END_TEST

/* Its worker died after the effect; past its time reality decides. */
START_TEST(what_is_done_is_done_however_late)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	hold = true;
	wish(w.id, STATUS_STANDBY);
	round_now(true);
	die(w.id);
	mock_remove(w.id);
	set(SETTING_STOPPING_LIMIT_SECONDS, 1);
	clock_sleep_ms(1100);
	pass();
	is_at(w.id, STATUS_STANDBY);
}
END_TEST

/* Two workers of one operation: the second finds its lock taken. */
START_TEST(a_worker_whose_operation_is_over_writes_nothing)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	struct outcome out;
	int64_t rev = get(w.id).rev;

	ok(job_run(cx, &world, w.id, get(w.id).op_id, &out));
	ck_assert_int_eq(out.result, RESULT_RUNNING);
	ck_assert_int_eq(get(w.id).rev, rev);
}
END_TEST

/* A disk that is full when an end is written down: nothing is lost, and the
 * operation is done again. */
START_TEST(a_commit_that_fails)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	hold = true;
	wish(w.id, STATUS_RUNNING);
	round_now(true);
	raw("CREATE TRIGGER full BEFORE UPDATE ON workspace BEGIN SELECT "
	    "RAISE(ABORT, 'disk'); END");
	release(w.id);
	ck_assert_int_eq(get(w.id).operation, OPERATION_STARTING);
	raw("DROP TRIGGER full");
	hold = false;
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reconcile_error");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int bad;
	const TTest *const tests[] =
		{an_app_that_is_not_set_up,
		 messages_are_for_people,
		 a_retry_comes_when_it_is_due,
		 at_three_it_ends,
		 recover_begins_anew,
		 the_mail_is_one_line,
		 it_heals_when_it_is_seen_running,
		 nothing_is_wrong_when_nothing_is_wanted,
		 a_home_that_vanished_is_data_lost,
		 the_audit_finds_it_asleep,
		 an_instance_without_its_home,
		 a_failed_look_is_never_absent,
		 an_end_that_cannot_be_seen,
		 success_that_is_not_to_be_seen_is_none,
		 a_delete_that_fails_is_tried_for_ever,
		 a_pass_ends_although_a_delete_fails,
		 a_crash_soon_after_the_start_counts,
		 a_crash_loop_ends,
		 later_it_is_just_started_again,
		 a_reboot_is_no_crash,
		 failures_are_forgotten_when_it_stays_up,
		 a_dead_workers_operation_is_done_again,
		 past_its_time_it_is_a_timeout,
		 time_before_the_boot_does_not_count,
		 what_is_done_is_done_however_late,
		 a_worker_whose_operation_is_over_writes_nothing,
		 a_commit_that_fails};

	tcase_add_checked_fixture(tc, world_up, world_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, every_error_has_its_reason, 0,
			    (int)(sizeof reasons / sizeof *reasons));
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
