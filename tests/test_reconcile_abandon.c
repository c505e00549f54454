/* SPEC section 1: the newest intent wins, also over an operation at work. */
#include "support/reconfix.h"

static char target[37]; /* whose intent the hooks change */
static enum status wanted;
static bool deletes;

/* Called while an operation works; people write through their own handle. */
static void
change_mind(void)
{
	struct cx c = {0};
	struct db *mine;

	cx_begin(&c, &t.site);
	ck_assert_int_eq(db_open(&c, DB_WRITE, &mine), OK);
	if (deletes)
		ck_assert_int_eq(workspace_delete(&c, mine, target, 0, NULL),
				 OK);
	else
		ck_assert_int_eq(workspace_wish(&c, mine, target, 0, wanted,
						NULL),
				 OK);
	db_close(mine);
	cx_end(&c);
	mock.hook = shop.writes = shop.reads = shop.metas = NULL;
}

static void
will_want(const struct workspace *w, enum status s)
{
	snprintf(target, sizeof target, "%s", w->id);
	wanted = s;
	deletes = false;
}

static enum result
last_result(const char *id, enum operation op)
{
	struct opers ops;

	ok(operation_list(cx, db, id, 0, 50, &ops));
	for (size_t i = 0; i < ops.n; i++)
		if (ops.v[i].operation == op)
			return ops.v[i].result;
	ck_abort_msg("no such operation");
	return RESULT_RUNNING;
}

/* Big enough that the writing is interrupted more than once. */
static void
fill(const char *id)
{
	const size_t n = 4 << 20;
	char *p = malloc(n);

	id_random(p, n);
	ok(fs_write_sync(cx, arena_printf(&cx->arena, "%s/big", home_of(id)), p,
			 n, 0600));
	free(p);
}

/* Somebody opens one that is just being archived: awake, home untouched. */
START_TEST(archiving_is_given_up)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	fill(w.id);
	will_want(&w, STATUS_RUNNING);
	shop.writes = change_mind;
	wish(w.id, STATUS_PENDING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
	ck_assert_int_eq(last_result(w.id, OPERATION_ARCHIVING),
			 RESULT_ABANDONED);
	ck_assert_ptr_null(get(w.id).archive_key);
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

/* The mind changes after all is packed, before the key is committed. */
START_TEST(archiving_is_given_up_in_the_last_moment)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	will_want(&w, STATUS_RUNNING);
	shop.metas = change_mind;
	wish(w.id, STATUS_PENDING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
	ck_assert_int_eq(last_result(w.id, OPERATION_ARCHIVING),
			 RESULT_ABANDONED);
}
END_TEST

START_TEST(archiving_is_given_up_for_a_delete)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	fill(w.id);
	will_want(&w, STATUS_PENDING);
	deletes = true;
	shop.writes = change_mind;
	wish(w.id, STATUS_PENDING);
	pass();
	is_at(w.id, STATUS_DELETED);
	ck_assert_int_eq(last_result(w.id, OPERATION_ARCHIVING),
			 RESULT_ABANDONED);
	ck_assert(
		is_safe(&(struct workspace){.id = w.id,
					    .trash_key = get(w.id).trash_key}));
}
END_TEST

START_TEST(restoring_is_given_up)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	struct buf b;

	fill(w.id);
	wish(w.id, STATUS_PENDING);
	pass();
	is_at(w.id, STATUS_PENDING);
	will_want(&w, STATUS_PENDING);
	shop.reads = change_mind;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_PENDING);
	ck_assert(!has_home(w.id));
	ck_assert_int_eq(last_result(w.id, OPERATION_RESTORING),
			 RESULT_ABANDONED);
	buf_init(&b, 100);
	ck_assert(!fs_exists(
		arena_printf(&cx->arena, "%s/.unpack/ws-%s-home~%s",
			     t.site.homes_dir, w.id, get(w.id).op_id)));
	buf_free(&b);
	wish(w.id, STATUS_STANDBY);
	pass();
	finds(w.id, "precious");
}
END_TEST

START_TEST(starting_is_given_up_for_a_stop)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	will_want(&w, STATUS_STANDBY);
	mock.hook = change_mind;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_STANDBY);
	ck_assert(!mock_lives(w.id));
	ck_assert_int_eq(last_result(w.id, OPERATION_STARTING),
			 RESULT_ABANDONED);
	ck_assert_int_eq(get(w.id).error_count, 0);
}
END_TEST

START_TEST(starting_is_given_up_for_a_delete)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	will_want(&w, STATUS_STANDBY);
	deletes = true;
	mock.hook = change_mind;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_DELETED);
	ck_assert(!mock_lives(w.id));
}
END_TEST

/* Its worker is dead and nobody wants it any more: not done again. */
START_TEST(a_dead_one_that_nobody_wants)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	hold = true;
	wish(w.id, STATUS_PENDING);
	round_now(true);
	die(w.id);
	hold = false;
	wish(w.id, STATUS_RUNNING);
	pass();
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(last_result(w.id, OPERATION_ARCHIVING),
			 RESULT_ABANDONED);
}
END_TEST

/* Past the commit point it goes on to its end, and then back. */
START_TEST(after_the_key_it_is_finished)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	char key[NAME_MAX_LEN];

	hold = true;
	wish(w.id, STATUS_PENDING);
	round_now(true);
	w = get(w.id);
	name_archive(w.id, w.op_id, key);
	ok(archive_pack(cx, &store_dir, key, home_of(w.id), 3,
			&(struct progress){.deadline_ms = INT64_MAX},
			&(struct archive_meta){0}));
	ok(op_archived(cx, db, w.id, w.op_id, key));
	die(w.id);
	wish(w.id, STATUS_RUNNING);
	hold = false;
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
	ck_assert_str_eq(get(w.id).archive_key, key);
	ck_assert_int_eq(last_result(w.id, OPERATION_ARCHIVING), RESULT_OK);
	ck_assert_int_eq(last_result(w.id, OPERATION_RESTORING), RESULT_OK);
}
END_TEST

START_TEST(delete_in_the_middle_of_anything)
{
	static const struct {
		enum status from, to;
	} ops[] = {{STATUS_STANDBY, STATUS_RUNNING},
		   {STATUS_STANDBY, STATUS_PENDING},
		   {STATUS_RUNNING, STATUS_STANDBY},
		   {STATUS_PENDING, STATUS_STANDBY}};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		struct workspace w = ws_at(ops[i].from);

		hold = true;
		wish(w.id, ops[i].to);
		round_now(true);
		ck_assert_int_ne(get(w.id).operation, OPERATION_NONE);
		wish_delete(w.id);
		hold = false;
		release(w.id);
		pass();
		is_at(w.id, STATUS_DELETED);
		settled(w.id);
	}
}
END_TEST

/* The delete is undone while it is at work. */
START_TEST(undo_in_the_middle_of_a_delete)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	hold = true;
	wish_delete(w.id);
	round_now(true);
	ck_assert_int_eq(get(w.id).operation, OPERATION_DELETING);
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	hold = false;
	release(w.id);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "precious");
}
END_TEST

/* ... and an undo while that is. */
START_TEST(delete_in_the_middle_of_an_undo)
{
	static const enum status froms[] = {STATUS_STANDBY, STATUS_PENDING};

	set(SETTING_RETRY_BASE_SECONDS, 3600);
	for (size_t i = 0; i < 2; i++) {
		struct workspace w = ws_at(froms[i]);

		wish_delete(w.id);
		pass();
		hold = true;
		ok(workspace_undelete(cx, db, w.id, 0, froms[i], NULL));
		round_now(true);
		ck_assert_int_eq(get(w.id).operation, OPERATION_RESTORING);
		wish_delete(w.id);
		hold = false;
		release(w.id);
		pass();
		is_at(w.id, STATUS_DELETED);
		ck_assert_int_eq(get(w.id).error_count, 0);
		ok(workspace_undelete(cx, db, w.id, 0, STATUS_RUNNING, NULL));
		pass();
		is_at(w.id, STATUS_RUNNING);
		finds(w.id, "precious");
	}
}
END_TEST

/* Its worker dies when the home is out of the trash, before that is written:
 * the row forgets the trash all the same. */
START_TEST(an_undo_whose_worker_dies)
{
	struct workspace w = ws_at(STATUS_STANDBY);
	char id[37], op_id[37];

	wish_delete(w.id);
	pass();
	w = get(w.id);
	hold = true;
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	round_now(true);
	ck_assert(name_trash_ids(w.trash_key, id, op_id));
	ok(home_dir.untrash(cx, id, op_id));
	die(w.id);
	hold = false;
	pass();
	is_at(w.id, STATUS_STANDBY);
	finds(w.id, "precious");
	ck_assert_ptr_null(get(w.id).trash_key);
}
END_TEST

/* A lock that nobody holds has no file: run/ would keep one for each
 * workspace that there ever was. */
START_TEST(a_pass_leaves_no_file_of_a_lock)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	hold = true;
	wish(w.id, STATUS_PENDING);
	round_now(true);
	die(w.id);
	ck_assert(fs_exists(site_run_path(cx, w.id, ".lock")));
	wish(w.id, STATUS_STANDBY);
	round_now(true);
	ck_assert_int_eq(get(w.id).operation, OPERATION_NONE);
	ck_assert(!fs_exists(site_run_path(cx, w.id, ".lock")));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {archiving_is_given_up,
				      archiving_is_given_up_in_the_last_moment,
				      archiving_is_given_up_for_a_delete,
				      restoring_is_given_up,
				      starting_is_given_up_for_a_stop,
				      starting_is_given_up_for_a_delete,
				      a_dead_one_that_nobody_wants,
				      after_the_key_it_is_finished,
				      delete_in_the_middle_of_anything,
				      undo_in_the_middle_of_a_delete,
				      delete_in_the_middle_of_an_undo,
				      an_undo_whose_worker_dies,
				      a_pass_leaves_no_file_of_a_lock,
				      NULL};

	return world_suite("reconcile_abandon", tests);
}
