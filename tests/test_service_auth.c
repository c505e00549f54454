/* Passwords, sessions, tokens, the login lock. SPEC section 8. */
#include "support/servicefix.h"

#include "base/clock.h"

#define PASSWORD "correct horse"

static int64_t
with_password(const char *name, enum role role)
{
	int64_t id;

	ok(auth_user_add(cx, db, &who_ctl, name, PASSWORD, role, &id));
	return id;
}

static enum err
log_in(const char *name, const char *password, struct login *in, int64_t *retry)
{
	return auth_login(cx, db, name, password, "192.0.2.1", "test", in,
			  retry);
}

START_TEST(hash_is_yescrypt_and_salted)
{
	const char *a, *b;

	ok(password_hash(cx, PASSWORD, &a));
	ok(password_hash(cx, PASSWORD, &b));
	ck_assert(strncmp(a, "$y$", 3) == 0);
	ck_assert_str_ne(a, b);
	ck_assert(password_fits(cx, PASSWORD, a));
	ck_assert(!password_fits(cx, "correct horsf", a));
	ck_assert(!password_fits(cx, "", a));
	ck_assert(!password_fits(cx, PASSWORD, NULL));
	ck_assert(!password_fits(cx, PASSWORD, ""));
	ck_assert(!password_fits(cx, PASSWORD, "*"));
}
END_TEST

START_TEST(long_passwords)
{
	char most[PASSWORD_MOST + 2];
	const char *hash;

	memset(most, 'x', sizeof(most));
	most[PASSWORD_MOST] = '\0';
	ok(password_hash(cx, most, &hash));
	ck_assert(password_fits(cx, most, hash));
	most[PASSWORD_MOST - 1] = 'y';
	ck_assert(!password_fits(cx, most, hash));
	most[PASSWORD_MOST] = 'x';
	most[PASSWORD_MOST + 1] = '\0';
	fails(ERR_INVALID, password_hash(cx, most, &hash));
	ck_assert(!password_fits(cx, most, hash));
}
END_TEST

START_TEST(session_lives_and_ends)
{
	int64_t id = with_password("eve", ROLE_ADMIN), retry = 0;
	struct login in;
	struct who who;

	ok(log_in("eve", PASSWORD, &in, &retry));
	ck_assert_int_eq(in.who.user_id, id);
	ck_assert(in.who.admin);
	ck_assert_uint_eq(strlen(in.session), ID_SECRET_LEN);
	ck_assert_str_eq(audited(), "eve login 192.0.2.1");
	ok(auth_load(cx, db, in.session, NULL, &who));
	ck_assert_int_eq(who.user_id, id);
	ck_assert_str_eq(who.csrf, in.who.csrf);
	ck_assert(!who.renew);
	ok(auth_logout(cx, db, &who, in.session));
	fails(ERR_UNAUTHORIZED, auth_load(cx, db, in.session, NULL, &who));
	ok(auth_logout(cx, db, &who, in.session));
}
END_TEST

START_TEST(session_slides)
{
	int64_t retry = 0, hour = INT64_C(3600000);
	struct login in;
	struct who who;

	with_password("eve", ROLE_USER);
	ok(log_in("eve", PASSWORD, &in, &retry));
	cx->now_ms += 23 * hour;
	ok(auth_load(cx, db, in.session, NULL, &who));
	ck_assert(who.renew);
	ok(auth_renew(cx, db, &who));
	cx->now_ms += 23 * hour;
	ok(auth_load(cx, db, in.session, NULL, &who));
	cx->now_ms += 2 * hour;
	fails(ERR_UNAUTHORIZED, auth_load(cx, db, in.session, NULL, &who));
}
END_TEST

START_TEST(session_is_kept_as_a_hash)
{
	int64_t retry = 0;
	struct login in;

	with_password("eve", ROLE_USER);
	ok(log_in("eve", PASSWORD, &in, &retry));
	ck_assert_int_eq(
		raw_rc(arena_printf(&cx->arena,
				    "CREATE TEMP TABLE t AS SELECT 1 / "
				    "(SELECT count(*) FROM session WHERE "
				    "hash = '%s' OR csrf = '%s') AS n",
				    in.session, in.session)),
		SQLITE_OK);
	raw("CREATE TEMP TABLE u (n INTEGER CHECK (n IS NULL))");
	raw("INSERT INTO u SELECT n FROM t");
}
END_TEST

START_TEST(wrong_name_and_wrong_password_are_one)
{
	int64_t retry = 0;
	struct login in;
	char why[2][512];

	with_password("eve", ROLE_USER);
	ck_assert_int_eq(log_in("eve", "wrong horse", &in, &retry),
			 ERR_UNAUTHORIZED);
	memcpy(why[0], cx->field, sizeof(cx->field));
	ck_assert_int_eq(log_in("nobody", "wrong horse", &in, &retry),
			 ERR_UNAUTHORIZED);
	memcpy(why[1], cx->field, sizeof(cx->field));
	ck_assert_str_eq(why[0], why[1]);
	/* secrets are never in a reason */
	ck_assert_ptr_null(strstr(cx->why, "wrong horse"));
}
END_TEST

/* The same work is done for both; a ratio, since the machine is shared. */
START_TEST(time_tells_nothing)
{
	int64_t took[2] = {0, 0}, began;
	const char *hash;

	ok(password_hash(cx, PASSWORD, &hash));
	ck_assert(!password_fits(cx, "warm up", NULL));
	for (int i = 0; i < 8; i++)
		for (int known = 0; known < 2; known++) {
			began = clock_mono_ms();
			ck_assert(!password_fits(cx, "wrong",
						 known ? hash : NULL));
			took[known] += clock_mono_ms() - began;
		}
	ck_assert_int_gt(took[0], 0);
	ck_assert_msg(took[0] < 3 * took[1] && took[1] < 3 * took[0],
		      "%lld ms and %lld ms", (long long)took[0],
		      (long long)took[1]);
}
END_TEST

START_TEST(lock_after_five)
{
	const char *const name[] = {"eve", "nobody"};
	int64_t retry, before;
	struct login in;

	with_password("eve", ROLE_USER);
	for (size_t n = 0; n < 2; n++) {
		for (int i = 0; i < 5; i++)
			fails(ERR_UNAUTHORIZED,
			      log_in(name[n], "wrong horse", &in, &retry));
		retry = 0;
		fails(ERR_TOO_MANY, log_in(name[n], PASSWORD, &in, &retry));
		ck_assert_int_ge(retry, 29);
		ck_assert_int_le(retry, 30);
	}
	/* the right password after the lock; and the count begins anew */
	cx->now_ms += 31000;
	ok(log_in("eve", PASSWORD, &in, &retry));
	fails(ERR_UNAUTHORIZED, log_in("eve", "wrong horse", &in, &retry));
	/* a failure more on the other doubles */
	fails(ERR_UNAUTHORIZED, log_in("nobody", "x", &in, &retry));
	before = retry;
	fails(ERR_TOO_MANY, log_in("nobody", "x", &in, &retry));
	ck_assert_int_gt(retry, before);
	ck_assert_int_ge(retry, 59);
	ck_assert_int_le(retry, 60);
}
END_TEST

START_TEST(disabled_cannot_log_in)
{
	int64_t id = with_password("eve", ROLE_USER), retry = 0;
	struct login in;
	struct who who;

	ok(log_in("eve", PASSWORD, &in, &retry));
	ok(user_set_disabled(cx, db, id, true));
	fails(ERR_UNAUTHORIZED, auth_load(cx, db, in.session, NULL, &who));
	fails(ERR_UNAUTHORIZED, log_in("eve", PASSWORD, &in, &retry));
}
END_TEST

START_TEST(tokens)
{
	const char *secret;
	struct who who;

	ok(auth_token_add(cx, db, &who_ctl, ann, "ci", cx->now_ms + 60000,
			  &secret));
	ck_assert_str_eq(audited(), "roostctl token.add ");
	ok(auth_load(cx, db, NULL, secret, &who));
	ck_assert_int_eq(who.user_id, ann);
	ck_assert_int_gt(who.token_id, 0);
	ck_assert_ptr_null(who.csrf);
	ck_assert(who.renew);
	ok(auth_token_used(cx, db, &who));
	ok(auth_load(cx, db, NULL, secret, &who));
	ck_assert(!who.renew);
	fails(ERR_EXISTS,
	      auth_token_add(cx, db, &who_ctl, ann, "ci", 0, &secret));
	cx->now_ms += 60001;
	fails(ERR_UNAUTHORIZED, auth_load(cx, db, NULL, secret, &who));
}
END_TEST

START_TEST(what_is_no_secret_is_nobody)
{
	/* the last: as long as a secret */
	static const char *const bad[] =
		{"", "x", "' OR 1=1 --",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct who who;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fails(ERR_UNAUTHORIZED, auth_load(cx, db, bad[i], NULL, &who));
		fails(ERR_UNAUTHORIZED, auth_load(cx, db, NULL, bad[i], &who));
	}
	fails(ERR_UNAUTHORIZED, auth_load(cx, db, NULL, NULL, &who));
}
END_TEST

START_TEST(passwords_and_names_have_rules)
{
	int64_t id;

	fails(ERR_INVALID,
	      auth_user_add(cx, db, &who_ctl, "eve", "short", ROLE_USER, NULL));
	fails(ERR_INVALID,
	      auth_user_add(cx, db, &who_ctl, "", PASSWORD, ROLE_USER, NULL));
	fails(ERR_INVALID, auth_user_add(cx, db, &who_ctl, "a\nb", PASSWORD,
					 ROLE_USER, NULL));
	id = with_password("eve", ROLE_USER);
	fails(ERR_EXISTS, auth_user_add(cx, db, &who_ctl, "EVE", PASSWORD,
					ROLE_USER, NULL));
	fails(ERR_INVALID, auth_passwd(cx, db, &who_ctl, id, "short"));
	fails(ERR_NOT_FOUND, auth_passwd(cx, db, &who_ctl, 999, PASSWORD));
}
END_TEST

START_TEST(new_password_ends_sessions)
{
	int64_t id = with_password("eve", ROLE_USER), retry = 0;
	struct login in;
	struct who who;

	ok(log_in("eve", PASSWORD, &in, &retry));
	ok(auth_passwd(cx, db, &admin_who, id, "another horse"));
	ck_assert_str_eq(audited(), "root user.passwd ");
	fails(ERR_UNAUTHORIZED, auth_load(cx, db, in.session, NULL, &who));
	fails(ERR_UNAUTHORIZED, log_in("eve", PASSWORD, &in, &retry));
	ok(log_in("eve", "another horse", &in, &retry));
}
END_TEST

START_TEST(whose_workspace)
{
	struct workspace w = create(&ann_who, "a"), got;

	ok(ws_of(cx, db, w.id, &ann_who, &got));
	ck_assert_str_eq(got.id, w.id);
	ok(ws_of(cx, db, w.id, &admin_who, &got));
	fails(ERR_FORBIDDEN, ws_of(cx, db, w.id, &bob_who, &got));
	fails(ERR_WS_NOT_FOUND, ws_of(cx, db, new_id(), &ann_who, &got));
	fails(ERR_WS_NOT_FOUND, ws_of(cx, db, "../x", &ann_who, &got));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {hash_is_yescrypt_and_salted,
				      long_passwords,
				      session_lives_and_ends,
				      session_slides,
				      session_is_kept_as_a_hash,
				      wrong_name_and_wrong_password_are_one,
				      time_tells_nothing,
				      lock_after_five,
				      disabled_cannot_log_in,
				      tokens,
				      what_is_no_secret_is_nobody,
				      passwords_and_names_have_rules,
				      new_password_ends_sessions,
				      whose_workspace,
				      NULL};

	return run_service("auth", tests);
}
