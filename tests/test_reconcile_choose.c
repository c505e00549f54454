/* Going back to any archive: what is in the home is archived first, and the
 * newest wish wins. SPEC F4; store/workspace.h, workspace_wish_archive. */
#include "support/reconfix.h"

#include "rules/plan.h"

static void
choose(const char *id, const char *key)
{
	cx_tick(cx);
	ok(workspace_wish_archive(cx, db, id, key, NULL));
}

/* Archives a home that holds `word` and nothing else of ours. */
static const char *
archived_with(const char *id, const char *word)
{
	wish(id, STATUS_STANDBY);
	pass();
	leave(id, word);
	wish(id, STATUS_PENDING);
	pass();
	is_at(id, STATUS_PENDING);
	return get(id).archive_key;
}

/* Running on "three", with archives of "one" and of "two". */
static struct workspace
with_history(const char **one, const char **two)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	*one = archived_with(w.id, "one");
	*two = archived_with(w.id, "two");
	ck_assert_str_ne(*one, *two);
	wish(w.id, STATUS_RUNNING);
	pass();
	leave(w.id, "three");
	is_at(w.id, STATUS_RUNNING);
	return get(w.id);
}

START_TEST(the_home_is_archived_first)
{
	const char *one, *two, *three;
	struct archive_meta meta;
	struct opers ops;
	struct workspace w = with_history(&one, &two);

	choose(w.id, one);
	pass();
	is_at(w.id, STATUS_RUNNING);
	settled(w.id);
	finds(w.id, "one");
	w = get(w.id);
	ck_assert_str_eq(w.archive_key, one);
	ck_assert_ptr_null(w.restore_key);
	/* and what was there can be had again */
	ok(operation_archives(cx, db, w.id, 10, &ops));
	ck_assert_uint_eq(ops.n, 3);
	three = arena_printf(&cx->arena, "%s/%s", w.id, ops.v[0].op_id);
	ok(store_dir.get_meta(cx, three, NULL, &meta));
	choose(w.id, three);
	pass();
	finds(w.id, "three");
}
END_TEST

START_TEST(an_archived_one_comes_back_as_it_once_was)
{
	const char *one, *two;
	struct workspace w = with_history(&one, &two);

	wish(w.id, STATUS_PENDING);
	pass();
	choose(w.id, two);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "two");
	ck_assert_str_eq(get(w.id).archive_key, two);
}
END_TEST

START_TEST(a_newer_wish_takes_it_back)
{
	const char *one, *two;
	struct workspace w = with_history(&one, &two);

	choose(w.id, one);
	wish(w.id, STATUS_STANDBY);
	pass();
	is_at(w.id, STATUS_STANDBY);
	finds(w.id, "three");
	ck_assert_ptr_null(get(w.id).restore_key);
	ck_assert_str_eq(get(w.id).archive_key, two);
}
END_TEST

START_TEST(the_last_choice_counts)
{
	const char *one, *two;
	struct workspace w = with_history(&one, &two);

	choose(w.id, one);
	round_now(true); /* stopping */
	choose(w.id, two);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "two");
}
END_TEST

/* Chosen while another one is being unpacked: that is given up. */
START_TEST(a_choice_gives_up_an_unpacking)
{
	struct workspace w = {.restore_key = "a/b",
			      .desired = STATUS_RUNNING,
			      .operation = OPERATION_RESTORING};

	ck_assert(plan_abandons(&w));
	w.operation = OPERATION_STARTING;
	ck_assert(plan_abandons(&w));
	w.operation = OPERATION_ARCHIVING;
	ck_assert(!plan_abandons(&w));
	w.deleted_ms = 1;
	ck_assert(plan_abandons(&w));
}
END_TEST

START_TEST(one_that_has_gone_is_said_to_be)
{
	const char *one, *two;
	struct workspace w = with_history(&one, &two);

	ok(store_dir.remove(cx, one));
	choose(w.id, one);
	pass();
	is_error(w.id, REASON_ARCHIVE_CORRUPTED);
	/* nothing is lost: its home was archived before */
	ok(workspace_recover(cx, db, w.id, 0, NULL));
	choose(w.id, two);
	pass();
	is_at(w.id, STATUS_RUNNING);
	finds(w.id, "two");
}
END_TEST

START_TEST(gc_spares_what_was_chosen)
{
	const char *one, *two;
	struct workspace w = with_history(&one, &two);
	struct gc_list l;
	size_t spared = 0;

	set(SETTING_KEEP_ARCHIVES, 1);
	ok(settings_load(cx, db, &world.set));
	choose(w.id, one);
	ok(gc_plan(cx, &world, &l));
	for (size_t i = 0; i < l.n; i++)
		if (strcmp(l.v[i].key, one) == 0) {
			ck_assert_int_eq(l.v[i].why, GC_CURRENT);
			spared++;
		}
	ck_assert_uint_eq(spared, 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {the_home_is_archived_first,
				      an_archived_one_comes_back_as_it_once_was,
				      a_newer_wish_takes_it_back,
				      the_last_choice_counts,
				      a_choice_gives_up_an_unpacking,
				      one_that_has_gone_is_said_to_be,
				      gc_spares_what_was_chosen,
				      NULL};

	return world_suite("choose", tests);
}
