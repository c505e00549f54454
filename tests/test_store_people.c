/* Users, logins, sessions, tokens, and the small tables. */
#include "support/storefix.h"

#include <sys/wait.h>
#include <unistd.h>

#include "store/audit.h"
#include "store/idempotency.h"
#include "store/meta.h"
#include "store/orphan.h"
#include "store/pass.h"
#include "store/session.h"
#include "store/setting.h"
#include "store/token.h"

#define HOUR_MS (INT64_C(3600) * 1000)

START_TEST(users_come_and_go)
{
	struct user u, same;
	struct users us;
	int64_t bob = new_user("Bob");

	ok(user_by_id(cx, db, bob, &u));
	ck_assert_str_eq(u.name, "Bob");
	ck_assert_str_eq(u.password_hash, "$y$hash");
	ck_assert_int_eq(u.role, ROLE_USER);
	ck_assert_int_eq(u.max_running, -1);
	ck_assert_int_eq(u.created_ms, cx->now_ms);
	ck_assert_int_eq(u.disabled_ms, 0);
	ok(user_by_name(cx, db, "bOB", &same));
	ck_assert_int_eq(same.id, bob);
	fails(ERR_EXISTS, user_add(cx, db, "BOB", "x", ROLE_USER, NULL));
	fails(ERR_NOT_FOUND, user_by_name(cx, db, "eve", &u));
	fails(ERR_NOT_FOUND, user_by_id(cx, db, 99, &u));
	new_ws(bob, "w", STATUS_STANDBY);
	ok(user_list(cx, db, &us));
	ck_assert_uint_eq(us.n, 2);
	ck_assert_str_eq(us.v[0].name, "ann");
	ck_assert_str_eq(us.v[1].name, "Bob");
	ck_assert_int_eq(us.v[1].workspaces, 1);
	ck_assert_ptr_null(us.v[0].password_hash);
	fails(ERR_STATE, user_delete(cx, db, bob));
	ok(user_delete(cx, db, ann));
	fails(ERR_NOT_FOUND, user_delete(cx, db, ann));
	/* A number is never used again. */
	ck_assert_int_gt(new_user("ann"), bob);
}
END_TEST

START_TEST(users_are_changed)
{
	struct user u;
	int64_t n = 0;

	ok(user_set_role(cx, db, ann, ROLE_ADMIN));
	ok(user_set_limit(cx, db, ann, 7));
	ok(user_set_password(cx, db, ann, "$y$other", false));
	cx->now_ms += 5;
	ok(user_set_disabled(cx, db, ann, true));
	ok(user_by_id(cx, db, ann, &u));
	ck_assert_int_eq(u.role, ROLE_ADMIN);
	ck_assert_int_eq(u.max_running, 7);
	ck_assert_str_eq(u.password_hash, "$y$other");
	ck_assert_int_eq(u.disabled_ms, cx->now_ms);
	ck_assert_int_eq(u.updated_ms, cx->now_ms);
	ok(user_count_admins(cx, db, &n));
	ck_assert_int_eq(n, 0);
	ok(user_set_disabled(cx, db, ann, false));
	ok(user_set_limit(cx, db, ann, -1));
	ok(user_count_admins(cx, db, &n));
	ck_assert_int_eq(n, 1);
	ok(user_by_id(cx, db, ann, &u));
	ck_assert_int_eq(u.max_running, -1);
	fails(ERR_NOT_FOUND, user_set_role(cx, db, 99, ROLE_USER));
	fails(ERR_NOT_FOUND, user_set_disabled(cx, db, 99, true));
}
END_TEST

static int64_t
attempt(const char *name)
{
	int64_t until = -1;

	ok(login_try(cx, db, name, &until));
	return until;
}

/* SPEC section 8: 5 failures, 30 s doubling to 30 min; known or not. */
static void
lock_grows(const char *name)
{
	int64_t pause = 30000;
	int i;

	for (i = 0; i < 5; i++)
		ck_assert_int_eq(attempt(name), 0);
	for (i = 0; i < 12; i++) {
		ck_assert_int_eq(attempt(name), cx->now_ms + pause);
		cx->now_ms += pause - 1;
		ck_assert_int_eq(attempt(name), cx->now_ms + 1);
		cx->now_ms += 1;
		ck_assert_int_eq(attempt(name), 0);
		pause = pause < 900000 ? pause * 2 : 1800000;
		if (pause > 1800000)
			pause = 1800000;
	}
}

START_TEST(login_locks)
{
	struct user u;
	int i;

	lock_grows("ann");
	lock_grows("nobody at all");
	cx->now_ms += HOUR_MS;
	ck_assert_int_eq(attempt("ANN"), 0);
	ck_assert_int_gt(attempt("aNN"), 0);
	cx->now_ms += HOUR_MS;
	ok(login_ok(cx, db, "Ann", ann));
	ok(user_by_id(cx, db, ann, &u));
	ck_assert_int_eq(u.last_login_ms, cx->now_ms);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(attempt("ann"), 0);
	ck_assert_int_gt(attempt("ann"), 0);
	cx->now_ms += 25 * HOUR_MS;
	ok(login_expire(cx, db));
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(attempt("ann"), 0);
}
END_TEST

/* Guesses at the same moment cannot pass the lock together. */
START_TEST(login_lock_is_exact)
{
	int64_t until;
	int i, status, through = 0;

	db_close(db);
	db = NULL;
	for (i = 0; i < 12; i++)
		if (!fork()) {
			if (db_open(cx, DB_WRITE, &db) ||
			    login_try(cx, db, "ann", &until))
				_exit(2);
			_exit(until == 0);
		}
	for (i = 0; i < 12; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 2);
		through += WEXITSTATUS(status);
	}
	ck_assert_int_eq(through, 5);
	ok(db_open(cx, DB_WRITE, &db));
}
END_TEST

START_TEST(sessions_slide_and_end)
{
	struct session s;
	struct sessions list;

	ok(session_add(cx, db, "h1", ann, "c1", "Firefox", "::1",
		       cx->now_ms + HOUR_MS));
	ok(session_add(cx, db, "h2", ann, "c2", NULL, NULL,
		       cx->now_ms + HOUR_MS));
	ok(user_set_limit(cx, db, ann, 3));
	ok(session_find(cx, db, "h1", &s));
	ck_assert_str_eq(s.csrf, "c1");
	ck_assert_int_eq(s.user.id, ann);
	ck_assert_str_eq(s.user.name, "ann");
	ck_assert_int_eq(s.user.role, ROLE_USER);
	ck_assert_int_eq(s.user.max_running, 3);
	fails(ERR_NOT_FOUND, session_find(cx, db, "h3", &s));
	cx->now_ms += 59999;
	ck_assert(!session_stale(cx, &s));
	cx->now_ms += 1;
	ck_assert(session_stale(cx, &s));
	ok(session_touch(cx, db, "h1", cx->now_ms + HOUR_MS));
	ok(session_find(cx, db, "h1", &s));
	ck_assert(!session_stale(cx, &s));
	ok(session_list(cx, db, ann, &list));
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(list.v[0].hash, "h1");
	ck_assert_str_eq(list.v[0].ua, "Firefox");
	ck_assert_str_eq(list.v[0].ip, "::1");
	ck_assert_str_eq(list.v[1].ua, "");
	/* h2 has not been touched: a minute less. */
	cx->now_ms += HOUR_MS - 60000;
	fails(ERR_NOT_FOUND, session_find(cx, db, "h2", &s));
	ok(session_find(cx, db, "h1", &s));
	ok(session_expire(cx, db));
	ck_assert_int_eq(raw_rc("INSERT INTO session SELECT 'x', 1, '', '', "
				"'', 0, 0, 0 FROM session WHERE hash = 'h2'"),
			 SQLITE_OK);
	ck_assert_int_eq((int)sqlite3_changes(db->sq), 0);
	ok(session_delete(cx, db, "h1"));
	ok(session_delete(cx, db, "h1"));
	fails(ERR_NOT_FOUND, session_find(cx, db, "h1", &s));
}
END_TEST

START_TEST(sessions_end_with_their_user)
{
	struct session s;

	ok(session_add(cx, db, "h1", ann, "c", "", "", cx->now_ms + 9));
	ok(session_add(cx, db, "h2", ann, "c", "", "", cx->now_ms + 9));
	ok(session_delete_user(cx, db, ann, "h2"));
	fails(ERR_NOT_FOUND, session_find(cx, db, "h1", &s));
	ok(session_find(cx, db, "h2", &s));
	ok(user_set_disabled(cx, db, ann, true));
	ok(user_set_disabled(cx, db, ann, false));
	fails(ERR_NOT_FOUND, session_find(cx, db, "h2", &s));
	ok(session_add(cx, db, "h3", ann, "c", "", "", cx->now_ms + 9));
	raw("UPDATE user SET disabled_ms = 1");
	fails(ERR_NOT_FOUND, session_find(cx, db, "h3", &s));
	raw("UPDATE user SET disabled_ms = 0");
	ok(session_find(cx, db, "h3", &s));
	ok(user_delete(cx, db, ann));
	fails(ERR_NOT_FOUND, session_find(cx, db, "h3", &s));
}
END_TEST

START_TEST(long_agents_are_cut_at_a_character)
{
	struct sessions list;
	char ua[2000];
	size_t i;

	for (i = 0; i + 2 < sizeof(ua); i += 2)
		memcpy(ua + i, "\xc3\xa4", 3);
	ok(session_add(cx, db, "h", ann, "c", ua, "", cx->now_ms + 9));
	ok(session_list(cx, db, ann, &list));
	ck_assert_uint_eq(strlen(list.v[0].ua), 600);
}
END_TEST

START_TEST(tokens_are_found_and_revoked)
{
	struct token tk;
	struct tokens list;
	int64_t id, bob = new_user("bob"), other;

	ok(token_add(cx, db, ann, "ci", "t1", 0, &id));
	ok(token_add(cx, db, bob, "ci", "t2", cx->now_ms + 10, &other));
	fails(ERR_EXISTS, token_add(cx, db, ann, "ci", "t3", 0, NULL));
	fails(ERR_EXISTS, token_add(cx, db, ann, "cj", "t1", 0, NULL));
	ok(token_find(cx, db, "t1", &tk));
	ck_assert_int_eq(tk.id, id);
	ck_assert_str_eq(tk.user.name, "ann");
	ck_assert(token_stale(cx, &tk));
	ok(token_touch(cx, db, id));
	ok(token_find(cx, db, "t1", &tk));
	ck_assert(!token_stale(cx, &tk));
	ok(token_find(cx, db, "t2", &tk));
	cx->now_ms += 10;
	fails(ERR_NOT_FOUND, token_find(cx, db, "t2", &tk));
	ok(token_list(cx, db, 0, &list));
	ck_assert_uint_eq(list.n, 2);
	ok(token_list(cx, db, bob, &list));
	ck_assert_uint_eq(list.n, 1);
	ck_assert_str_eq(list.v[0].user.name, "bob");
	fails(ERR_NOT_FOUND, token_revoke(cx, db, bob, id));
	ok(user_set_disabled(cx, db, ann, true));
	fails(ERR_NOT_FOUND, token_find(cx, db, "t1", &tk));
	ok(token_revoke(cx, db, 0, id));
	ok(token_revoke(cx, db, bob, other));
	ok(token_list(cx, db, 0, &list));
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(settings_have_defaults_and_ranges)
{
	struct settings s, def;
	bool stored[SETTING__MAX];
	enum setting i;

	settings_default(&def);
	ok(settings_load(cx, db, &s));
	ck_assert_mem_eq(&s, &def, sizeof(s));
	for (i = 0; i < SETTING__MAX; i++) {
		fails(ERR_INVALID,
		      setting_put(cx, db, i, setting_least(i) - 1));
		fails(ERR_INVALID, setting_put(cx, db, i, setting_most(i) + 1));
		ok(setting_put(cx, db, i, setting_most(i)));
		ok(setting_put(cx, db, i, setting_least(i)));
	}
	ok(settings_load(cx, db, &s));
	for (i = 0; i < SETTING__MAX; i++)
		ck_assert_int_eq(s.v[i], setting_least(i));
	ck_assert_int_eq(setting_put(cx, db, SETTING_UNDO_HOURS, -1),
			 ERR_INVALID);
	ck_assert_str_eq(cx->field, "undo_hours");
	ok(setting_clear(cx, db, SETTING_UNDO_HOURS));
	ok(setting_clear(cx, db, SETTING_UNDO_HOURS));
	/* Left by another version. */
	raw("INSERT INTO setting VALUES ('of_the_future', 1, 1);"
	    "UPDATE setting SET value = -5 WHERE key = 'keep_archives'");
	ok(settings_load(cx, db, &s));
	ck_assert_int_eq(s.v[SETTING_UNDO_HOURS],
			 setting_default(SETTING_UNDO_HOURS));
	ck_assert_int_eq(s.v[SETTING_KEEP_ARCHIVES],
			 setting_default(SETTING_KEEP_ARCHIVES));
	ok(settings_stored(cx, db, stored));
	for (i = 0; i < SETTING__MAX; i++)
		ck_assert_int_eq(stored[i], i != SETTING_UNDO_HOURS &&
						    i != SETTING_KEEP_ARCHIVES);
}
END_TEST

START_TEST(an_answer_is_given_once)
{
	struct idempotency i;
	int64_t bob = new_user("bob");

	fails(ERR_NOT_FOUND, idempotency_find(cx, db, ann, "k", &i));
	ok(idempotency_add(cx, db, ann, "k", "hash", 201, "{}"));
	ok(idempotency_find(cx, db, ann, "k", &i));
	ck_assert_str_eq(i.request_hash, "hash");
	ck_assert_int_eq(i.status, 201);
	ck_assert_str_eq(i.body, "{}");
	fails(ERR_EXISTS, idempotency_add(cx, db, ann, "k", "x", 201, "2"));
	fails(ERR_NOT_FOUND, idempotency_find(cx, db, bob, "k", &i));
	cx->now_ms += 24 * HOUR_MS - 1;
	ok(idempotency_find(cx, db, ann, "k", &i));
	cx->now_ms += 1;
	fails(ERR_NOT_FOUND, idempotency_find(cx, db, ann, "k", &i));
	ok(idempotency_add(cx, db, ann, "k", "new", 201, "3"));
	ok(idempotency_expire(cx, db));
	ok(idempotency_find(cx, db, ann, "k", &i));
	ck_assert_str_eq(i.body, "3");
	cx->now_ms += 24 * HOUR_MS;
	ok(idempotency_expire(cx, db));
	cx->now_ms -= 24 * HOUR_MS;
	fails(ERR_NOT_FOUND, idempotency_find(cx, db, ann, "k", &i));
}
END_TEST

START_TEST(orphans_keep_their_first_time)
{
	struct orphans os;
	int64_t first = 0, then = cx->now_ms;

	ok(orphan_seen(cx, db, "b", 5, &first));
	ck_assert_int_eq(first, then);
	cx->now_ms += 100;
	ok(orphan_seen(cx, db, "b", 6, &first));
	ck_assert_int_eq(first, then);
	ok(orphan_seen(cx, db, "a", 1, NULL));
	ok(orphan_list(cx, db, "", 0, &os));
	ck_assert_uint_eq(os.n, 2);
	ck_assert_str_eq(os.v[0].key, "a");
	ck_assert_int_eq(os.v[1].bytes, 6);
	ck_assert_int_eq(os.v[1].first_seen_ms, then);
	ok(orphan_list(cx, db, "a", 1, &os));
	ck_assert_uint_eq(os.n, 1);
	ck_assert_str_eq(os.v[0].key, "b");
	ok(orphan_clear(cx, db, "b"));
	ok(orphan_clear(cx, db, "b"));
	ok(orphan_seen(cx, db, "b", 7, &first));
	ck_assert_int_eq(first, cx->now_ms);
}
END_TEST

START_TEST(passes_are_recorded)
{
	struct pass p = {.rounds = 2,
			 .workspaces = 3,
			 .instances = 4,
			 .homes = 5,
			 .begun = 6,
			 .done = 7,
			 .failed = 8,
			 .abandoned = 9,
			 .errors = 10,
			 .message = "oh"},
		    got;
	struct passes ps;
	int64_t n;

	fails(ERR_NOT_FOUND, pass_last(cx, db, PASS_CRON, &got));
	ok(pass_begin(cx, db, PASS_CRON, &p.n));
	ok(pass_begin(cx, db, PASS_KICK, &n));
	cx->now_ms += 77;
	ok(pass_end(cx, db, &p));
	ok(pass_last(cx, db, PASS_CRON, &got));
	ck_assert_int_eq(got.n, p.n);
	ck_assert_int_eq(got.ended_ms - got.started_ms, 77);
	ck_assert(got.rounds == 2 && got.workspaces == 3 &&
		  got.instances == 4 && got.homes == 5 && got.begun == 6 &&
		  got.done == 7 && got.failed == 8 && got.abandoned == 9 &&
		  got.errors == 10);
	ck_assert_str_eq(got.message, "oh");
	ok(pass_list(cx, db, 0, 0, &ps));
	ck_assert_uint_eq(ps.n, 2);
	ck_assert_int_eq(ps.v[0].n, n);
	ck_assert_int_eq(ps.v[0].ended_ms, 0);
	ok(pass_list(cx, db, n, 10, &ps));
	ck_assert_uint_eq(ps.n, 1);
	p.n = 99;
	fails(ERR_NOT_FOUND, pass_end(cx, db, &p));
	raw("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"
	    " WHERE x < 10005) INSERT INTO pass (kind, started_ms)"
	    " SELECT 'cron', x FROM c");
	ok(pass_trim(cx, db));
	ok(pass_list(cx, db, 9, 10, &ps));
	ck_assert_uint_eq(ps.n, 1);
	ck_assert_int_eq(ps.v[0].n, 8);
}
END_TEST

START_TEST(audit_is_kept_in_order)
{
	struct audits as;

	ok(audit_add(cx, db, ann, "ann", "login", NULL, NULL));
	cx->now_ms += 10;
	ok(audit_add(cx, db, 0, "roostctl", "user.add", "bob", "role=user"));
	ok(audit_list(cx, db, 0, 0, &as));
	ck_assert_uint_eq(as.n, 2);
	ck_assert_str_eq(as.v[0].action, "user.add");
	ck_assert_str_eq(as.v[0].detail, "role=user");
	ck_assert_str_eq(as.v[1].target, "");
	ck_assert_int_eq(as.v[1].user_id, ann);
	ok(audit_list(cx, db, as.v[0].n, 0, &as));
	ck_assert_uint_eq(as.n, 1);
	ok(audit_trim(cx, db, cx->now_ms));
	ok(audit_list(cx, db, 0, 0, &as));
	ck_assert_uint_eq(as.n, 1);
}
END_TEST

START_TEST(facts_are_remembered)
{
	enum meta m;
	int64_t v = 9;

	for (m = 0; m < META__MAX; m++) {
		ok(meta_get(cx, db, m, &v));
		ck_assert_int_eq(v, 0);
		ok(meta_set(cx, db, m, 5 + (int64_t)m));
	}
	for (m = 0; m < META__MAX; m++) {
		ok(meta_get(cx, db, m, &v));
		ck_assert_int_eq(v, 5 + (int64_t)m);
	}
}
END_TEST

START_TEST(old_things_are_forgotten)
{
	struct store_stats st;

	ok(session_add(cx, db, "h", ann, "c", "", "", cx->now_ms + 1));
	ok(token_add(cx, db, ann, "ci", "t1", 0, NULL));
	ok(orphan_seen(cx, db, "b", 5, NULL));
	new_ws(ann, "a", STATUS_RUNNING);
	ok(store_stats(cx, db, &st));
	ck_assert_int_eq(st.users, 1);
	ck_assert_int_eq(st.sessions, 1);
	ck_assert_int_eq(st.tokens, 1);
	ck_assert_int_eq(st.orphans, 1);
	ck_assert_int_eq(st.orphan_bytes, 5);
	ck_assert_int_eq(st.by_status[STATUS_PENDING], 1);
	ck_assert_int_eq(st.archived, 0);
	ck_assert_int_eq(st.counting, 1);
	ck_assert_int_eq(st.newest_change, 1);
	ck_assert_int_gt(st.db_bytes, 4096);
	cx->now_ms += 24 * 500 * HOUR_MS;
	ok(store_trim(cx, db));
	ck_assert_int_eq(raw_rc("UPDATE session SET ip = ''"), SQLITE_OK);
	ck_assert_int_eq((int)sqlite3_changes(db->sq), 0);
	ok(store_stats(cx, db, &st));
	ck_assert_int_eq(st.newest_change, 1); /* the newest stays */
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		users_come_and_go,
		users_are_changed,
		login_locks,
		login_lock_is_exact,
		sessions_slide_and_end,
		sessions_end_with_their_user,
		long_agents_are_cut_at_a_character,
		tokens_are_found_and_revoked,
		settings_have_defaults_and_ranges,
		an_answer_is_given_once,
		orphans_keep_their_first_time,
		passes_are_recorded,
		audit_is_kept_in_order,
		facts_are_remembered,
		old_things_are_forgotten,
		NULL,
	};

	return run_suite("store_people", tests);
}
