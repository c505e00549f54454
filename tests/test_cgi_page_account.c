/* My account: password, tokens, sessions. SPEC section 8. */
#include "support/cgifix.h"

#include "service/account.h"

#define PASSWORD "correct horse"
static const char *
eve(void)
{
	struct who who = {.username = "eve"};

	ok(auth_user_add(cx, db, &who_ctl, "eve", PASSWORD, ROLE_USER,
			 &who.user_id));
	return log_in_as(&who, "eve-token");
}

START_TEST(the_password_is_changed_and_others_end)
{
	const char *cookie = eve();
	struct who who = {.username = "eve"};
	const char *other;
	struct user u;

	ok(user_by_name(cx, db, "eve", &u));
	who.user_id = u.id;
	other = log_in_as(&who, "other");
	ck_assert_int_eq(look(other, "/account"), 200);
	ck_assert_int_eq(press(cookie, "/account/password",
			       "csrf=eve-token&old_password=correct+horse&"
			       "new_password=battery+staple&"
			       "again=battery+staple"),
			 303);
	ck_assert_str_eq(header_of("Location"), "/account");
	ck_assert_str_eq(audited(), "eve user.passwd ");
	ck_assert_int_eq(look(cookie, "/account"), 200);
	ck_assert_int_eq(look(other, "/account"), 303);
	ok(user_by_name(cx, db, "eve", &u));
	ck_assert(password_fits(cx, "battery staple", u.password_hash));
}
END_TEST

static const struct {
	const char *fields, *says;
} wrongs[] = {
	{"old_password=wrong&new_password=battery+staple&again=battery+staple",
	 "not your password"},
	{"old_password=correct+horse&new_password=short&again=short",
	 "at least 8"},
	{"old_password=correct+horse&new_password=battery+staple&again=other",
	 "not the same"},
};

START_TEST(a_wrong_password_form_says_what_is_wrong)
{
	const char *cookie = eve();
	size_t n = audits();
	struct user u;

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		ck_assert_int_eq(press(cookie, "/account/password",
				       fmt("csrf=eve-token&%s",
					   wrongs[i].fields)),
				 400);
		ck_assert_msg(says(wrongs[i].says), "%s", wrongs[i].says);
		ck_assert(!says("battery"));
	}
	ck_assert_uint_eq(audits(), n);
	ok(user_by_name(cx, db, "eve", &u));
	ck_assert(password_fits(cx, PASSWORD, u.password_hash));
}
END_TEST

START_TEST(a_session_cannot_try_passwords)
{
	const char *cookie = eve();

	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(call_as("POST", cookie, "/api/v1/password",
					 "{\"old_password\":\"guess\","
					 "\"new_password\":\"battery "
					 "staple\"}"),
				 i < 5 ? 400 : 429);
	ck_assert_ptr_nonnull(header_of("Retry-After"));
	ck_assert_int_eq(press(cookie, "/account/password",
			       "csrf=eve-token&old_password=correct+horse&"
			       "new_password=battery+staple&"
			       "again=battery+staple"),
			 429);
	ck_assert(says("Too many attempts"));
}
END_TEST

START_TEST(a_token_is_shown_once_and_revoked)
{
	const char *secret, *id;

	ck_assert_int_eq(press(ann_cookie, "/account/tokens",
			       "csrf=ann-token&name=%3Cb%3Eci&expires_days=30"),
			 201);
	secret = between("id=\"secret\" class=\"secret\" readonly value=\"",
			 "\"");
	ck_assert_uint_eq(strlen(secret), ID_SECRET_LEN);
	ck_assert(says("&lt;b&gt;ci"));
	id = between("/account/tokens/", "/revoke");
	ck_assert_str_eq(audited(), "ann token.add ");
	ck_assert_int_eq(look(ann_cookie, "/account"), 200);
	ck_assert(!says(secret) && says("&lt;b&gt;ci"));
	ask("GET", "/api/v1/session");
	set("HTTP_X_ROOST_TOKEN", secret);
	ck_assert_int_eq(answered(), 200);
	/* nobody else's, and no token makes another */
	ck_assert_int_eq(press(bob_cookie, fmt("/account/tokens/%s/revoke", id),
			       "csrf=bob-token"),
			 404);
	ask("POST", "/api/v1/tokens");
	set("HTTP_X_ROOST_TOKEN", secret);
	json("{\"name\":\"more\"}");
	ck_assert_int_eq(answered(), 403);
	ck_assert_int_eq(press(ann_cookie, "/account/tokens",
			       "csrf=ann-token&name=%3Cb%3Eci"),
			 409);
	ck_assert(says("already"));
	ck_assert_int_eq(press(ann_cookie, fmt("/account/tokens/%s/revoke", id),
			       "csrf=ann-token"),
			 303);
	ask("GET", "/api/v1/session");
	set("HTTP_X_ROOST_TOKEN", secret);
	ck_assert_int_eq(answered(), 401);
}
END_TEST

START_TEST(tokens_by_the_api)
{
	const char *id;

	ck_assert_int_eq(call_as("POST", ann_cookie, "/api/v1/tokens",
				 "{\"name\":\"ci\",\"expires_days\":7}"),
			 201);
	id = between("\"id\":", ",");
	ck_assert(says("\"token\":\"") && says("\"last_used_at\":null"));
	ck_assert_int_eq(call_as("GET", ann_cookie, "/api/v1/tokens", NULL),
			 200);
	ck_assert(says("\"name\":\"ci\"") && !says("\"token\":"));
	ck_assert_int_eq(call_as("DELETE", bob_cookie,
				 fmt("/api/v1/tokens/%s", id), NULL),
			 404);
	ck_assert_int_eq(call_as("DELETE", ann_cookie,
				 fmt("/api/v1/tokens/%s", id), NULL),
			 204);
	ck_assert_int_eq(call_as("DELETE", ann_cookie,
				 fmt("/api/v1/tokens/%s", id), NULL),
			 404);
}
END_TEST

START_TEST(sessions_are_seen_and_ended)
{
	const char *two = log_in_as(&ann_who, "two");
	const char *three = log_in_as(&ann_who, "three"), *called;

	ck_assert_int_eq(look(ann_cookie, "/account"), 200);
	ck_assert(says("This one"));
	called = between("/account/sessions/", "/end");
	ck_assert_int_eq(press(bob_cookie,
			       fmt("/account/sessions/%s/end", called),
			       "csrf=bob-token"),
			 404);
	ck_assert_int_eq(press(ann_cookie,
			       fmt("/account/sessions/%s/end", called),
			       "csrf=ann-token"),
			 303);
	ck_assert_int_eq((look(two, "/account") == 200) +
				 (look(three, "/account") == 200),
			 1);
	ck_assert_int_eq(press(ann_cookie, "/account/sessions/end",
			       "csrf=ann-token"),
			 303);
	ck_assert_int_eq(look(two, "/account"), 303);
	ck_assert_int_eq(look(three, "/account"), 303);
	ck_assert_int_eq(look(ann_cookie, "/account"), 200);
	ck_assert(!says("/account/sessions/end"));
	ck_assert_int_eq(look(bob_cookie, "/account"), 200);
}
END_TEST

START_TEST(sessions_by_the_api)
{
	const char *two = log_in_as(&ann_who, "two");

	ck_assert_int_eq(call_as("GET", ann_cookie, "/api/v1/sessions", NULL),
			 200);
	ck_assert(says("\"current\":true") && says("\"current\":false"));
	ck_assert_int_eq(call_as("DELETE", ann_cookie, "/api/v1/sessions/0123",
				 NULL),
			 404);
	ck_assert_int_eq(call_as("DELETE", ann_cookie, "/api/v1/sessions",
				 NULL),
			 204);
	ck_assert_int_eq(call_as("GET", two, "/api/v1/sessions", NULL), 401);
	ck_assert_int_eq(call_as("GET", ann_cookie, "/api/v1/sessions", NULL),
			 200);
	ck_assert(!says("\"current\":false"));
}
END_TEST

START_TEST(programs_are_named)
{
	static const char *const known[][2] =
		{{"Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 "
		  "Firefox/131.0",
		  "Firefox, Linux"},
		 {"Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 "
		  "(KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
		  "Edge, Windows"},
		 {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) "
		  "AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1",
		  "Safari, iPhone"},
		 {"<script>", "Unknown"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		ok(session_add(cx, db, known[i][1], ann, "x", known[i][0],
			       "192.0.2.9", cx->now_ms + 3600000));
		ck_assert_int_eq(look(ann_cookie, "/account"), 200);
		ck_assert_msg(says(fmt("<strong>%s</strong>", known[i][1])),
			      "%s", known[i][1]);
		ok(session_delete(cx, db, known[i][1]));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {the_password_is_changed_and_others_end,
				      a_wrong_password_form_says_what_is_wrong,
				      a_session_cannot_try_passwords,
				      a_token_is_shown_once_and_revoked,
				      tokens_by_the_api,
				      sessions_are_seen_and_ended,
				      sessions_by_the_api,
				      programs_are_named};

	return run_cgi("page_account", tests, sizeof(tests) / sizeof(tests[0]));
}
