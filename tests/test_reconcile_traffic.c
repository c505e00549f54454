/* count_open_connections = traffic: what moves holds, not what is open.
 * docs/ACTIVITY.md. */
#include "support/reconfix.h"

static struct flow flows[2];

/* Running, one connection open, windows of a minute. */
static struct workspace
one_connected(void)
{
	struct workspace w = idle_for(301000);

	t.site.count_open_connections = "traffic";
	flows[0] = (struct flow){7, 100};
	mock_add(w.id, 1);
	mock.v[mock_at(w.id)].flows = flows;
	mock.v[mock_at(w.id)].n_flows = 1;
	return w;
}

/* As if the window had begun so long ago. */
static void
window_ago(const char *id, int64_t ms, int64_t moved)
{
	const char *text =
		arena_printf(&cx->arena,
			     "roost-traffic 1 0 %lld %lld 1\n7 %lld\n",
			     (long long)(clock_now_ms() - ms),
			     (long long)(clock_now_ms() - ms),
			     (long long)moved);

	ok(fs_write(cx, site_run_path(cx, id, ".traffic"), text, strlen(text),
		    0600));
}

START_TEST(a_silent_connection_does_not_hold)
{
	struct workspace w = one_connected();

	pass(); /* seen for the first time: that is use */
	w = get(w.id);
	ck_assert_int_eq(w.connections, 1);
	ck_assert_int_eq(w.idle_since_ms, 0);
	window_ago(w.id, 61000, 100);
	pass();
	w = get(w.id);
	ck_assert_int_eq(w.status, STATUS_RUNNING);
	ck_assert_int_eq(w.connections, 1);
	ck_assert_int_ne(w.idle_since_ms, 0);
	ck_assert_int_le(w.idle_since_ms, clock_now_ms() - 61000);
	doctor(w.id, "last_access_ms = 1, idle_since_ms = 1");
	pass();
	is_at(w.id, STATUS_STANDBY);
}
END_TEST

START_TEST(a_connection_that_moves_holds)
{
	struct workspace w = one_connected();

	pass();
	window_ago(w.id, 61000, 100);
	pass();
	ck_assert_int_ne(get(w.id).idle_since_ms, 0);
	flows[0].moved += 4096;
	pass(); /* at once, not after a window */
	w = get(w.id);
	ck_assert_int_eq(w.idle_since_ms, 0);
	ck_assert_int_gt(w.last_access_ms, clock_now_ms() - 60000);
	/* another one in its place is not the old one's silence */
	window_ago(w.id, 61000, 100);
	flows[0] = (struct flow){8, 5000};
	pass();
	ck_assert_int_eq(get(w.id).idle_since_ms, 0);
}
END_TEST

/* What cannot be known or kept proves no silence. */
START_TEST(a_lost_sample_holds)
{
	static const char *const torn[] = {
		"",
		"roost-traffic",
		"roost-traffic 1 0 5 5 1\n",
		"roost-traffic 1 99 5 5 0\n", /* of another instance */
		"roost-traffic 1 0 5 5 18446744073709551615\n",
	};
	struct workspace w = one_connected();
	const char *path = site_run_path(cx, w.id, ".traffic");

	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		ok(fs_write(cx, path, torn[i], strlen(torn[i]), 0600));
		pass();
		ck_assert_int_eq(get(w.id).idle_since_ms, 0);
	}
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0); /* neither read nor written */
	pass();
	ck_assert_int_eq(get(w.id).idle_since_ms, 0);
	ck_assert_int_eq(rmdir(path), 0);
	window_ago(w.id, 61000, 100);
	mock.v[mock_at(w.id)].n_flows = 0; /* an engine that cannot tell */
	pass();
	ck_assert_int_eq(get(w.id).idle_since_ms, 0);
	ck_assert_int_eq(unlink(path), 0);
	mock.v[mock_at(w.id)].n_flows = 1;
	pass();
	ck_assert(fs_exists(path));
	mock_add(w.id, 0);
	pass();
	ck_assert(fs_exists(path)); /* for when they come back */
	wish_delete(w.id);
	pass();
	ck_assert(!fs_exists(path));
}
END_TEST

/* A tab that reconnects each minute, or asks again and again, and says nothing
 * else: it is not a new use each time. */
START_TEST(a_connection_that_comes_and_goes_does_not_hold)
{
	struct workspace w = one_connected();
	int64_t since;

	pass();
	ck_assert_int_eq(get(w.id).idle_since_ms, 0);
	mock_add(w.id, 0);
	pass();
	since = get(w.id).idle_since_ms;
	ck_assert_int_ne(since, 0);
	window_ago(w.id, 61000, 100);
	for (int i = 1; i <= 3; i++) {
		flows[0] = (struct flow){(uint64_t)(7 + i), 500};
		mock_add(w.id, 1);
		pass();
		ck_assert_int_eq(get(w.id).connections, 1);
		ck_assert_int_eq(get(w.id).idle_since_ms, since);
		mock_add(w.id, 0);
		pass();
		ck_assert_int_eq(get(w.id).idle_since_ms, since);
	}
	mock_add(w.id, 1);
	doctor(w.id, "last_access_ms = 1, idle_since_ms = 1");
	pass();
	is_at(w.id, STATUS_STANDBY);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{a_silent_connection_does_not_hold,
		 a_connection_that_moves_holds, a_lost_sample_holds,
		 a_connection_that_comes_and_goes_does_not_hold, NULL};

	return world_suite("reconcile_traffic", tests);
}
