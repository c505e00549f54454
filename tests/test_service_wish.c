/* Wishes: accepted at any moment, exact at the limit, traced. SPEC 1, 2, 8. */
#include "support/servicefix.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"

static const struct verb_row {
	const char *name;
	__typeof__(wish_start) *call;
	enum status desired;
} verbs[] = {
	{"start", wish_start, STATUS_RUNNING},
	{"stop", wish_stop, STATUS_STANDBY},
	{"archive", wish_archive, STATUS_PENDING},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static struct wish_new
named(const char *name)
{
	return (struct wish_new){.name = name,
				 .standby_ttl_s = -1,
				 .archive_ttl_s = -1};
}

START_TEST(create_makes_what_was_asked)
{
	struct wish_new n = {.name = "a",
			     .description = "b",
			     .memo = "c",
			     .app = "ide",
			     .standby_ttl_s = 0,
			     .archive_ttl_s = 7};
	struct workspace w;
	bool again = true;

	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	ck_assert(!again);
	ck_assert_int_eq(w.owner_id, ann);
	ck_assert_str_eq(w.name, "a");
	ck_assert_str_eq(w.description, "b");
	ck_assert_str_eq(w.memo, "c");
	ck_assert_str_eq(w.app, "ide");
	ck_assert_int_eq(w.standby_ttl_s, 0);
	ck_assert_int_eq(w.archive_ttl_s, 7);
	ck_assert_int_eq(w.status, STATUS_PENDING);
	ck_assert_int_eq(w.desired, STATUS_RUNNING);
	ck_assert_int_eq(w.last_access_ms, cx->now_ms);
	ck_assert_str_eq(audited(), "ann workspace.create a");
}
END_TEST

START_TEST(create_takes_settings_and_default_app)
{
	struct workspace w;

	ok(setting_put(cx, db, SETTING_STANDBY_TTL_SECONDS, 42));
	w = create(&ann_who, "a");
	ck_assert_str_eq(w.app, "shell");
	ck_assert_int_eq(w.standby_ttl_s, 42);
	ck_assert_int_eq(w.archive_ttl_s, 86400);
}
END_TEST

START_TEST(create_refuses_unknown_app)
{
	struct wish_new n = named("a");
	struct workspace w;
	bool again;

	n.app = "none";
	ck_assert_int_eq(wish_create(cx, db, &ann_who, &n, &w, &again),
			 ERR_INVALID);
	ck_assert_str_eq(cx->field, "app");
	ck_assert_uint_eq(audits(), 0);
}
END_TEST

START_TEST(create_once)
{
	struct wish_new n = named("a");
	struct workspace first, w;
	bool again;

	n.once = "key";
	ok(wish_create(cx, db, &ann_who, &n, &first, &again));
	ck_assert(!again);
	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	ck_assert(again);
	ck_assert_str_eq(w.id, first.id);
	n.name = "b";
	fails(ERR_CONFLICT, wish_create(cx, db, &ann_who, &n, &w, &again));
	/* the same key of somebody else is another one */
	ok(wish_create(cx, db, &bob_who, &n, &w, &again));
	ck_assert(!again);
	ck_assert_str_ne(w.id, first.id);
	/* and a day later it is forgotten */
	cx->now_ms += INT64_C(25) * 3600000;
	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	ck_assert(!again);
}
END_TEST

START_TEST(fields_do_not_run_together)
{
	struct wish_new n = named("ab"), m = named("a");
	struct workspace w;
	bool again;

	n.once = m.once = "key";
	n.description = "c";
	m.description = "bc";
	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	fails(ERR_CONFLICT, wish_create(cx, db, &ann_who, &m, &w, &again));
}
END_TEST

START_TEST(limit_of_a_user)
{
	struct wish_new n = named("c");
	struct workspace a = create(&ann_who, "a"), w;
	struct limit limit;
	bool again;

	create(&ann_who, "b");
	fails(ERR_RUNNING_LIMIT, wish_create(cx, db, &ann_who, &n, &w, &again));
	ok(wish_limit(cx, db, ann, &limit));
	ck_assert_int_eq(limit.verdict, LIMIT_USER);
	ck_assert_int_eq(limit.most, 2);
	ck_assert_uint_eq(limit.running.n, 2);
	create(&bob_who, "c");
	/* one that has its place may be started again */
	ok(wish_start(cx, db, &ann_who, a.id, 0, &w));
	/* stopped while nothing ran yet: the place is free at once */
	ok(wish_stop(cx, db, &ann_who, a.id, 0, &w));
	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
	fails(ERR_RUNNING_LIMIT, wish_start(cx, db, &ann_who, a.id, 0, &w));
	ck_assert_int_eq(get(a.id).desired, STATUS_STANDBY);
}
END_TEST

START_TEST(stopping_keeps_its_place)
{
	struct workspace a = create(&ann_who, "a"), w;
	struct wish_new n = named("c");
	bool again;

	create(&ann_who, "b");
	becomes(a.id, STATUS_RUNNING);
	ok(wish_stop(cx, db, &ann_who, a.id, 0, &w));
	fails(ERR_RUNNING_LIMIT, wish_create(cx, db, &ann_who, &n, &w, &again));
	becomes(a.id, STATUS_STANDBY);
	ok(wish_create(cx, db, &ann_who, &n, &w, &again));
}
END_TEST

START_TEST(limit_of_the_site)
{
	struct wish_new n = named("b");
	struct workspace w;
	struct limit limit;
	bool again;

	ok(setting_put(cx, db, SETTING_MAX_RUNNING_GLOBAL, 1));
	create(&ann_who, "a");
	fails(ERR_RUNNING_LIMIT, wish_create(cx, db, &bob_who, &n, &w, &again));
	ok(wish_limit(cx, db, bob_who.user_id, &limit));
	ck_assert_int_eq(limit.verdict, LIMIT_GLOBAL);
	ck_assert_int_eq(limit.most, 1);
	ck_assert_uint_eq(limit.running.n, 0);
}
END_TEST

START_TEST(limit_of_the_owner_not_of_the_actor)
{
	struct workspace a = create(&ann_who, "a"), w;

	ok(wish_stop(cx, db, &ann_who, a.id, 0, &w));
	ok(user_set_limit(cx, db, ann, 0));
	fails(ERR_RUNNING_LIMIT, wish_start(cx, db, &admin_who, a.id, 0, &w));
	ok(user_set_limit(cx, db, ann, 1));
	ok(wish_start(cx, db, &admin_who, a.id, 0, &w));
	ck_assert_str_eq(audited(), "root workspace.start RUNNING");
}
END_TEST

/* Brought back and started before the pass has looked: each counts. */
START_TEST(who_comes_back_from_the_trash_counts)
{
	struct limit limit;
	struct workspace w[3], out;

	for (int i = 0; i < 3; i++) {
		w[i] = create(&ann_who, "a");
		packed(w[i].id);
		ok(wish_delete(cx, db, &ann_who, w[i].id, 0, &out));
		becomes(w[i].id, STATUS_DELETED);
		ok(wish_undelete(cx, db, &ann_who, w[i].id, 0, &out));
	}
	ok(wish_start(cx, db, &ann_who, w[0].id, 0, &out));
	ok(wish_start(cx, db, &ann_who, w[1].id, 0, &out));
	fails(ERR_RUNNING_LIMIT,
	      wish_start(cx, db, &ann_who, w[2].id, 0, &out));
	ok(wish_limit(cx, db, ann, &limit));
	ck_assert_uint_eq(limit.running.n, 2);
}
END_TEST

/* Many processes at the same moment never pass the limit. SPEC 8. */
START_TEST(limit_is_exact_under_concurrency)
{
	int good = 0, status;
	struct limit limit;

	db_close(db);
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			struct wish_new n = named("x");
			struct workspace w;
			bool again;
			int made = 0;

			if (db_open(cx, DB_WRITE, &db))
				_exit(99);
			for (int k = 0; k < 3; k++)
				made += wish_create(cx, db, &ann_who, &n, &w,
						    &again) == OK;
			_exit(made);
		}
	while (wait(&status) > 0) {
		ck_assert(WIFEXITED(status));
		good += WEXITSTATUS(status);
	}
	ok(db_open(cx, DB_WRITE, &db));
	ck_assert_int_eq(good, 2);
	ok(wish_limit(cx, db, ann, &limit));
	ck_assert_uint_eq(limit.running.n, 2);
}
END_TEST

/* Every verb from every status, twice, and while an operation runs. */
START_TEST(verbs_are_accepted_everywhere)
{
	static const enum status from[] = {STATUS_PENDING, STATUS_STANDBY,
					   STATUS_RUNNING, STATUS_ERROR};

	for (size_t v = 0; v < N_VERBS; v++)
		for (size_t s = 0; s < 4; s++) {
			struct workspace w = create(&ann_who, "a"), out;
			enum status was = from[s];

			if (was == STATUS_ERROR)
				w = broken(w.id, REASON_TIMEOUT);
			else if (was != STATUS_PENDING)
				w = becomes(w.id, was);
			ok(verbs[v].call(cx, db, &ann_who, w.id, 0, &out));
			ck_assert_int_eq(out.desired, verbs[v].desired);
			ck_assert_int_eq(out.status, was);
			ok(verbs[v].call(cx, db, &ann_who, w.id, 0, &out));
			ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
			becomes(w.id, STATUS_DELETED);
		}
}
END_TEST

START_TEST(verbs_are_accepted_during_operations)
{
	for (size_t v = 0; v < N_VERBS; v++)
		for (enum operation op = OPERATION_NONE + 1;
		     op < OPERATION__MAX; op++) {
			struct workspace w = create(&ann_who, "a"), out;
			struct ws_outcome o = now_is(STATUS_STANDBY);

			ok(op_begin(cx, db, w.id, w.rev, w.status, op, new_id(),
				    &w));
			ok(verbs[v].call(cx, db, &ann_who, w.id, 0, &out));
			ck_assert_int_eq(out.desired, verbs[v].desired);
			ck_assert_int_eq(out.operation, op);
			ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
			/* what is starting counts until that is over */
			ok(op_end(cx, db, w.id, w.op_id, RESULT_ABANDONED, 0,
				  &o, &out));
		}
}
END_TEST

START_TEST(rev_decides)
{
	struct workspace w = create(&ann_who, "a"), out;
	struct wish_edit edit = {.patch = {.name = "b",
					   .standby_ttl_s = -1,
					   .archive_ttl_s = -1}};

	for (size_t v = 0; v < N_VERBS; v++) {
		w = get(w.id);
		fails(ERR_PRECONDITION,
		      verbs[v].call(cx, db, &ann_who, w.id, w.rev + 1, &out));
		ok(verbs[v].call(cx, db, &ann_who, w.id, w.rev, &out));
	}
	fails(ERR_PRECONDITION,
	      wish_edit(cx, db, &ann_who, w.id, w.rev, &edit, &out));
	fails(ERR_PRECONDITION,
	      wish_delete(cx, db, &ann_who, w.id, w.rev, &out));
	ck_assert_int_eq(get(w.id).deleted_ms, 0);
	ck_assert_str_eq(get(w.id).name, "a");
}
END_TEST

START_TEST(start_counts_as_access)
{
	struct workspace w = create(&ann_who, "a");

	cx->now_ms += 5000;
	ok(wish_start(cx, db, &ann_who, w.id, 0, &w));
	ck_assert_int_eq(w.last_access_ms, cx->now_ms);
}
END_TEST

START_TEST(edit_is_all_or_nothing)
{
	struct workspace a = create(&ann_who, "a"), w;
	struct wish_edit edit = {.patch = {.name = "new",
					   .memo = "m",
					   .standby_ttl_s = 60,
					   .archive_ttl_s = -1},
				 .set_desired = true,
				 .desired = STATUS_RUNNING};
	size_t before;

	ok(wish_stop(cx, db, &ann_who, a.id, 0, &w));
	create(&ann_who, "b");
	create(&ann_who, "c");
	before = audits();
	fails(ERR_RUNNING_LIMIT,
	      wish_edit(cx, db, &ann_who, a.id, 0, &edit, &w));
	ck_assert_str_eq(get(a.id).name, "a");
	ck_assert_uint_eq(audits(), before);
	edit.set_desired = false;
	ok(wish_edit(cx, db, &ann_who, a.id, 0, &edit, &w));
	ck_assert_str_eq(w.name, "new");
	ck_assert_str_eq(w.memo, "m");
	ck_assert_int_eq(w.standby_ttl_s, 60);
	ck_assert_int_eq(w.archive_ttl_s, 86400);
	ck_assert_str_eq(audited(), "ann workspace.edit name, memo, "
				    "standby_ttl_seconds");
}
END_TEST

START_TEST(restore_needs_an_archive)
{
	struct workspace w = create(&ann_who, "a"), out;

	ok(wish_stop(cx, db, &ann_who, w.id, 0, &out));
	fails(ERR_STATE, wish_restore(cx, db, &ann_who, w.id, 0, &out));
	becomes(w.id, STATUS_STANDBY);
	fails(ERR_STATE, wish_restore(cx, db, &ann_who, w.id, 0, &out));
	ok(wish_archive(cx, db, &ann_who, w.id, 0, &out));
	/* being packed: back at once */
	ok(wish_restore(cx, db, &ann_who, w.id, 0, &out));
	ok(wish_archive(cx, db, &ann_who, w.id, 0, &out));
	packed(w.id);
	ok(wish_restore(cx, db, &ann_who, w.id, 0, &out));
	ck_assert_int_eq(out.desired, STATUS_RUNNING);
	ok(wish_restore(cx, db, &ann_who, w.id, 0, &out));
}
END_TEST

START_TEST(recover_by_whom)
{
	struct workspace w, out;

	for (enum reason r = REASON_NONE + 1; r < REASON__MAX; r++) {
		bool admin = reason_needs_admin(r);

		w = create(&ann_who, "a");
		fails(ERR_STATE, wish_recover(cx, db, &ann_who, w.id, 0, &out));
		w = broken(w.id, r);
		ck_assert_int_eq(wish_can_recover(&ann_who, &w), !admin);
		if (admin)
			fails(ERR_FORBIDDEN,
			      wish_recover(cx, db, &ann_who, w.id, 0, &out));
		else
			ok(wish_recover(cx, db, &ann_who, w.id, 0, &out));
		if (admin)
			ok(wish_recover(cx, db, &admin_who, w.id, 0, &out));
		ck_assert_int_eq(out.error_count, 0);
		ck_assert_int_eq(out.error_reason, REASON_NONE);
		ck_assert_str_eq(audited(),
				 arena_printf(&cx->arena,
					      "%s workspace.recover %s",
					      admin ? "root" : "ann",
					      reason_name(r)));
		ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	}
}
END_TEST

START_TEST(deleted_takes_no_wish)
{
	struct workspace w = create(&ann_who, "a"), out;
	struct wish_edit edit = {.patch = {.name = "b",
					   .standby_ttl_s = -1,
					   .archive_ttl_s = -1}};
	bool woken;
	size_t before;

	ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	ck_assert_int_ne(out.deleted_ms, 0);
	ck_assert_str_eq(audited(), "ann workspace.delete a");
	before = audits();
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	for (size_t v = 0; v < N_VERBS; v++)
		fails(ERR_STATE,
		      verbs[v].call(cx, db, &ann_who, w.id, 0, &out));
	fails(ERR_STATE, wish_restore(cx, db, &ann_who, w.id, 0, &out));
	fails(ERR_STATE, wish_recover(cx, db, &ann_who, w.id, 0, &out));
	fails(ERR_STATE, wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	fails(ERR_STATE, wish_edit(cx, db, &ann_who, w.id, 0, &edit, &out));
	ck_assert_uint_eq(audits(), before);
	fails(ERR_WS_NOT_FOUND,
	      wish_delete(cx, db, &ann_who, new_id(), 0, &out));
}
END_TEST

START_TEST(undelete_from_the_trash)
{
	struct workspace w = create(&ann_who, "a"), out;
	struct ws_outcome gone = {.status = STATUS_DELETED,
				  .error = WS_ERROR_CLEAR,
				  .set_trash = true,
				  .trash_key = "ws-x-home~y"};

	gone.purge_ms = cx->now_ms + 1000;
	becomes(w.id, STATUS_STANDBY);
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	observed(w.id, &gone);
	ok(wish_undelete(cx, db, &ann_who, w.id, 0, &out));
	ck_assert_int_eq(out.deleted_ms, 0);
	ck_assert_int_eq(out.desired, STATUS_STANDBY);
	ck_assert_str_eq(audited(), "ann workspace.undelete a");
	ok(wish_undelete(cx, db, &ann_who, w.id, 0, &out));
	/* and too late */
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	cx->now_ms += 1001;
	fails(ERR_STATE, wish_undelete(cx, db, &ann_who, w.id, 0, &out));
}
END_TEST

START_TEST(undelete_of_an_archived_one)
{
	struct workspace w = create(&ann_who, "a"), out;

	ok(wish_archive(cx, db, &ann_who, w.id, 0, &out));
	packed(w.id);
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	becomes(w.id, STATUS_DELETED);
	cx->now_ms += INT64_C(23) * 3600000;
	ok(wish_undelete(cx, db, &ann_who, w.id, 0, &out));
	ck_assert_int_eq(out.desired, STATUS_PENDING);
	ok(wish_delete(cx, db, &ann_who, w.id, 0, &out));
	cx->now_ms += INT64_C(25) * 3600000;
	fails(ERR_STATE, wish_undelete(cx, db, &ann_who, w.id, 0, &out));
}
END_TEST

START_TEST(a_visit_wakes_only_a_sleeping_one)
{
	struct workspace w = create(&ann_who, "a"), out;
	bool woken;

	ok(wish_stop(cx, db, &ann_who, w.id, 0, &out));
	ok(wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	ck_assert(!woken);
	ck_assert_int_eq(out.desired, STATUS_STANDBY);
	becomes(w.id, STATUS_STANDBY);
	ok(wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	ck_assert(woken);
	ck_assert_int_eq(out.desired, STATUS_RUNNING);
	ck_assert_str_eq(audited(), "ann workspace.wake RUNNING");
	ok(wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	ck_assert(!woken);
	ok(wish_archive(cx, db, &ann_who, w.id, 0, &out));
	packed(w.id);
	ok(wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	ck_assert(!woken);
	broken(w.id, REASON_TIMEOUT);
	ok(wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	ck_assert(!woken);
}
END_TEST

START_TEST(a_visit_over_the_limit)
{
	struct workspace w = create(&ann_who, "a"), out;
	bool woken;

	ok(wish_stop(cx, db, &ann_who, w.id, 0, &out));
	becomes(w.id, STATUS_STANDBY);
	create(&ann_who, "b");
	create(&ann_who, "c");
	fails(ERR_RUNNING_LIMIT,
	      wish_wake(cx, db, &ann_who, w.id, &out, &woken));
	ck_assert_int_eq(get(w.id).desired, STATUS_STANDBY);
}
END_TEST

/* A commit that fails changes nothing, one whose answer is lost changed it:
 * in both the wish can be repeated. */
START_TEST(faults_leave_no_half)
{
	struct workspace w = create(&ann_who, "a"), out;
	size_t before = audits();
	bool fired = true;

	for (long n = 1; fired; n++) {
		enum err e;

		fault_arm(n);
		e = wish_stop(cx, db, &ann_who, w.id, 0, &out);
		fired = fault_fired();
		fault_arm(0);
		cx_clear(cx);
		ck_assert(e == OK || fired);
		w = get(w.id);
		ck_assert_int_eq(w.desired == STATUS_STANDBY,
				 audits() == before + 1);
		ok(wish_start(cx, db, &ann_who, w.id, 0, &out));
		before = audits();
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {create_makes_what_was_asked,
				      create_takes_settings_and_default_app,
				      create_refuses_unknown_app,
				      create_once,
				      fields_do_not_run_together,
				      limit_of_a_user,
				      stopping_keeps_its_place,
				      limit_of_the_site,
				      limit_of_the_owner_not_of_the_actor,
				      who_comes_back_from_the_trash_counts,
				      limit_is_exact_under_concurrency,
				      verbs_are_accepted_everywhere,
				      verbs_are_accepted_during_operations,
				      rev_decides,
				      start_counts_as_access,
				      edit_is_all_or_nothing,
				      restore_needs_an_archive,
				      recover_by_whom,
				      deleted_takes_no_wish,
				      undelete_from_the_trash,
				      undelete_of_an_archived_one,
				      a_visit_wakes_only_a_sleeping_one,
				      a_visit_over_the_limit,
				      faults_leave_no_half,
				      NULL};

	return run_service("wish", tests);
}
