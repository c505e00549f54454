/* The same wish for many: what is shown is what is done. service/bulk.h. */
#include "support/servicefix.h"

#include "base/fault.h"
#include "service/bulk.h"

static struct bulk_view view;

static const char *
plan(enum bulk_verb verb, const char *const *ids, size_t n)
{
	const char *id = NULL;

	ok(bulk_make(cx, db, &admin_who, verb, ids, n, "", 0, &id));
	ok(bulk_look(cx, db, &admin_who, id, &view));
	ck_assert_uint_eq(view.n, n);
	return id;
}

static void
run(const char *id)
{
	ok(bulk_do(cx, db, &admin_who, id));
	ok(bulk_look(cx, db, &admin_who, id, &view));
}

static struct workspace
running(const char *name)
{
	struct workspace w = create(&ann_who, name);

	return becomes(w.id, STATUS_RUNNING);
}

static struct workspace
asleep(const char *name)
{
	struct workspace w = create(&ann_who, name);

	ok(wish_stop(cx, db, &ann_who, w.id, 0, &w));
	return becomes(w.id, STATUS_STANDBY);
}

static void
connect(const char *id, int64_t n)
{
	struct ws_activity a = {.id = id,
				.connections = n,
				.last_access_ms = ++cx->now_ms};

	ok(workspace_activity(cx, db, &a, 1));
}

static enum bulk_verdict
says(enum bulk_verb verb, const char *id)
{
	plan(verb, &id, 1);
	ck_assert_int_eq(view.v[0].item.verdict, view.v[0].now);
	ck_assert_uint_eq(view.does, bulk_does(view.v[0].now));
	return view.v[0].now;
}

START_TEST(each_verdict_is_what_it_is)
{
	struct workspace w = running("w"), z;

	ck_assert_int_eq(says(BULK_STOP, w.id), BULK_STOPS);
	ck_assert_int_eq(says(BULK_START, w.id), BULK_ALREADY);
	ck_assert_int_eq(says(BULK_ARCHIVE, w.id), BULK_STOPS_ARCHIVES);
	ck_assert_int_eq(says(BULK_DELETE, w.id), BULK_DELETES);
	ck_assert_int_eq(says(BULK_RECOVER, w.id), BULK_NOT_IN_ERROR);
	connect(w.id, 2);
	ck_assert_int_eq(says(BULK_STOP, w.id), BULK_STOPS_USED);
	ck_assert_int_eq(says(BULK_ARCHIVE, w.id), BULK_ARCHIVES_USED);
	ck_assert_int_eq(says(BULK_DELETE, w.id), BULK_DELETES_USED);
	z = asleep("z");
	ck_assert_int_eq(says(BULK_STOP, z.id), BULK_ALREADY);
	ck_assert_int_eq(says(BULK_START, z.id), BULK_STARTS);
	ck_assert_int_eq(says(BULK_ARCHIVE, z.id), BULK_ARCHIVES);
	ok(wish_archive(cx, db, &ann_who, z.id, 0, &z));
	ck_assert_int_eq(says(BULK_ARCHIVE, z.id), BULK_ALREADY);
	packed(z.id);
	ck_assert_int_eq(says(BULK_START, z.id), BULK_RESTORES);
	broken(w.id, REASON_TIMEOUT);
	ck_assert_int_eq(says(BULK_START, w.id), BULK_IN_ERROR);
	ck_assert_int_eq(says(BULK_ARCHIVE, w.id), BULK_IN_ERROR);
	ck_assert_int_eq(says(BULK_RECOVER, w.id), BULK_RECOVERS);
	ok(wish_recover(cx, db, &ann_who, w.id, 0, &w));
	ck_assert_int_eq(says(BULK_RECOVER, w.id), BULK_ALREADY);
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &w));
	for (unsigned v = 0; v < BULK_VERB__MAX; v++)
		ck_assert_int_eq(says(v, w.id), BULK_IS_DELETED);
	w = create(&bob_who, "new");
	ck_assert_int_eq(says(BULK_ARCHIVE, w.id), BULK_NO_HOME);
}
END_TEST

START_TEST(words_go_both_ways)
{
	enum bulk_verdict verdict;
	enum bulk_result result;
	enum bulk_verb verb;

	for (unsigned i = 0; i < BULK_VERB__MAX; i++) {
		ck_assert(bulk_verb_parse(bulk_verb_name(i), &verb));
		ck_assert_uint_eq(verb, i);
	}
	for (unsigned i = 0; i < BULK_VERDICT__MAX; i++) {
		ck_assert(bulk_verdict_parse(bulk_verdict_name(i), &verdict));
		ck_assert_uint_eq(verdict, i);
	}
	for (unsigned i = 0; i < BULK_RESULT__MAX; i++) {
		ck_assert(bulk_result_parse(bulk_result_name(i), &result));
		ck_assert_uint_eq(result, i);
	}
	ck_assert(!bulk_verb_parse("dance", &verb));
	ck_assert(!bulk_verdict_parse("dance", &verdict));
	ck_assert(!bulk_result_parse("dance", &result));
}
END_TEST

START_TEST(what_is_shown_is_done_and_told)
{
	struct workspace c = asleep("c"), a = running("a"), b = running("b");
	const char *ids[] = {a.id, b.id, c.id}, *id;
	size_t before = audits();

	connect(b.id, 1);
	id = plan(BULK_STOP, ids, 3);
	ck_assert_uint_eq(view.does, 2);
	/* looking changes nothing */
	ck_assert_int_eq(get(a.id).desired, STATUS_RUNNING);
	ck_assert_uint_eq(audits(), before);
	run(id);
	ck_assert_uint_eq(view.does, 2);
	ck_assert_int_eq(view.plan.done_ms, cx->now_ms);
	ck_assert_int_eq(view.v[0].item.result, BULK_DONE);
	ck_assert_int_eq(view.v[1].item.result, BULK_DONE);
	ck_assert_int_eq(view.v[2].item.result, BULK_LEFT);
	ck_assert_int_eq(get(a.id).desired, STATUS_STANDBY);
	ck_assert_int_eq(get(b.id).desired, STATUS_STANDBY);
	ck_assert_int_eq(get(c.id).rev, c.rev);
	ck_assert_str_eq(audited(), "root bulk.stop 2 of 3");
	ck_assert_uint_eq(audits(), before + 3);
	/* and not again, whatever happens */
	ok(wish_start(cx, db, &ann_who, a.id, 0, &a));
	run(id);
	ck_assert_int_eq(get(a.id).desired, STATUS_RUNNING);
	ck_assert_uint_eq(audits(), before + 4);
}
END_TEST

/* Its row was touched, but it is still what was shown. */
START_TEST(a_touch_is_no_change)
{
	struct workspace a = running("a");
	const char *id = plan(BULK_STOP, (const char *const[]){a.id}, 1);

	connect(a.id, 0);
	ck_assert_int_gt(get(a.id).rev, a.rev);
	run(id);
	ck_assert_int_eq(view.v[0].item.result, BULK_DONE);
}
END_TEST

START_TEST(what_weighs_more_than_was_shown_is_left)
{
	struct workspace a = running("a"), b = running("b");
	const char *ids[] = {a.id, b.id}, *id;

	connect(b.id, 1);
	id = plan(BULK_STOP, ids, 2);
	connect(a.id, 1);
	connect(b.id, 0);
	ok(bulk_look(cx, db, &admin_who, id, &view));
	ck_assert_int_eq(view.v[0].now, BULK_STOPS_USED);
	ck_assert_uint_eq(view.does, 1);
	run(id);
	/* somebody came in: not agreed to; somebody left: agreed to more */
	ck_assert_int_eq(view.v[0].item.result, BULK_CHANGED);
	ck_assert_int_eq(get(a.id).desired, STATUS_RUNNING);
	ck_assert_int_eq(view.v[1].item.result, BULK_DONE);
}
END_TEST

START_TEST(what_was_refused_stays_refused)
{
	struct workspace z = asleep("z");
	const char *id = plan(BULK_STOP, (const char *const[]){z.id}, 1);

	ok(wish_start(cx, db, &ann_who, z.id, 0, &z));
	run(id);
	ck_assert_int_eq(view.v[0].item.result, BULK_LEFT);
	ck_assert_int_eq(get(z.id).desired, STATUS_RUNNING);
}
END_TEST

/* Two places: the third of one owner finds none, another's does. */
START_TEST(starts_are_counted_one_by_one)
{
	const char *ids[5];
	struct workspace w;

	for (int i = 0; i < 4; i++)
		ids[i] = asleep("z").id;
	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 3));
	ids[4] = create(&bob_who, "b").id;
	ok(wish_stop(cx, db, &bob_who, ids[4], 0, &w));
	plan(BULK_START, ids, 5);
	ck_assert_uint_eq(view.does, 4);
	ck_assert_int_eq(view.v[3].now, BULK_LIMIT_USER);
	ok(setting_put(cx, db, SETTING_MAX_RUNNING_GLOBAL, 2));
	plan(BULK_START, ids, 5);
	ck_assert_uint_eq(view.does, 2);
	ck_assert_int_eq(view.v[2].now, BULK_LIMIT_SITE);
}
END_TEST

START_TEST(a_place_that_is_gone_is_told)
{
	struct workspace a = asleep("a"), b = asleep("b");
	const char *ids[] = {a.id, b.id}, *id = plan(BULK_START, ids, 2);

	ck_assert_uint_eq(view.does, 2);
	create(&ann_who, "c"); /* takes one of two places */
	run(id);
	ck_assert_int_eq(view.v[0].item.result, BULK_DONE);
	ck_assert_int_eq(view.v[1].item.result, BULK_NO_PLACE);
	ck_assert_str_eq(audited(), "root bulk.start 1 of 2");
}
END_TEST

START_TEST(the_other_verbs)
{
	struct workspace a = running("a"), e = running("e");
	const char *one[] = {a.id}, *bad[] = {e.id};

	broken(e.id, REASON_DATA_LOST); /* takes an admin */
	run(plan(BULK_RECOVER, bad, 1));
	ck_assert_int_eq(view.v[0].item.result, BULK_DONE);
	ck_assert_int_eq(get(e.id).error_reason, REASON_NONE);
	run(plan(BULK_ARCHIVE, one, 1));
	ck_assert_int_eq(get(a.id).desired, STATUS_PENDING);
	run(plan(BULK_DELETE, one, 1));
	ck_assert_int_ne(get(a.id).deleted_ms, 0);
}
END_TEST

START_TEST(a_plan_is_its_makers_and_has_a_size)
{
	static const char *ids[BULK_MOST + 1];
	struct workspace a = running("a");
	const char *id = plan(BULK_STOP, (const char *const[]){a.id}, 1);
	struct who other = new_who("other", ROLE_ADMIN);

	fails(bulk_look(cx, db, &other, id, &view), ERR_NOT_FOUND);
	fails(bulk_do(cx, db, &other, id), ERR_NOT_FOUND);
	fails(bulk_do(cx, db, &admin_who, "nonsense"), ERR_NOT_FOUND);
	for (size_t i = 0; i < BULK_MOST + 1; i++)
		ids[i] = a.id;
	fails(bulk_make(cx, db, &admin_who, BULK_STOP, ids, 0, "", 0, &id),
	      ERR_INVALID);
	fails(bulk_make(cx, db, &admin_who, BULK_STOP, ids, BULK_MOST + 1, "",
			0, &id),
	      ERR_INVALID);
	ids[1] = "nobody";
	fails(bulk_make(cx, db, &admin_who, BULK_STOP, ids, 2, "", 0, &id),
	      ERR_WS_NOT_FOUND);
	/* an old one is not done */
	cx->now_ms += INT64_C(86400001);
	fails(bulk_do(cx, db, &admin_who, id), ERR_STATE);
	ck_assert_int_eq(get(a.id).desired, STATUS_RUNNING);
	ok(bulk_trim(cx, db, cx->now_ms + 1));
	fails(bulk_look(cx, db, &admin_who, id, &view), ERR_NOT_FOUND);
}
END_TEST

/* Whatever fails on the way: what was done is done once, and a second try
 * does the rest. */
START_TEST(a_run_that_breaks_can_be_repeated)
{
	long points = 1;
	bool fired = true;

	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 100000));
	ok(setting_put(cx, db, SETTING_MAX_RUNNING_GLOBAL, 100000));
	for (; fired; points++) {
		struct workspace a = running("a"), b = running("b");
		const char *ids[] = {a.id, b.id};
		const char *id = plan(BULK_STOP, ids, 2);
		enum err e;

		fault_arm(points);
		e = bulk_do(cx, db, &admin_who, id);
		fired = fault_fired();
		fault_arm(0);
		ck_assert_int_eq(e != OK, fired);
		cx_clear(cx);
		db_rollback(db);
		run(id);
		ck_assert_int_eq(get(a.id).desired, STATUS_STANDBY);
		ck_assert_int_eq(get(b.id).desired, STATUS_STANDBY);
		ck_assert_int_ne(view.plan.done_ms, 0);
		for (int i = 0; i < 2; i++)
			ck_assert(view.v[i].item.result == BULK_DONE ||
				  view.v[i].item.result == BULK_LEFT);
	}
	ck_assert_int_gt(points, 5);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {each_verdict_is_what_it_is,
				      words_go_both_ways,
				      what_is_shown_is_done_and_told,
				      a_touch_is_no_change,
				      what_weighs_more_than_was_shown_is_left,
				      what_was_refused_stays_refused,
				      starts_are_counted_one_by_one,
				      a_place_that_is_gone_is_told,
				      the_other_verbs,
				      a_plan_is_its_makers_and_has_a_size,
				      a_run_that_breaks_can_be_repeated,
				      NULL};

	return run_service("service_bulk", tests);
}
