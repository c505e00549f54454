/* SPEC F3 and section 4: activity and what follows from its absence. */
#include <sys/stat.h>
#include <time.h>

#include "support/tmpsite.h"

#include "reconcile/activity.h"
#include "reconcile/commit.h"
#include "store/cut.h"

#include "support/reconfix.h"

#define MINUTE INT64_C(60000)

static const struct use nobody = {.connections = 0};

/* As the gate does it, at that time. */
static void
touch(const char *id, int64_t at_ms)
{
	const char *path = site_run_path(cx, id, ".access");
	struct timespec ts[2] = {{at_ms / 1000, at_ms % 1000 * 1000000},
				 {at_ms / 1000, at_ms % 1000 * 1000000}};
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(futimens(fd, ts), 0);
	close(fd);
}

START_TEST(an_idle_one_is_stopped)
{
	struct workspace w = idle_for(301000);

	pass();
	is_at(w.id, STATUS_STANDBY);
	ck_assert_int_eq(get(w.id).desired, STATUS_STANDBY);
	finds(w.id, "precious");
}
END_TEST

START_TEST(not_a_second_too_early)
{
	struct workspace w = idle_for(290000);

	pass();
	is_at(w.id, STATUS_RUNNING);
}
END_TEST

START_TEST(starting_counts_as_access)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	doctor(w.id, "last_access_ms = last_access_ms - 3600000");
	wish(w.id, STATUS_RUNNING);
	doctor(w.id, "last_access_ms = last_access_ms - 3600000");
	pass();
	pass();
	is_at(w.id, STATUS_RUNNING);
}
END_TEST

START_TEST(zero_means_never)
{
	struct workspace w = idle_for(90 * 86400 * INT64_C(1000));

	doctor(w.id, "standby_ttl_s = 0, archive_ttl_s = 0");
	pass();
	is_at(w.id, STATUS_RUNNING);
	wish(w.id, STATUS_STANDBY);
	doctor(w.id, "last_access_ms = 1");
	pass();
	is_at(w.id, STATUS_STANDBY);
}
END_TEST

START_TEST(a_connection_keeps_it_awake)
{
	struct workspace w = idle_for(301000);

	mock_add(w.id, 2);
	pass();
	w = get(w.id);
	ck_assert_int_eq(w.status, STATUS_RUNNING);
	ck_assert_int_eq(w.connections, 2);
	ck_assert_int_eq(w.idle_since_ms, 0);
	/* The last one goes: idle from now on, and it was in use till now. */
	mock_add(w.id, 0);
	pass();
	w = get(w.id);
	ck_assert_int_eq(w.status, STATUS_RUNNING);
	ck_assert_int_eq(w.connections, 0);
	ck_assert_int_gt(w.idle_since_ms, cx->now_ms - MINUTE);
	ck_assert_int_gt(w.last_access_ms, cx->now_ms - MINUTE);
	/* It comes back before the time is over. */
	mock_add(w.id, 1);
	pass();
	ck_assert_int_eq(get(w.id).idle_since_ms, 0);
}
END_TEST

/* Kept: not before then, however idle; the time until then counts as use. */
START_TEST(one_that_is_kept_is_not_stopped)
{
	struct workspace w = idle_for(301000);
	int64_t until;

	doctor(w.id, "keep_until_ms = %lld",
	       (long long)(clock_now_ms() + MINUTE));
	pass();
	is_at(w.id, STATUS_RUNNING);
	until = clock_now_ms() - 5;
	doctor(w.id, "keep_until_ms = %lld, archive_ttl_s = 60",
	       (long long)until);
	pass();
	is_at(w.id, STATUS_STANDBY);
	w = get(w.id);
	ck_assert_int_eq(w.last_access_ms, until);
	ck_assert_int_eq(w.keep_until_ms, 0);
	pass();
	is_at(w.id, STATUS_STANDBY); /* not archived on the heels of it */
}
END_TEST

/* Somebody keeps it between the look and the wish. */
START_TEST(kept_in_the_last_moment)
{
	struct workspace w = idle_for(301000);

	cx_tick(cx);
	ok(workspace_keep(cx, world.db, w.id, 0, cx->now_ms + MINUTE, NULL));
	fails(ERR_CONFLICT, commit_wish(cx, &world, w.id, &nobody));
	ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
}
END_TEST

/* Not known is not none. */
START_TEST(unknown_connections_prove_nothing)
{
	struct workspace w = idle_for(200000);
	int64_t rev;

	mock_add(w.id, 3);
	pass();
	mock_add(w.id, -1);
	rev = get(w.id).rev;
	pass();
	w = get(w.id);
	ck_assert_int_eq(w.rev, rev);
	ck_assert_int_eq(w.connections, 3);
	ck_assert_int_eq(w.idle_since_ms, 0);
}
END_TEST

START_TEST(a_request_keeps_it_awake)
{
	struct workspace w = idle_for(301000);

	touch(w.id, clock_now_ms() - 1000);
	pass();
	w = get(w.id);
	ck_assert_int_eq(w.status, STATUS_RUNNING);
	ck_assert_int_gt(w.last_access_ms, cx->now_ms - MINUTE);
}
END_TEST

/* The clock was set back: a stamp from the future is one of now. */
START_TEST(a_stamp_from_the_future)
{
	struct workspace w = idle_for(301000);

	touch(w.id, clock_now_ms() + 365 * 86400 * INT64_C(1000));
	pass();
	w = get(w.id);
	ck_assert_int_eq(w.status, STATUS_RUNNING);
	ck_assert_int_le(w.last_access_ms, cx->now_ms);
}
END_TEST

/* No write per request: at most one in a minute. */
START_TEST(requests_are_written_once_a_minute)
{
	struct workspace w = ws_at(STATUS_RUNNING);
	int64_t rev;

	pass();
	rev = get(w.id).rev;
	for (int i = 0; i < 5; i++) {
		touch(w.id, clock_now_ms());
		pass();
	}
	ck_assert_int_eq(get(w.id).rev, rev);
	doctor(w.id, "last_access_ms = last_access_ms - 61000");
	rev = get(w.id).rev;
	touch(w.id, clock_now_ms());
	pass();
	ck_assert_int_eq(get(w.id).rev, rev + 1);
}
END_TEST

START_TEST(one_asleep_for_long_is_archived)
{
	struct workspace w = ws_at(STATUS_STANDBY);

	doctor(w.id, "last_access_ms = last_access_ms - 86401000");
	pass();
	is_at(w.id, STATUS_PENDING);
	w = get(w.id);
	ck_assert_str_eq(workspace_phase(&w), "ARCHIVED");
	ck_assert_int_eq(w.desired, STATUS_PENDING);
}
END_TEST

START_TEST(from_awake_to_archived_in_two_steps)
{
	struct workspace w = idle_for(86401000);

	doctor(w.id, "archive_ttl_s = 60");
	pass();
	is_at(w.id, STATUS_STANDBY);
	pass();
	is_at(w.id, STATUS_PENDING);
}
END_TEST

/* Somebody wanted something between the look and the wish. */
static void
on_list(void)
{
	cx_tick(cx);
	raw("UPDATE workspace SET rev = rev + 1, desired = 'PENDING'");
}

static enum err
intent_list(struct cx *c, struct instances *out)
{
	on_list();
	return mock_list(c, out);
}

START_TEST(a_newer_intent_wins)
{
	struct workspace w = idle_for(301000);
	struct engine_ops late = mock_engine;

	late.list = intent_list;
	world.engine = &late;
	round_now(true);
	ck_assert_int_eq(get(w.id).desired, STATUS_PENDING);
	world.engine = &mock_engine;
	pass();
	is_at(w.id, STATUS_PENDING);
}
END_TEST

/* A request between the look and the wish: the stamp is looked at again in
 * the transaction. */
static const char *visited;

static enum err
visit_list(struct cx *c, struct instances *out)
{
	enum err e = mock_list(c, out);

	touch(visited, clock_now_ms());
	return e;
}

START_TEST(a_visit_in_the_last_moment)
{
	struct workspace w = idle_for(301000);
	struct engine_ops late = mock_engine;

	visited = w.id;
	late.list = visit_list;
	world.engine = &late;
	pass();
	is_at(w.id, STATUS_RUNNING);
}
END_TEST

/* In the transaction itself: due when it was looked at, not due any more. */
START_TEST(the_wish_looks_again)
{
	struct use one = {.connections = 1};
	struct workspace w = idle_for(301000);

	cx_tick(cx);
	one.used_ms = cx->now_ms;
	touch(w.id, cx->now_ms - 1000);
	fails(ERR_CONFLICT, commit_wish(cx, &world, w.id, &nobody));
	ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
	touch(w.id, 1000);
	fails(ERR_CONFLICT, commit_wish(cx, &world, w.id, &one));
	ok(commit_wish(cx, &world, w.id, &nobody));
	ck_assert_int_eq(get(w.id).desired, STATUS_STANDBY);
	fails(ERR_CONFLICT, commit_wish(cx, &world, w.id, &nobody));
}
END_TEST

/* The instance is away from the listing that failed: who is connected is not
 * known, so it is not stopped. */
START_TEST(a_failed_listing_stops_nobody)
{
	struct workspace w = idle_for(301000);

	mock.list_err = ERR_UNREACHABLE;
	round_now(true);
	is_at(w.id, STATUS_RUNNING);
	ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
}
END_TEST

static size_t
cuts_left(void)
{
	struct cuts all;

	ck_assert_int_eq(cut_list(cx, db, &all), OK);
	return all.n;
}

/* ---- A clock that jumps ---- */

#define HOUR INT64_C(3600000)

/* As if the clock had been set ahead by so much (back: less than 0): all that
 * was written down has that much more age. */
static void
jump(const char *id, int64_t ms)
{
	static const char *const cols[] = {"op_started_ms", "last_access_ms",
					   "idle_since_ms", "status_changed_ms",
					   "keep_until_ms", "next_retry_ms",
					   "purge_ms",	    "deleted_ms",
					   "created_ms"};

	for (size_t i = 0; i < sizeof cols / sizeof *cols; i++)
		doctor(id, "%s = iif(%s > 0, max(1, %s - %lld), 0)", cols[i],
		       cols[i], cols[i], (long long)ms);
}

/* Whatever it was at, it comes back with what was in it. */
static void
comes_back(const char *id, const char *scene)
{
	struct workspace w = get(id);

	if (w.deleted_ms)
		ok(workspace_undelete(cx, db, id, 0, STATUS_STANDBY, NULL));
	else if (w.status == STATUS_ERROR)
		ok(workspace_recover(cx, db, id, 0, NULL));
	pass();
	wish(id, STATUS_RUNNING);
	pass();
	ck_assert_msg(get(id).status == STATUS_RUNNING, "%s: %s, %s", scene,
		      status_name(get(id).status),
		      reason_name(get(id).error_reason));
	finds(id, "precious");
}

/* Unused from now on, it is asleep and archived in its time and a few hours. */
static void
falls_asleep(const char *id, const char *scene)
{
	int64_t ttls = (get(id).standby_ttl_s + get(id).archive_ttl_s) * 1000;

	jump(id, 3 * HOUR);
	pass(); /* may have something else to say of it first */
	pass();
	ck_assert_msg(get(id).status == STATUS_STANDBY, "%s: %s", scene,
		      status_name(get(id).status));
	jump(id, ttls + 2 * HOUR);
	pass();
	ck_assert_msg(get(id).status == STATUS_PENDING, "%s: %s", scene,
		      status_name(get(id).status));
	ck_assert(is_whole(get(id).archive_key));
}

static void
scene_failed(const char *id)
{
	mock.start_err = ERR_ACTION;
	set(SETTING_RETRY_BASE_SECONDS, 30);
	wish(id, STATUS_RUNNING);
	pass();
	is_error(id, REASON_ACTION_FAILED);
	mock.start_err = OK;
}

static void
scene_dead(const char *id)
{
	hold = true;
	wish(id, STATUS_PENDING);
	round_now(true);
	die(id);
	hold = false;
}

static void
scene_kept(const char *id)
{
	wish(id, STATUS_RUNNING);
	pass();
	ok(workspace_keep(cx, db, id, 0, cx->now_ms + HOUR / 2, NULL));
}

static const struct {
	const char *name;
	enum status from;
	void (*then)(const char *id); /* NULL: no more */
} jumps[] = {
	{"asleep", STATUS_STANDBY, NULL},
	{"awake", STATUS_RUNNING, NULL},
	{"archived", STATUS_PENDING, NULL},
	{"deleted", STATUS_STANDBY, wish_delete},
	{"deleted archived", STATUS_PENDING, wish_delete},
	{"kept", STATUS_STANDBY, scene_kept},
	{"failed", STATUS_STANDBY, scene_failed},
	{"worker died", STATUS_STANDBY, scene_dead},
};

/* An hour ahead or back, and back to what it was: nothing is lost, and no rule
 * is off for ever. */
START_TEST(a_clock_that_jumps)
{
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++)
		for (int way = -1; way <= 1; way += 2) {
			struct workspace w = ws_at(jumps[i].from);

			if (jumps[i].then)
				jumps[i].then(w.id);
			jump(w.id, way * HOUR);
			pass();
			invariants(w.id, true);
			ck_assert_msg(get(w.id).trash_key ||
					      !get(w.id).deleted_ms ||
					      jumps[i].from == STATUS_PENDING,
				      "%s: purged too early", jumps[i].name);
			jump(w.id, -way * HOUR);
			pass();
			invariants(w.id, true);
			comes_back(w.id, jumps[i].name);
			jump(w.id, -HOUR);
			falls_asleep(w.id, jumps[i].name);
		}
}
END_TEST

START_TEST(who_lost_a_session_is_cut_and_nobody_else)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	mock_add(w.id, 2);
	pass();
	ck_assert_int_eq(get(w.id).connections, 2);
	ck_assert_int_eq(cut_ask(cx, db, w.owner_id), OK);
	/* What cannot be cut now is tried again, and is an error meanwhile. */
	mock.cut_err = ERR_ACTION;
	pass();
	ck_assert_int_gt(last.errors, 0);
	ck_assert_uint_eq(cuts_left(), 1);
	mock.cut_err = OK;
	pass();
	ck_assert_uint_eq(cuts_left(), 0);
	ck_assert_int_eq(get(w.id).connections, 0);
	is_at(w.id, STATUS_RUNNING);
	/* Once is enough. */
	mock_add(w.id, 1);
	pass();
	ck_assert_int_eq(get(w.id).connections, 1);
}
END_TEST

/* A stop that failed, a delete that is not done: its connections go on. */
START_TEST(what_is_not_running_is_cut_as_well)
{
	static const char *const rows[] = {
		"status = 'ERROR', error_reason = 'ActionFailed'",
		"deleted_ms = 1",
		"status = 'RUNNING'",
	};
	struct workspace w = ws_at(STATUS_RUNNING);
	struct cuts all;

	ck_assert_int_eq(cut_ask(cx, db, w.owner_id), OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		doctor(w.id, "%s", rows[i]);
		ok(cut_list(cx, db, &all));
		ck_assert_uint_eq(all.n, 1);
		ck_assert_ptr_nonnull(all.v[0].id);
	}
	doctor(w.id, "status = 'STANDBY', deleted_ms = 0");
	ok(cut_list(cx, db, &all));
	ck_assert_ptr_null(all.v[0].id);
}
END_TEST

START_TEST(what_cannot_be_cut_is_given_up_in_time)
{
	struct workspace w = ws_at(STATUS_RUNNING);

	mock_add(w.id, 1);
	cx->now_ms -= 11 * MINUTE;
	ck_assert_int_eq(cut_ask(cx, db, w.owner_id), OK);
	cx_tick(cx);
	mock.cut_err = ERR_ACTION;
	pass();
	ck_assert_uint_eq(cuts_left(), 0);
	ck_assert_int_eq(get(w.id).connections, 1);
}
END_TEST

START_TEST(what_matters)
{
	struct workspace row = {.status = STATUS_RUNNING,
				.desired = STATUS_RUNNING,
				.last_access_ms = 1000000,
				.idle_since_ms = 1000000,
				.standby_ttl_s = 300};
	struct workspace now = row;

	ck_assert(!activity_matters(&row, &now, 1000000));
	now.last_access_ms += 59999;
	ck_assert(!activity_matters(&row, &now, 1100000));
	now.last_access_ms++;
	ck_assert(activity_matters(&row, &now, 1100000));
	now.last_access_ms = 1000001; /* a little, but it would stop now */
	ck_assert(activity_matters(&row, &now, 1300000));
	now = row;
	now.connections = 1;
	ck_assert(activity_matters(&row, &now, 1000000));
	now.last_access_ms -= 100000; /* never back */
	now.connections = 0;
	ck_assert(!activity_matters(&row, &now, 1000000));
	now = row; /* open and silent: when it stops follows from it */
	now.connections = row.connections = 1;
	now.last_access_ms += 60000;
	ck_assert(activity_matters(&row, &now, 1100000));
	now.idle_since_ms = row.idle_since_ms = 0; /* open and in use */
	ck_assert(!activity_matters(&row, &now, 1100000));
	now.last_access_ms += 540000;
	ck_assert(activity_matters(&row, &now, 1100000));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {an_idle_one_is_stopped,
				      not_a_second_too_early,
				      starting_counts_as_access,
				      zero_means_never,
				      a_connection_keeps_it_awake,
				      one_that_is_kept_is_not_stopped,
				      kept_in_the_last_moment,
				      unknown_connections_prove_nothing,
				      a_request_keeps_it_awake,
				      a_stamp_from_the_future,
				      requests_are_written_once_a_minute,
				      one_asleep_for_long_is_archived,
				      from_awake_to_archived_in_two_steps,
				      a_newer_intent_wins,
				      a_visit_in_the_last_moment,
				      the_wish_looks_again,
				      a_failed_listing_stops_nobody,
				      a_clock_that_jumps,
				      who_lost_a_session_is_cut_and_nobody_else,
				      what_is_not_running_is_cut_as_well,
				      what_cannot_be_cut_is_given_up_in_time,
				      what_matters,
				      NULL};

	return world_suite("reconcile_ttl", tests);
}
