/* Workspaces as the pass and its workers see and write them. */
#include "support/storefix.h"

#include "store/change.h"
#include "store/meta.h"
#include "store/operation.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct workspace
begun(struct workspace w, enum operation op, const char *op_id)
{
	struct workspace out;

	ok(op_begin(cx, db, w.id, w.rev, w.status, op, op_id, &out));
	return out;
}

static struct workspace
ended(struct workspace w, enum result r, struct ws_outcome o)
{
	struct workspace out;

	ok(op_end(cx, db, w.id, w.op_id, r, 123, &o, &out));
	return out;
}

/* A new one that rests in that status. */
static struct workspace
resting(enum status s)
{
	struct workspace w = new_ws(ann, "a", s);
	struct ws_outcome o = now_is(s);

	if (s == STATUS_RUNNING) {
		o.set_instance = true;
		o.endpoint = "unix:/x";
		o.slot = 4;
		o.boot_id = "boot";
	}
	return s == STATUS_PENDING ? w : observed(w.id, &o);
}

static struct oper
last_oper(const char *id)
{
	struct opers os;

	ok(operation_list(cx, db, id, 0, 1, &os));
	ck_assert_uint_eq(os.n, 1);
	return os.v[0];
}

START_TEST(an_operation_from_begin_to_end)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING), now;
	const char *op = new_id();
	struct oper o;

	cx->now_ms += 10;
	now = begun(w, OPERATION_PROVISIONING, op);
	ck_assert_int_eq(now.operation, OPERATION_PROVISIONING);
	ck_assert_str_eq(now.op_id, op);
	ck_assert_int_eq(now.op_started_ms, cx->now_ms);
	ck_assert_int_eq(now.rev, w.rev + 1);
	o = last_oper(w.id);
	ck_assert_int_eq(o.result, RESULT_RUNNING);
	ck_assert_int_eq(o.operation, OPERATION_PROVISIONING);
	ck_assert_str_eq(o.op_id, op);
	ck_assert_str_eq(o.workspace_name, "a");
	ck_assert_int_eq(o.ended_ms, 0);
	ok(op_watch(cx, db, w.id, op, &now));
	ok(op_progress(cx, db, w.id, op, 5, 10, "bytes", &now));
	ck_assert(now.op_done == 5 && now.op_total == 10);
	ck_assert_str_eq(now.op_unit, "bytes");
	ck_assert_int_eq(now.desired, STATUS_RUNNING);
	cx->now_ms += 10;
	now = ended(now, RESULT_OK, now_is(STATUS_STANDBY));
	ck_assert_int_eq(now.status, STATUS_STANDBY);
	ck_assert_int_eq(now.status_changed_ms, cx->now_ms);
	ck_assert_int_eq(now.operation, OPERATION_NONE);
	ck_assert(!now.op_done && !now.op_total && !now.op_unit);
	ck_assert_str_eq(now.op_id, op); /* of the last */
	/* A home just made counts as access. */
	ck_assert_int_eq(now.last_access_ms, cx->now_ms);
	o = last_oper(w.id);
	ck_assert_int_eq(o.result, RESULT_OK);
	ck_assert_int_eq(o.ended_ms - o.started_ms, 10);
	ck_assert_int_eq(o.bytes, 123);
	ck_assert_int_eq(o.reason, REASON_NONE);
}
END_TEST

START_TEST(one_operation_at_a_time)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING), now;
	const char *op = new_id();

	now = begun(w, OPERATION_PROVISIONING, op);
	fails(ERR_CONFLICT, op_begin(cx, db, w.id, w.rev, STATUS_PENDING,
				     OPERATION_PROVISIONING, new_id(), NULL));
	fails(ERR_CONFLICT, op_begin(cx, db, w.id, now.rev, STATUS_PENDING,
				     OPERATION_PROVISIONING, new_id(), NULL));
	now = ended(now, RESULT_OK, now_is(STATUS_STANDBY));
	/* Against an older row, too. */
	fails(ERR_CONFLICT, op_begin(cx, db, w.id, w.rev, STATUS_PENDING,
				     OPERATION_PROVISIONING, new_id(), NULL));
	/* The same op_id again: one row of history. */
	now = begun(now, OPERATION_PROVISIONING, op);
	{
		struct opers os;

		ok(operation_list(cx, db, w.id, 0, 0, &os));
		ck_assert_uint_eq(os.n, 1);
		ck_assert_int_eq(os.v[0].result, RESULT_RUNNING);
		ok(operation_running(cx, db, &os));
		ck_assert_uint_eq(os.n, 1);
	}
}
END_TEST

/* What a worker that lost its row may still do: nothing. */
START_TEST(a_worker_that_lost_its_row)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING), now;
	struct ws_outcome o = now_is(STATUS_STANDBY);
	const char *op = new_id(), *other = new_id();
	int round;

	now = begun(w, OPERATION_PROVISIONING, other);
	for (round = 0; round < 2; round++) {
		struct workspace before = get(w.id);

		fails(ERR_CONFLICT, op_watch(cx, db, w.id, op, &now));
		fails(ERR_CONFLICT,
		      op_progress(cx, db, w.id, op, 1, 2, NULL, &now));
		fails(ERR_CONFLICT, op_trash(cx, db, w.id, op, "x", 1));
		fails(ERR_CONFLICT, op_archived(cx, db, w.id, op, "x"));
		fails(ERR_CONFLICT, op_instance(cx, db, w.id, op, "x", 1, "b"));
		fails(ERR_CONFLICT,
		      op_end(cx, db, w.id, op, RESULT_OK, 0, &o, NULL));
		ck_assert_int_eq(get(w.id).rev, before.rev);
		/* And when its own has ended. */
		if (!round)
			ended(get(w.id), RESULT_OK, o);
		op = other;
	}
}
END_TEST

START_TEST(facts_on_the_way)
{
	struct workspace w = resting(STATUS_STANDBY);
	const char *op = new_id();

	w = begun(w, OPERATION_ARCHIVING, op);
	ok(op_archived(cx, db, w.id, op, "key"));
	ck_assert_str_eq(get(w.id).archive_key, "key");
	ok(op_trash(cx, db, w.id, op, "trash", 77));
	ck_assert_str_eq(get(w.id).trash_key, "trash");
	ck_assert_int_eq(get(w.id).purge_ms, 77);
	ok(op_instance(cx, db, w.id, op, "unix:/y", 3, "boot"));
	w = get(w.id);
	ck_assert_str_eq(w.endpoint, "unix:/y");
	ck_assert_str_eq(w.boot_id, "boot");
	ck_assert_int_eq(w.slot, 3);
	ck_assert_int_eq(w.operation, OPERATION_ARCHIVING);
	w = ended(w, RESULT_OK, now_is(STATUS_PENDING));
	ck_assert_str_eq(w.archive_key, "key");
	ck_assert_str_eq(w.trash_key, "trash");
	ck_assert_ptr_null(w.endpoint);
}
END_TEST

START_TEST(a_failure_is_kept_until_success)
{
	struct workspace w = resting(STATUS_STANDBY);
	struct ws_outcome bad = {.status = STATUS_ERROR,
				 .error = WS_ERROR_SET,
				 .reason = REASON_NO_SPACE,
				 .message = "full",
				 .error_count = 1,
				 .next_retry_ms = cx->now_ms + 30000};
	struct oper o;

	w = ended(begun(w, OPERATION_STARTING, new_id()), RESULT_FAILED, bad);
	ck_assert_int_eq(w.status, STATUS_ERROR);
	ck_assert_int_eq(w.previous_status, STATUS_STANDBY);
	ck_assert_int_eq(w.error_reason, REASON_NO_SPACE);
	ck_assert_str_eq(w.error_message, "full");
	ck_assert_int_eq(w.error_count, 1);
	ck_assert_int_eq(w.next_retry_ms, cx->now_ms + 30000);
	o = last_oper(w.id);
	ck_assert_int_eq(o.result, RESULT_FAILED);
	ck_assert_int_eq(o.reason, REASON_NO_SPACE);
	ck_assert_str_eq(o.message, "full");
	/* Tried again: out of ERROR, but the count stands. */
	ok(workspace_report(cx, db, w.id));
	w = get(w.id);
	w.status = STATUS_STANDBY;
	w = begun(w, OPERATION_STARTING, new_id());
	ck_assert_int_eq(w.status, STATUS_STANDBY);
	ck_assert_int_eq(w.error_count, 1);
	bad.error_count = 2;
	w = ended(w, RESULT_FAILED, bad);
	ck_assert_int_eq(w.error_count, 2);
	ck_assert_int_eq(w.previous_status, STATUS_STANDBY);
	ck_assert_int_ne(w.reported_ms, 0); /* the same incident */
	/* ERROR upon ERROR keeps what was before. */
	w = observed(w.id, &bad);
	ck_assert_int_eq(w.previous_status, STATUS_STANDBY);
	w.status = STATUS_STANDBY;
	w = ended(begun(w, OPERATION_STARTING, new_id()), RESULT_OK,
		  now_is(STATUS_RUNNING));
	ck_assert(!w.error_count && !w.error_message && !w.next_retry_ms &&
		  !w.reported_ms && w.error_reason == REASON_NONE);
}
END_TEST

START_TEST(an_abandoned_one_is_no_failure)
{
	struct workspace w = resting(STATUS_STANDBY);
	struct ws_outcome o = {.status = STATUS_STANDBY,
			       .error = WS_ERROR_KEEP,
			       .reason = REASON_TIMEOUT,
			       .message = "not said"};

	w = ended(begun(w, OPERATION_ARCHIVING, new_id()), RESULT_ABANDONED, o);
	ck_assert_int_eq(w.error_reason, REASON_NONE);
	ck_assert_int_eq(last_oper(w.id).result, RESULT_ABANDONED);
	ck_assert_int_eq(last_oper(w.id).reason, REASON_NONE);
	ck_assert_ptr_null(last_oper(w.id).message);
}
END_TEST

START_TEST(up_and_down)
{
	struct workspace w = resting(STATUS_STANDBY), up;
	struct ws_outcome o = now_is(STATUS_RUNNING);
	struct ws_activity act;
	enum status s;

	cx->now_ms += 5000;
	o.set_instance = true;
	o.endpoint = "unix:/x";
	o.slot = 7;
	o.boot_id = "boot";
	up = observed(w.id, &o);
	ck_assert_int_eq(up.last_access_ms, cx->now_ms);
	ck_assert_int_eq(up.idle_since_ms, cx->now_ms);
	ck_assert_str_eq(up.endpoint, "unix:/x");
	/* Still up: no new access. */
	cx->now_ms += 5000;
	o.set_instance = false;
	up = observed(w.id, &o);
	ck_assert_int_eq(up.last_access_ms, cx->now_ms - 5000);
	ck_assert_int_eq(up.slot, 7);
	ck_assert_int_eq(up.status_changed_ms, cx->now_ms - 5000);
	act = (struct ws_activity){w.id, 0, 2, 0};
	ok(workspace_activity(cx, db, &act, 1));
	/* In ERROR the instance may live on: what is known of it stays. */
	o = now_is(STATUS_ERROR);
	up = observed(w.id, &o);
	ck_assert_str_eq(up.endpoint, "unix:/x");
	ck_assert_int_eq(up.connections, 2);
	for (s = STATUS_PENDING; s < STATUS__MAX; s++) {
		if (s == STATUS_RUNNING || s == STATUS_ERROR)
			continue;
		up = resting(STATUS_RUNNING);
		ck_assert_int_eq(up.slot, 4);
		o = now_is(s);
		up = observed(up.id, &o);
		ck_assert_ptr_null(up.endpoint);
		ck_assert_ptr_null(up.boot_id);
		ck_assert(up.slot == -1 && !up.connections &&
			  !up.idle_since_ms);
	}
}
END_TEST

START_TEST(observation_respects_others)
{
	struct workspace w = resting(STATUS_STANDBY);
	struct ws_outcome o = now_is(STATUS_PENDING);

	ok(workspace_wish(cx, db, w.id, 0, STATUS_RUNNING, NULL));
	fails(ERR_CONFLICT, workspace_observe(cx, db, w.id, w.rev, &o, NULL));
	w = begun(get(w.id), OPERATION_STARTING, new_id());
	fails(ERR_CONFLICT, workspace_observe(cx, db, w.id, w.rev, &o, NULL));
	ck_assert_int_eq(get(w.id).status, STATUS_STANDBY);
}
END_TEST

static size_t
n_work(void)
{
	struct workspaces ws;

	ok(workspace_work(cx, db, &ws));
	return ws.n;
}

START_TEST(work_is_what_needs_something)
{
	struct workspace w = new_ws(ann, "a", STATUS_PENDING);
	struct ws_outcome o = now_is(STATUS_ERROR);

	ck_assert_uint_eq(n_work(), 0);
	resting(STATUS_RUNNING);
	resting(STATUS_STANDBY);
	ck_assert_uint_eq(n_work(), 0);
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	ck_assert_uint_eq(n_work(), 1);
	w = begun(get(w.id), OPERATION_PROVISIONING, new_id());
	ok(workspace_wish(cx, db, w.id, 0, STATUS_PENDING, NULL));
	ck_assert_uint_eq(n_work(), 1);
	w = ended(w, RESULT_OK, now_is(STATUS_PENDING));
	ck_assert_uint_eq(n_work(), 0);
	observed(w.id, &o);
	ck_assert_uint_eq(n_work(), 1);
	ok(workspace_delete(cx, db, w.id, 0, NULL));
	ck_assert_uint_eq(n_work(), 1);
	o = now_is(STATUS_DELETED);
	w = observed(w.id, &o);
	ck_assert_uint_eq(n_work(), 0);
	ok(workspace_undelete(cx, db, w.id, 0, STATUS_PENDING, NULL));
	ck_assert_uint_eq(n_work(), 1);
}
END_TEST

START_TEST(archives_come_due)
{
	struct workspace a = resting(STATUS_STANDBY), b, c;
	struct ws_patch never = {.standby_ttl_s = -1, .archive_ttl_s = 0};
	struct workspaces ws;

	cx->now_ms += 1000;
	b = resting(STATUS_STANDBY);
	c = resting(STATUS_STANDBY);
	resting(STATUS_RUNNING);
	ok(workspace_patch(cx, db, c.id, 0, &never, NULL));
	cx->now_ms += DAY_MS - 1001;
	ok(workspace_archive_due(cx, db, 0, &ws));
	ck_assert_uint_eq(ws.n, 0);
	cx->now_ms += 1;
	ok(workspace_archive_due(cx, db, 0, &ws));
	ck_assert_uint_eq(ws.n, 1);
	ck_assert_str_eq(ws.v[0].id, a.id);
	cx->now_ms += DAY_MS;
	ok(workspace_archive_due(cx, db, 0, &ws));
	ck_assert_uint_eq(ws.n, 2);
	ck_assert_str_eq(ws.v[1].id, b.id);
	ok(workspace_archive_due(cx, db, 1, &ws));
	ck_assert_uint_eq(ws.n, 1);
	ck_assert_str_eq(ws.v[0].id, a.id);
	ok(workspace_ttl_wish(cx, db, a.id, ws.v[0].rev, STATUS_PENDING));
	ok(workspace_archive_due(cx, db, 0, &ws));
	ck_assert_uint_eq(ws.n, 1);
}
END_TEST

START_TEST(trash_is_kept_and_purged)
{
	struct workspace w = resting(STATUS_STANDBY);
	struct ws_outcome o = now_is(STATUS_DELETED);
	struct workspaces ws;

	ok(workspace_delete(cx, db, w.id, 0, NULL));
	w = begun(get(w.id), OPERATION_DELETING, new_id());
	ok(op_trash(cx, db, w.id, w.op_id, "t1", cx->now_ms + 9));
	w = ended(w, RESULT_OK, o);
	ok(workspace_trash(cx, db, &ws));
	ck_assert_uint_eq(ws.n, 1);
	ck_assert_str_eq(ws.v[0].trash_key, "t1");
	fails(ERR_CONFLICT, workspace_purged(cx, db, w.id, "t2"));
	ok(workspace_purged(cx, db, w.id, "t1"));
	ck_assert_int_eq(get(w.id).purge_ms, 0);
	ok(workspace_trash(cx, db, &ws));
	ck_assert_uint_eq(ws.n, 0);
	/* An outcome can clear it as well. */
	w = begun(resting(STATUS_STANDBY), OPERATION_DELETING, new_id());
	ok(op_trash(cx, db, w.id, w.op_id, "t3", 9));
	o.set_trash = true;
	w = ended(w, RESULT_OK, o);
	ck_assert_ptr_null(w.trash_key);
}
END_TEST

START_TEST(activity_writes_only_what_differs)
{
	struct workspace a = resting(STATUS_RUNNING),
			 b = resting(STATUS_STANDBY), now;
	struct ws_activity v[] = {
		{a.id, a.last_access_ms + 5, 2, 0},
		{b.id, b.last_access_ms + 5, 2, 0},
	};
	int64_t seq = 0, seq2 = 0;

	ok(workspace_activity(cx, db, v, 2));
	now = get(a.id);
	ck_assert_int_eq(now.connections, 2);
	ck_assert_int_eq(now.idle_since_ms, 0);
	ck_assert_int_eq(now.last_access_ms, a.last_access_ms + 5);
	ck_assert_int_eq(now.rev, a.rev + 1);
	ck_assert_int_eq(get(b.id).rev, b.rev); /* it does not run */
	ok(change_newest(cx, db, &seq));
	ok(workspace_activity(cx, db, v, 2));
	v[0].last_access_ms = 1;
	ok(workspace_activity(cx, db, v, 2));
	ok(workspace_activity(cx, db, v, 0));
	ok(change_newest(cx, db, &seq2));
	ck_assert_int_eq(seq, seq2);
	v[0].connections = 0;
	v[0].idle_since_ms = cx->now_ms;
	ok(workspace_activity(cx, db, v, 1));
	ck_assert_int_eq(get(a.id).last_access_ms, a.last_access_ms + 5);
	ck_assert_int_eq(get(a.id).idle_since_ms, cx->now_ms);
}
END_TEST

START_TEST(running_ones)
{
	struct workspaces ws;
	struct workspace w = resting(STATUS_RUNNING);

	resting(STATUS_STANDBY);
	ok(workspace_running(cx, db, &ws));
	ck_assert_uint_eq(ws.n, 1);
	ck_assert_str_eq(ws.v[0].id, w.id);
	ck_assert_str_eq(ws.v[0].endpoint, "unix:/x");
}
END_TEST

START_TEST(briefs_in_order_of_id)
{
	struct ws_briefs bs;
	const char *last = "";
	int64_t n = 0;
	int i;

	for (i = 0; i < 25; i++)
		resting(i % 2 ? STATUS_STANDBY : STATUS_PENDING);
	do {
		size_t k;

		ok(workspace_briefs(cx, db, last, 10, &bs));
		for (k = 0; k < bs.n; k++, n++) {
			struct workspace w = get(bs.v[k].id);

			ck_assert_int_lt(strcmp(last, bs.v[k].id), 0);
			last = bs.v[k].id;
			ck_assert(bs.v[k].status == w.status &&
				  bs.v[k].desired == w.desired &&
				  bs.v[k].operation == w.operation &&
				  bs.v[k].rev == w.rev);
		}
	} while (bs.n == 10);
	ck_assert_int_eq(n, 25);
}
END_TEST

START_TEST(history_is_trimmed_but_not_bare)
{
	struct workspace w = resting(STATUS_STANDBY);
	struct opers os;
	int i;

	for (i = 0; i < 30; i++)
		w = ended(begun(w, OPERATION_STARTING, new_id()), RESULT_OK,
			  now_is(STATUS_STANDBY));
	w = begun(w, OPERATION_STARTING, new_id());
	ok(operation_list(cx, db, w.id, 0, 100, &os));
	ck_assert_uint_eq(os.n, 31);
	ck_assert_int_gt(os.v[0].n, os.v[1].n);
	ok(operation_list(cx, db, w.id, os.v[29].n, 100, &os));
	ck_assert_uint_eq(os.n, 1);
	ok(operation_trim(cx, db, cx->now_ms));
	ok(operation_list(cx, db, w.id, 0, 100, &os));
	ck_assert_uint_eq(os.n, 31);
	ok(operation_trim(cx, db, cx->now_ms + 1));
	ok(operation_list(cx, db, w.id, 0, 100, &os));
	ck_assert_uint_eq(os.n, 20);
	ck_assert_int_eq(os.v[0].result, RESULT_RUNNING);
}
END_TEST

START_TEST(stats_count_what_is_at_work)
{
	struct store_stats st;

	begun(resting(STATUS_STANDBY), OPERATION_STARTING, new_id());
	begun(resting(STATUS_STANDBY), OPERATION_STARTING, new_id());
	begun(resting(STATUS_STANDBY), OPERATION_ARCHIVING, new_id());
	resting(STATUS_RUNNING);
	ok(store_stats(cx, db, &st));
	ck_assert_int_eq(st.operations[OPERATION_STARTING], 2);
	ck_assert_int_eq(st.operations[OPERATION_ARCHIVING], 1);
	ck_assert_int_eq(st.operations[OPERATION_NONE], 0);
	ck_assert_int_eq(st.by_status[STATUS_STANDBY], 3);
	ck_assert_int_eq(st.by_status[STATUS_RUNNING], 1);
	ck_assert_int_eq(st.counting, 3);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		an_operation_from_begin_to_end,
		one_operation_at_a_time,
		a_worker_that_lost_its_row,
		facts_on_the_way,
		a_failure_is_kept_until_success,
		an_abandoned_one_is_no_failure,
		up_and_down,
		observation_respects_others,
		work_is_what_needs_something,
		archives_come_due,
		trash_is_kept_and_purged,
		activity_writes_only_what_differs,
		running_ones,
		briefs_in_order_of_id,
		history_is_trimmed_but_not_bare,
		stats_count_what_is_at_work,
		NULL,
	};

	return run_suite("store_op", tests);
}
