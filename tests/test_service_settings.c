/* Changing settings, and what a rehearsal says before. service/settings.h. */
#include "support/servicefix.h"

#include "rules/ttl.h"
#include "service/settings.h"
#include "store/ws_ttl.h"

#define MINUTE_MS INT64_C(60000)

static struct settings_wish
wish(enum setting s, int64_t value, enum ttl_scope scope)
{
	struct settings_wish w = {.scope = scope};

	w.set[s] = true;
	w.value[s] = value;
	return w;
}

static struct rehearsal
rehearse(const struct settings_wish *w)
{
	struct rehearsal r;

	ok(settings_rehearse(cx, db, w, &r));
	return r;
}

static int64_t
setting_of(enum setting s)
{
	struct settings all;

	ok(settings_load(cx, db, &all));
	return all.v[s];
}

/* One that has been idle, or asleep, for so long. */
static struct workspace
idle(enum status s, int64_t ms, int64_t ttl_s)
{
	struct workspace w = create(&ann_who, "w");

	becomes(w.id, s);
	raw(arena_printf(&cx->arena,
			 "UPDATE workspace SET rev = rev + 1, desired = '%s',"
			 " last_access_ms = %lld, idle_since_ms = %lld,"
			 " standby_ttl_s = %lld, archive_ttl_s = %lld WHERE id "
			 "= '%s'",
			 status_name(s), (long long)(cx->now_ms - ms),
			 (long long)(s == STATUS_RUNNING ? cx->now_ms - ms : 0),
			 (long long)ttl_s, (long long)ttl_s, w.id));
	return get(w.id);
}

/* How many workspaces a pass would stop or archive now. */
static void
due(int64_t *stops, int64_t *archives)
{
	static const enum status of[] = {STATUS_RUNNING, STATUS_STANDBY};
	struct workspaces ws;
	enum status s;

	*stops = *archives = 0;
	for (int i = 0; i < 2; i++) {
		ok(workspace_ttl_rows(cx, db, of[i], 1000, &ws));
		for (size_t k = 0; k < ws.n; k++)
			if (ttl_wish(&ws.v[k], cx->now_ms, &s))
				*(s == STATUS_STANDBY ? stops : archives) += 1;
	}
}

START_TEST(what_is_rehearsed_comes_true)
{
	const int64_t ttls[] = {60, 120, 300, 600, 0};
	int64_t stops0, archives0, stops1, archives1;
	struct settings_wish w;
	struct rehearsal r;

	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, 1000));
	for (int i = 0; i < 60; i++)
		(void)idle(i % 2 ? STATUS_RUNNING : STATUS_STANDBY,
			   i * MINUTE_MS / 4, ttls[i % 5]);
	for (enum ttl_scope scope = TTL_NEW; scope <= TTL_ALL; scope++)
		for (size_t i = 0; i < 5; i++) {
			w = wish(SETTING_STANDBY_TTL_SECONDS, ttls[i], scope);
			w.set[SETTING_ARCHIVE_TTL_SECONDS] = true;
			w.value[SETTING_ARCHIVE_TTL_SECONDS] = ttls[4 - i];
			ok(db_begin(cx, db));
			due(&stops0, &archives0);
			db_rollback(db);
			r = rehearse(&w);
			ok(settings_save(cx, db, &admin_who, &w));
			due(&stops1, &archives1);
			if (scope == TTL_NEW)
				ck_assert_int_eq(r.touched, 0);
			/* what was due before may be due no longer: only what
			 * comes new is told */
			ck_assert_int_ge(stops0 + r.stops, stops1);
			ck_assert_int_ge(archives0 + r.archives, archives1);
			if (stops0 == 0)
				ck_assert_int_eq(r.stops, stops1);
			if (archives0 == 0)
				ck_assert_int_eq(r.archives, archives1);
		}
}
END_TEST

START_TEST(whose_idle_times_change)
{
	struct workspace same = idle(STATUS_RUNNING, 10 * MINUTE_MS, 3600);
	struct workspace other = idle(STATUS_RUNNING, 10 * MINUTE_MS, 7200);
	struct settings_wish w;
	struct rehearsal r;

	ok(setting_put(cx, db, SETTING_STANDBY_TTL_SECONDS, 3600));
	w = wish(SETTING_STANDBY_TTL_SECONDS, 60, TTL_NEW);
	r = rehearse(&w);
	ck_assert_uint_eq(r.n_diff, 1);
	ck_assert_int_eq(r.diff[0].from, 3600);
	ck_assert_int_eq(r.diff[0].to, 60);
	ck_assert_int_eq(r.touched + r.stops, 0);
	w.scope = TTL_SAME;
	r = rehearse(&w);
	ck_assert_int_eq(r.touched, 1);
	ck_assert_int_eq(r.stops, 1);
	w.scope = TTL_ALL;
	r = rehearse(&w);
	ck_assert_int_eq(r.touched, 2);
	ck_assert_int_eq(r.stops, 2);
	ck_assert_int_eq(r.archives, 0);
	/* nothing of that was done */
	ck_assert_int_eq(get(same.id).standby_ttl_s, 3600);
	ck_assert_int_eq(setting_of(SETTING_STANDBY_TTL_SECONDS), 3600);
	w.scope = TTL_SAME;
	ok(settings_save(cx, db, &admin_who, &w));
	ck_assert_int_eq(get(same.id).standby_ttl_s, 60);
	ck_assert_int_eq(get(other.id).standby_ttl_s, 7200);
	ck_assert_int_gt(get(same.id).rev, same.rev);
	ck_assert_int_eq(get(other.id).rev, other.rev);
	ck_assert_str_eq(audited(),
			 "root setting.change TTLs of workspaces: same");
}
END_TEST

START_TEST(limits_and_operations_are_told)
{
	struct settings_wish w = wish(SETTING_MAX_RUNNING_PER_USER, 1, TTL_NEW);
	struct workspace a = create(&ann_who, "a"), out;
	struct rehearsal r;

	(void)create(&ann_who, "b");
	(void)create(&bob_who, "c");
	r = rehearse(&w);
	ck_assert_int_eq(r.over_users, 1);
	ck_assert_int_eq(r.running, 3);
	ck_assert(!r.over_global);
	/* who has a limit of their own is not asked by the setting */
	ok(user_set_limit(cx, db, ann, 2));
	ck_assert_int_eq(rehearse(&w).over_users, 0);
	w = wish(SETTING_MAX_RUNNING_GLOBAL, 2, TTL_NEW);
	ck_assert(rehearse(&w).over_global);
	ok(op_begin(cx, db, a.id, a.rev, a.status, OPERATION_PROVISIONING,
		    new_id(), &out));
	cx->now_ms += 2 * MINUTE_MS;
	w = wish(SETTING_PROVISIONING_LIMIT_SECONDS, 60, TTL_NEW);
	ck_assert_int_eq(rehearse(&w).overdue, 1);
	w = wish(SETTING_PROVISIONING_LIMIT_SECONDS, 600, TTL_NEW);
	ck_assert_int_eq(rehearse(&w).overdue, 0);
}
END_TEST

START_TEST(all_of_it_or_nothing)
{
	struct settings_wish w = wish(SETTING_UNDO_HOURS, 48, TTL_NEW);
	bool stored[SETTING__MAX];
	size_t n = audits();

	w.set[SETTING_ARCHIVE_LEVEL] = true;
	w.value[SETTING_ARCHIVE_LEVEL] = 99;
	ck_assert_int_eq(settings_save(cx, db, &admin_who, &w), ERR_INVALID);
	ck_assert_str_eq(cx->field, "archive_level");
	cx_clear(cx);
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 24);
	ck_assert_uint_eq(audits(), n);
	w.value[SETTING_ARCHIVE_LEVEL] = 3; /* as it is */
	ok(settings_save(cx, db, &admin_who, &w));
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 48);
	ck_assert_uint_eq(audits(), n + 1);
	/* the same again is nothing; the default is stored nowhere */
	ok(settings_save(cx, db, &admin_who, &w));
	ck_assert_uint_eq(audits(), n + 1);
	w.value[SETTING_UNDO_HOURS] = 24;
	ok(settings_save(cx, db, &admin_who, &w));
	ok(settings_stored(cx, db, stored));
	ck_assert(!stored[SETTING_UNDO_HOURS]);
}
END_TEST

START_TEST(somebody_else_was_faster)
{
	struct settings_wish w = wish(SETTING_UNDO_HOURS, 48, TTL_NEW);
	struct settings all;

	ok(settings_load(cx, db, &all));
	w.seen = settings_mark(cx, &all);
	ok(setting_put(cx, db, SETTING_ARCHIVE_LEVEL, 5));
	fails(ERR_CONFLICT, settings_save(cx, db, &admin_who, &w));
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 24);
	ok(settings_load(cx, db, &all));
	w.seen = settings_mark(cx, &all);
	ok(settings_save(cx, db, &admin_who, &w));
	ck_assert_int_eq(setting_of(SETTING_UNDO_HOURS), 48);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_is_rehearsed_comes_true,	whose_idle_times_change,
		limits_and_operations_are_told, all_of_it_or_nothing,
		somebody_else_was_faster,	NULL,
	};

	return run_service("service_settings", tests);
}
