/* SPEC section 1: every line of the table, each by passes alone. */
#include "support/reconfix.h"

START_TEST(one_pass_takes_a_new_one_to_running)
{
	struct workspace w = new_ws(ann, "new", STATUS_RUNNING);

	pass();
	is_at(w.id, STATUS_RUNNING);
	settled(w.id);
	ck_assert_str_eq(get(w.id).boot_id, clock_boot_id());
	ck_assert_int_eq(get(w.id).slot, 7);
	ck_assert_ptr_nonnull(strstr(buf_str(&noted), "PENDING -> STANDBY"));
	ck_assert_ptr_nonnull(strstr(buf_str(&noted), "STANDBY -> RUNNING"));
}
END_TEST

START_TEST(each_operation_moves_one_level)
{
	struct workspace w = new_ws(ann, "new", STATUS_RUNNING);

	round_now(true);
	is_at(w.id, STATUS_STANDBY);
	ck_assert(!mock_lives(w.id));
	round_now(false);
	is_at(w.id, STATUS_RUNNING);
	wish(w.id, STATUS_PENDING);
	round_now(false);
	is_at(w.id, STATUS_STANDBY);
	ck_assert(has_home(w.id));
	round_now(false);
	is_at(w.id, STATUS_PENDING);
	ck_assert(!has_home(w.id));
}
END_TEST

START_TEST(stop_keeps_the_home)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	wish(w.id, STATUS_STANDBY);
	pass();
	is_at(w.id, STATUS_STANDBY);
	settled(w.id);
	finds(w.id, "precious");
}
END_TEST

START_TEST(archive_and_restore)
{
	struct workspace w = ws_at(STATUS_RUNNING);
	struct archive_meta meta;
	struct home_names trash;

	wish(w.id, STATUS_PENDING);
	pass();
	is_at(w.id, STATUS_PENDING);
	settled(w.id);
	w = get(w.id);
	ck_assert_str_eq(workspace_phase(&w), "ARCHIVED");
	ok(store_dir.get_meta(cx, w.archive_key, NULL, &meta));
	ok(home_dir.trash_list(cx, &trash));
	ck_assert_uint_eq(trash.n, 0);
	wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
	ck_assert_str_eq(get(w.id).archive_key, w.archive_key);
}
END_TEST

START_TEST(archived_stays_archived)
{
	struct workspace w = ws_at(STATUS_PENDING);
	int64_t rev = get(w.id).rev;

	ck_assert_int_eq(pass(), 1);
	ck_assert_int_eq(get(w.id).rev, rev);
}
END_TEST

/* Which status, and what of it is brought back. */
START_TEST(delete_works_from_every_status)
{
	static const enum status from[] = {STATUS_PENDING, STATUS_STANDBY,
					   STATUS_RUNNING};

	for (size_t i = 0; i < 3; i++) {
		struct workspace w = ws_at(from[i]);

		wish_delete(w.id);
		pass();
		is_at(w.id, STATUS_DELETED);
		settled(w.id);
		w = get(w.id);
		ck_assert_int_eq(w.trash_key != NULL, i > 0);
		if (i > 0)
			ck_assert_int_gt(w.purge_ms, cx->now_ms);
	}
}
END_TEST

START_TEST(delete_from_error)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	mock.start_err = ERR_IMAGE;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_IMAGE_NOT_FOUND);
	wish_delete(w.id);
	pass();
	is_at(w.id, STATUS_DELETED);
	settled(w.id);
}
END_TEST

START_TEST(delete_of_a_lost_one)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	ok(fs_remove_tree(cx, home_of(w.id), NULL, NULL));
	wish(w.id, STATUS_RUNNING);
	pass();
	is_error(w.id, REASON_DATA_LOST);
	wish_delete(w.id);
	pass();
	is_at(w.id, STATUS_DELETED);
}
END_TEST

START_TEST(undo_brings_the_home_back)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	wish_delete(w.id);
	pass();
	is_at(w.id, STATUS_DELETED);
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	pass();
	is_at(w.id, STATUS_STANDBY);
	finds(w.id, "precious");
	ck_assert_ptr_null(get(w.id).trash_key);
}
END_TEST

START_TEST(undo_of_an_archived_one)
{
	struct workspace w = ws_at(STATUS_PENDING);
	struct opers ops;

	wish_delete(w.id);
	pass();
	is_at(w.id, STATUS_DELETED);
	set(SETTING_RETRY_BASE_SECONDS, 3600); /* nothing is done twice */
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_PENDING, NULL));
	pass();
	is_at(w.id, STATUS_PENDING);
	ok(operation_list(cx, db, w.id, 0, 1, &ops));
	ck_assert_int_eq(ops.v[0].operation, OPERATION_RESTORING);
	ck_assert_int_eq(ops.v[0].result, RESULT_OK);
	wish(w.id, STATUS_STANDBY);
	pass();
	finds(w.id, "precious");
}
END_TEST

/* Its home was to come out of the trash, and somebody has emptied that by
 * hand: an older archive does not quietly take its place. */
START_TEST(undo_of_one_whose_trash_has_gone)
{
	struct workspace w = ws_at(STATUS_PENDING);

	wish(w.id, STATUS_STANDBY);
	pass();
	wish_delete(w.id);
	pass();
	ok(home_dir.purge(cx, get(w.id).trash_key, NULL, NULL));
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	pass();
	is_error(w.id, REASON_DATA_LOST);
	ck_assert(!has_home(w.id));
	ok(workspace_recover(cx, db, w.id, 0, NULL));
	pass();
	is_at(w.id, STATUS_STANDBY);
	finds(w.id, "precious");
}
END_TEST

static enum err
no_untrash(struct cx *c, const char *id, const char *op_id)
{
	return cx_fail(c, ERR_IO, "%s~%s does not move", id, op_id);
}

/* The home of a deleted one is in the trash: a failed undo must never end
 * with a new, empty home. */
START_TEST(undo_that_fails_first)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	struct home_ops stubborn = home_dir;

	wish_delete(w.id);
	pass();
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	set(SETTING_RETRY_BASE_SECONDS, 3600);
	stubborn.untrash = no_untrash;
	world.home = &stubborn;
	pass();
	is_error(w.id, REASON_ACTION_FAILED);
	world.home = &home_dir;
	doctor(w.id, "next_retry_ms = 0");
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
}
END_TEST

START_TEST(without_undo_the_home_goes_at_once)
{
	struct workspace w = ws_at(STATUS_RUNNING);
	struct home_names trash;

	set(SETTING_UNDO_HOURS, 0);
	wish_delete(w.id);
	round_now(true);
	is_at(w.id, STATUS_DELETED);
	ok(home_dir.trash_list(cx, &trash));
	ck_assert_uint_eq(trash.n, 0);
	ck_assert_ptr_null(get(w.id).trash_key);
}
END_TEST

START_TEST(intents_follow_one_another)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	wish(w.id, STATUS_RUNNING);
	wish(w.id, STATUS_PENDING);
	wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(mock.starts, 1);
}
END_TEST

/* A pass that has nothing to do writes nothing and asks for little. */
START_TEST(rest_is_rest)
{
	struct workspace a = ws_at(STATUS_RUNNING), b = ws_at(STATUS_STANDBY);
	int64_t ra, rb;

	pass();
	ra = get(a.id).rev;
	rb = get(b.id).rev;
	mock.lists = 0;
	ck_assert_int_eq(pass(), 1);
	ck_assert_int_eq(mock.lists, 1);
	ck_assert_int_eq(get(a.id).rev, ra);
	ck_assert_int_eq(get(b.id).rev, rb);
}
END_TEST

START_TEST(history_says_what_was_done)
{
	struct workspace w = ws_at(STATUS_PENDING);
	struct opers ops;

	ok(operation_list(cx, db, w.id, 0, 10, &ops));
	ck_assert_uint_eq(ops.n, 2);
	ck_assert_int_eq(ops.v[0].operation, OPERATION_ARCHIVING);
	ck_assert_int_eq(ops.v[0].result, RESULT_OK);
	ck_assert_int_ge(ops.v[0].bytes, 8);
	ck_assert_int_eq(ops.v[1].operation, OPERATION_PROVISIONING);
}
END_TEST

/* An instance that nobody knows of is told and left; one of a workspace that
 * sleeps is stopped. */
START_TEST(strays)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	mock_add(w.id, 0);
	mock_add("11111111-1111-4111-8111-111111111111", 0);
	pass();
	is_at(w.id, STATUS_STANDBY);
	ck_assert(!mock_lives(w.id));
	ck_assert(mock_lives("11111111-1111-4111-8111-111111111111"));
	ck_assert_ptr_nonnull(strstr(buf_str(&noted), "instance-strange"));
}
END_TEST

/* Its worker died right after the launch: nobody knows where it answers. */
START_TEST(an_instance_without_an_address_is_not_running)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	doctor(w.id, "endpoint = NULL, status = 'STANDBY'");
	pass();
	is_at(w.id, STATUS_RUNNING);
	settled(w.id);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{one_pass_takes_a_new_one_to_running,
		 each_operation_moves_one_level,
		 stop_keeps_the_home,
		 archive_and_restore,
		 archived_stays_archived,
		 delete_works_from_every_status,
		 delete_from_error,
		 delete_of_a_lost_one,
		 undo_brings_the_home_back,
		 undo_of_an_archived_one,
		 undo_of_one_whose_trash_has_gone,
		 undo_that_fails_first,
		 without_undo_the_home_goes_at_once,
		 intents_follow_one_another,
		 rest_is_rest,
		 history_says_what_was_done,
		 strays,
		 an_instance_without_an_address_is_not_running,
		 NULL};

	return world_suite("reconcile_life", tests);
}
