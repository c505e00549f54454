/* Administration of people: pages and API, and passwords that were given. */
#include "support/cgifix.h"

#include "cgi/gate.h"
#include "service/people.h"

#define CSRF "csrf=root-token"

static const char *
page_of(const struct who *who, const char *below)
{
	return arena_printf(&t.cx.arena, "/admin/users/%d%s", (int)who->user_id,
			    below);
}

static struct user
user_of(const struct who *who)
{
	struct user u;

	ok(user_by_id(cx, db, who->user_id, &u));
	return u;
}

static const struct {
	const char *method, *path;
	enum may may;
	bool api;
} rows[] = {
#define X(method, path, may, form, handler) {#method, path, may, false},
#define AGAIN X
#define INNER X
#define API(method, path, may, form, handler, status, answer, summary)         \
	{#method, path, may, true},
#include "cgi/routes.def"
#undef X
#undef AGAIN
#undef INNER
#undef API
};

/* With a number for each of its parameters; a verb's colon stays. */
static const char *
path_of(const char *route)
{
	const char *out = "";
	size_t n;

	for (; *route; route += n) {
		n = strcspn(route, "/") + (*route == '/');
		if (*route == '/' && route[1] == ':') {
			n = strcspn(route + 2, "/:") + 2;
			out = arena_printf(&t.cx.arena, "%s/1", out);
		} else {
			out = arena_printf(&t.cx.arena, "%s%.*s", out, (int)n,
					   route);
		}
	}
	return out;
}

/* Whatever is below /admin is for administrators, and they alone get in. */
START_TEST(only_administrators_administrate)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool below = strstr(rows[i].path, "/admin") != NULL;

		ck_assert_msg(below == (rows[i].may == ADMIN), "%s",
			      rows[i].path);
		if (!below || strcmp(rows[i].method, "GET") != 0)
			continue;
		ask("GET", path_of(rows[i].path));
		if (!rows[i].api)
			browser();
		as(ann_cookie);
		ck_assert_msg(answered() == 403, "%s", rows[i].path);
		ask("GET", path_of(rows[i].path));
		if (!rows[i].api)
			browser();
		ck_assert_msg(answered() == (rows[i].api ? 401 : 303), "%s",
			      rows[i].path);
		n++;
	}
	ck_assert_uint_gt(n, 15);
}
END_TEST

START_TEST(the_list_is_searched_and_paged)
{
	for (int i = 0; i < 60; i++)
		new_user(fmt("person %02d", i));
	ck_assert_int_eq(look(admin_cookie, "/admin/users"), 200);
	ck_assert(says("63 users"));
	ck_assert(says("person 40"));
	ck_assert(!says("person 59"));
	ck_assert(!says("Previous page"));
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/users?q=PERSON+5&role=user"),
			 200);
	ck_assert(says("10 users"));
	ck_assert(says("value=\"PERSON 5\""));
	ck_assert(!says("Next page"));
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/users?q=person&cursor=after.person+49"),
			 200);
	ck_assert(says("person 50"));
	ck_assert(!says("person 49"));
	ck_assert(says("q=person&amp;cursor=before.person%2050"));
	ck_assert_int_eq(look(admin_cookie,
			      "/admin/users?q=person&cursor=before.person+50"),
			 200);
	ck_assert(says("person 00"));
	ck_assert(!says("person 50"));
	ck_assert_int_eq(look(admin_cookie, "/admin/users?q=nobody+such"), 200);
	ck_assert(says("Nobody matches"));
	ck_assert_int_eq(look(admin_cookie, "/admin/users?state=strange"), 400);
	ck_assert_int_eq(look(admin_cookie, "/admin/users?role=strange"), 400);
	ck_assert_int_eq(look(admin_cookie, "/admin/users?cursor=x"), 400);
}
END_TEST

START_TEST(somebody_is_added_and_chooses_a_password)
{
	const char *secret, *cookie;
	struct who kim = {.username = "kim"};
	struct user u;

	ck_assert_int_eq(press(admin_cookie, "/admin/users",
			       CSRF "&name=k%3Ci%3Em&role=user"),
			 201);
	secret = between("readonly value=\"", "\"");
	ck_assert_uint_eq(strlen(secret), 20);
	ck_assert(says("k&lt;i&gt;m"));
	ck_assert_str_eq(audited(), "root user.add user");
	ok(user_by_name(cx, db, "k<i>m", &u));
	ck_assert(password_fits(cx, secret, u.password_hash));
	kim.user_id = u.id;
	ck_assert_int_eq(look(admin_cookie, page_of(&kim, "")), 200);
	ck_assert(!says(secret));
	/* nothing else can be done before it is their own */
	cookie = log_in_as(&kim, "kim-token");
	ck_assert_int_eq(look(cookie, "/"), 303);
	ck_assert_str_eq(header_of("Location"), "/account");
	ck_assert_int_eq(press(cookie, "/workspaces",
			       "csrf=kim-token&name=mine"),
			 403);
	ask("GET", "/api/v1/workspaces");
	set("HTTP_SEC_FETCH_SITE", "same-origin");
	as(cookie);
	ck_assert_int_eq(answered(), 403);
	ck_assert(says("PASSWORD_CHANGE_REQUIRED"));
	ck_assert_int_eq(look(cookie, "/account"), 200);
	ck_assert(says("choose a password of your own"));
	ck_assert_int_eq(look(cookie, "/login?back=%2Fw%2Fx%2F"), 303);
	ck_assert_str_eq(header_of("Location"), "/account");
	ck_assert_int_eq(press(cookie, "/account/password",
			       fmt("csrf=kim-token&old_password=%s&"
				   "new_password=%s&again=%s",
				   secret, secret, secret)),
			 400);
	ck_assert(says("the one you were given"));
	ck_assert_int_eq(call_as("POST", cookie, "/api/v1/password",
				 fmt("{\"old_password\":\"%s\","
				     "\"new_password\":\"%s\"}",
				     secret, secret)),
			 400);
	ck_assert(says("\"field\":\"new_password\""));
	ck_assert_int_eq(press(cookie, "/account/password",
			       fmt("csrf=kim-token&old_password=%s&"
				   "new_password=my+own+one&again=my+own+one",
				   secret)),
			 303);
	ck_assert_int_eq(look(cookie, "/"), 200);
	ck_assert_int_eq(look(cookie, "/account"), 200);
	ck_assert(!says("choose a password of your own"));
}
END_TEST

/* The gate's status for a request to a workspace. */
static int
gated(struct gate *gate, const char *cookie, const char *target, bool page)
{
	ask("GET", target);
	if (page)
		browser();
	as(cookie);
	ck_assert(gate_answer(gate, &fake.io));
	return status_of(&fake.out);
}

/* The login would lead who is logged in back to the gate. */
START_TEST(the_gate_leads_to_where_a_password_is_chosen)
{
	struct workspace w = create(&ann_who, "w");
	const char *there = fmt("/w/%s/", w.id);
	struct gate gate = {.cx.site = &t.site, .db = worker.read};

	raw("UPDATE user SET given_ms = 1");
	ck_assert_int_eq(gated(&gate, ann_cookie, there, true), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "handler");
	ck_assert_int_eq(look(ann_cookie, there), 303);
	ck_assert_str_eq(header_of("Location"), "/account");
	ck_assert_int_eq(gated(&gate, ann_cookie, there, false), 403);
	ck_assert(says("PASSWORD_CHANGE_REQUIRED"));
}
END_TEST

START_TEST(a_wrong_form_says_what_is_wrong)
{
	size_t n = audits();

	ck_assert_int_eq(press(admin_cookie, "/admin/users",
			       CSRF "&name=ANN&role=user"),
			 409);
	ck_assert(says("a user of this name"));
	ck_assert(says("value=\"ANN\""));
	ck_assert_int_eq(press(admin_cookie, "/admin/users",
			       CSRF "&name=lee&password=short"),
			 400);
	ck_assert(says("at least 8 characters"));
	ck_assert(!says("\"short\""));
	ck_assert_int_eq(press(admin_cookie, "/admin/users",
			       CSRF "&name=lee&role=king"),
			 400);
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/edit"),
			       CSRF "&role=king"),
			 400);
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/password"),
			       CSRF "&password=short"),
			 400);
	ck_assert(says("at least 8 characters"));
	ck_assert_int_eq(press(admin_cookie, "/admin/users/x/disable", CSRF),
			 404);
	ck_assert_int_eq(press(admin_cookie, "/admin/users/999/disable", CSRF),
			 404);
	ck_assert_uint_eq(audits(), n);
}
END_TEST

START_TEST(role_limit_and_access)
{
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/edit"),
			       CSRF "&role=admin&max_running=7"),
			 303);
	ck_assert_str_eq(header_of("Location"), page_of(&bob_who, ""));
	ck_assert_int_eq(user_of(&bob_who).role, ROLE_ADMIN);
	ck_assert_int_eq(user_of(&bob_who).max_running, 7);
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/edit"),
			       CSRF "&role=user&max_running="),
			 303);
	ck_assert_int_eq(user_of(&bob_who).max_running, -1);
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/disable"),
			       CSRF),
			 303);
	ck_assert_int_eq(look(bob_cookie, "/"), 303);
	ck_assert_int_eq(look(admin_cookie, page_of(&bob_who, "")), 200);
	ck_assert(says("Enable"));
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/enable"),
			       CSRF),
			 303);
	ck_assert_int_eq(user_of(&bob_who).disabled_ms, 0);
	/* oneself */
	ck_assert_int_eq(press(admin_cookie, page_of(&admin_who, "/disable"),
			       CSRF),
			 409);
	ck_assert(says("cannot do this to yourself"));
	ck_assert_int_eq(press(admin_cookie, page_of(&admin_who, "/edit"),
			       CSRF "&role=user"),
			 409);
	ck_assert_int_eq(look(admin_cookie, page_of(&admin_who, "/delete")),
			 409);
	ck_assert_int_eq(look(admin_cookie, page_of(&admin_who, "")), 200);
	ck_assert(!says("/disable"));
	ck_assert_int_eq(press(admin_cookie, page_of(&admin_who, "/edit"),
			       CSRF "&role=admin&max_running=3"),
			 303);
}
END_TEST

START_TEST(sessions_and_tokens_of_others)
{
	const char *secret;
	struct tokens ts;

	ok(auth_token_add(cx, db, &who_ctl, ann, "one", 0, &secret));
	ok(auth_token_add(cx, db, &who_ctl, ann, "two", 0, &secret));
	ok(token_list(cx, db, ann, &ts));
	ck_assert_int_eq(look(admin_cookie, page_of(&ann_who, "")), 200);
	ck_assert(says("Revoke all tokens"));
	ck_assert_int_eq(press(admin_cookie,
			       fmt("%s",
				   page_of(&ann_who, fmt("/tokens/%d/revoke",
							 (int)ts.v[0].id))),
			       CSRF),
			 303);
	/* not through another's page */
	ck_assert_int_eq(press(admin_cookie,
			       page_of(&bob_who, fmt("/tokens/%d/revoke",
						     (int)ts.v[1].id)),
			       CSRF),
			 404);
	ck_assert_int_eq(press(admin_cookie,
			       page_of(&ann_who, "/tokens/revoke"), CSRF),
			 303);
	ok(token_list(cx, db, ann, &ts));
	ck_assert_uint_eq(ts.n, 0);
	ck_assert_int_eq(press(admin_cookie, page_of(&ann_who, "/sessions/end"),
			       CSRF),
			 303);
	ck_assert_int_eq(look(ann_cookie, "/"), 303);
	ck_assert_int_eq(look(bob_cookie, "/"), 200);
}
END_TEST

/* What they have open is cut now, not with the next round of cron. */
START_TEST(the_api_asks_for_a_pass_as_the_pages_do)
{
	static const struct {
		const char *method, *below, *body;
	} calls[] = {{"PATCH", "", "{\"disabled\":true}"},
		     {"POST", "/password", "{}"},
		     {"DELETE", "/sessions", NULL},
		     {"DELETE", "/tokens", NULL}};
	const char *again = site_run_file(cx, "again");

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		(void)unlink(again);
		ck_assert_int_lt(call_as(calls[i].method, admin_cookie,
					 fmt("/api/v1%s",
					     page_of(&ann_who, calls[i].below)),
					 calls[i].body),
				 300);
		ck_assert_msg(fs_exists(again), "%s", calls[i].below);
	}
}
END_TEST

/* Two have opened the page of bob; the second one is told, not obeyed. */
START_TEST(a_form_from_before_overwrites_nothing)
{
	const char *path = page_of(&bob_who, "/edit");
	const char *was = "&role_was=user&max_running_was=-1";
	struct user u;

	ck_assert_int_eq(look(admin_cookie, page_of(&bob_who, "")), 200);
	ck_assert(says("name=\"role_was\" value=\"user\""));
	ck_assert(says("name=\"max_running_was\" value=\"-1\""));
	ck_assert_int_eq(press(admin_cookie, path,
			       fmt(CSRF "&role=user&max_running=5%s", was)),
			 303);
	ck_assert_int_eq(press(admin_cookie, path,
			       fmt(CSRF "&role=admin&max_running=%s", was)),
			 409);
	ck_assert(says("since you opened the page"));
	ck_assert(says("<option value=\"admin\" selected>"));
	ck_assert(says("Now: User") && says("Now: 5."));
	ck_assert(says("name=\"max_running_was\" value=\"5\""));
	ok(user_by_id(cx, db, bob_who.user_id, &u));
	ck_assert_int_eq(u.role, ROLE_USER);
	ck_assert_int_eq(u.max_running, 5);
	ck_assert_int_eq(press(admin_cookie, path,
			       CSRF "&role=admin&max_running=&role_was=user"
				    "&max_running_was=5"),
			 303);
	ok(user_by_id(cx, db, bob_who.user_id, &u));
	ck_assert_int_eq(u.role, ROLE_ADMIN);
	ck_assert_int_eq(u.max_running, -1);
}
END_TEST

START_TEST(a_delete_is_shown_before_it_is_done)
{
	struct workspace w = becomes(create(&ann_who, "a").id, STATUS_RUNNING);

	(void)create(&ann_who, "b");
	ck_assert_int_eq(look(admin_cookie, page_of(&ann_who, "/delete")), 200);
	ck_assert(!says("This will happen"));
	ck_assert_int_eq(look(admin_cookie,
			      page_of(&ann_who,
				      "/delete?what=hand_over&to=nobody")),
			 400);
	ck_assert(says("Choose another user"));
	ck_assert_int_eq(look(admin_cookie,
			      page_of(&ann_who,
				      "/delete?what=hand_over&to=bob")),
			 200);
	ck_assert(says("2 workspaces go to bob."));
	ck_assert(says("2 of them run and are stopped"));
	ck_assert(says("name=\"expect\" value=\"2\""));
	/* one more came meanwhile */
	ck_assert_int_eq(press(admin_cookie, page_of(&ann_who, "/delete"),
			       CSRF "&what=hand_over&to=bob&expect=1"),
			 409);
	ck_assert(says("others than you saw"));
	ck_assert_int_eq(press(admin_cookie, page_of(&ann_who, "/delete"),
			       CSRF "&what=hand_over&to=bob&expect=2"),
			 303);
	ck_assert_str_eq(header_of("Location"), "/admin/users");
	ck_assert_int_eq(get(w.id).owner_id, bob_who.user_id);
	ck_assert_int_eq(look(admin_cookie, page_of(&ann_who, "")), 404);
	ck_assert_int_eq(press(admin_cookie, page_of(&ann_who, "/delete"),
			       CSRF "&what=hand_over&to=bob&expect=2"),
			 404);
	ck_assert_int_eq(look(ann_cookie, "/"), 303);
	/* and the other way */
	ck_assert_int_eq(look(admin_cookie,
			      page_of(&bob_who, "/delete?what=trash")),
			 200);
	ck_assert(says("For 24 hours"));
	ck_assert_int_eq(press(admin_cookie, page_of(&bob_who, "/delete"),
			       CSRF "&what=trash&to=&expect=2"),
			 303);
	ck_assert(get(w.id).deleted_ms != 0);
	ck_assert_int_eq(look(admin_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says("bob (deleted"));
}
END_TEST

START_TEST(the_api_does_the_same)
{
	const char *path = fmt("/api/v1/admin/users/%d", (int)bob_who.user_id);

	ck_assert_int_eq(call_as("GET", admin_cookie,
				 "/api/v1/admin/users?limit=2", NULL),
			 200);
	ck_assert(says("\"total\":3"));
	ck_assert(says("\"next_cursor\":\"after.bob\""));
	ck_assert_int_eq(call_as("POST", admin_cookie, "/api/v1/admin/users",
				 "{\"name\":\"kim\",\"role\":\"admin\"}"),
			 201);
	ck_assert(says("\"password\":\""));
	ck_assert_int_eq(call_as("PATCH", admin_cookie, path,
				 "{\"max_running\":5,\"disabled\":true}"),
			 200);
	ck_assert(says("\"max_running\":5"));
	ck_assert(!says("\"disabled_at\":null"));
	ck_assert_int_eq(call_as("PATCH", admin_cookie, path,
				 "{\"max_running\":null,\"disabled\":false}"),
			 200);
	ck_assert(says("\"max_running\":null"));
	ck_assert_int_eq(call_as("PATCH", admin_cookie, path,
				 "{\"role\":\"king\"}"),
			 400);
	ck_assert_int_eq(call_as("GET", admin_cookie,
				 fmt("%s/leave?what=trash", path), NULL),
			 200);
	ck_assert(says("\"living\":0"));
	ck_assert_int_eq(call_as("POST", admin_cookie, fmt("%s/delete", path),
				 "{\"what\":\"nothing\"}"),
			 400);
	ck_assert_int_eq(call_as("POST", admin_cookie, fmt("%s/delete", path),
				 "{}"),
			 400);
	ck_assert_int_eq(call_as("POST", admin_cookie, fmt("%s/delete", path),
				 "{\"what\":\"trash\"}"),
			 200);
	ck_assert_int_eq(call_as("GET", admin_cookie, path, NULL), 404);
	ck_assert_int_eq(call_as("PATCH", admin_cookie,
				 fmt("/api/v1/admin/users/%d",
				     (int)admin_who.user_id),
				 "{\"disabled\":true}"),
			 409);
	ck_assert(says("YOURSELF"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		only_administrators_administrate,
		the_list_is_searched_and_paged,
		somebody_is_added_and_chooses_a_password,
		the_gate_leads_to_where_a_password_is_chosen,
		a_wrong_form_says_what_is_wrong,
		role_limit_and_access,
		sessions_and_tokens_of_others,
		the_api_asks_for_a_pass_as_the_pages_do,
		a_form_from_before_overwrites_nothing,
		a_delete_is_shown_before_it_is_done,
		the_api_does_the_same,
	};

	return run_cgi("people", tests, sizeof(tests) / sizeof(tests[0]));
}
