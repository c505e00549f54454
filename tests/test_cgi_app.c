/* The journey of a request: routes, who may, CSRF, forms, errors, headers. */
#include "support/cgifix.h"

#include "base/fault.h"

#define API "/api/v1"

static const char *
path(const char *fmt, const char *id)
{
	return arena_printf(&cx->arena, "%s%s", fmt, id);
}

START_TEST(unknown_paths_and_methods)
{
	ask("GET", "/nope");
	ck_assert_int_eq(answered(), 404);
	ck_assert(says("{\"error\":{\"code\":\"NOT_FOUND\""));
	ask("GET", "/nope");
	browser();
	ck_assert_int_eq(answered(), 404);
	ck_assert(says("<!doctype html>"));
	ask("GET", API "/nope");
	browser();
	ck_assert_int_eq(answered(), 404);
	ck_assert_str_eq(header_of("Content-Type"), "application/json");
	ask("DELETE", API "/login");
	ck_assert_int_eq(answered(), 405);
	ck_assert_str_eq(header_of("Allow"), "POST");
	ask("BREW", API "/workspaces");
	ck_assert_int_eq(answered(), 405);
	ck_assert_str_eq(header_of("Allow"), "GET, HEAD, POST");
	ask("GET", "/a/../b");
	ck_assert_int_eq(answered(), 400);
	ask("GET", "http://x/");
	ck_assert_int_eq(answered(), 400);
	ask("GET", "/%ff");
	ck_assert_int_eq(answered(), 400);
}
END_TEST

START_TEST(nobody_gets_in)
{
	struct workspace w = create(&ann_who, "a");

	ask("GET", API "/workspaces");
	ck_assert_int_eq(answered(), 401);
	ck_assert(says("UNAUTHORIZED"));
	ask("GET", path(API "/workspaces/", w.id));
	ck_assert_int_eq(answered(), 401);
	ask("GET", "/?q=%ED%95%9C");
	browser();
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 "/login?back=%2F%3Fq%3D%25ED%2595%259C");
	ask("GET", "/");
	browser();
	as("roost_session=forged");
	ck_assert_int_eq(answered(), 303);
	ask("GET", API "/workspaces");
	set("HTTP_AUTHORIZATION", "Bearer forged");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 401); /* a token goes before */
	ask("GET", API "/workspaces");
	as(arena_printf(&cx->arena, "%s; %s", ann_cookie, bob_cookie));
	ck_assert_int_eq(answered(), 401); /* two of one name: none */
}
END_TEST

START_TEST(owner_and_admin)
{
	struct workspace w = create(&ann_who, "a");
	const char *show = path(API "/workspaces/", w.id);

	ask("GET", show);
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\"name\":\"a\""));
	ask("GET", show);
	as(bob_cookie);
	ck_assert_int_eq(answered(), 403);
	ask("GET", show);
	as(admin_cookie);
	ck_assert_int_eq(answered(), 200);
	ask("GET", path(API "/workspaces/", new_id()));
	as(bob_cookie);
	ck_assert_int_eq(answered(), 404);
	ck_assert(says("WORKSPACE_NOT_FOUND"));
	ask("GET", API "/workspaces/x");
	as(bob_cookie);
	ck_assert_int_eq(answered(), 404);
	ask("GET", "/admin");
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 403);
	ask("GET", "/admin");
	browser();
	as(admin_cookie);
	ck_assert_int_eq(answered(), 200);
}
END_TEST

START_TEST(tokens)
{
	const char *secret;

	ok(auth_token_add(cx, db, &who_ctl, ann_who.user_id, "cli", 0,
			  &secret));
	ask("GET", API "/session");
	set("HTTP_X_ROOST_TOKEN", secret);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\"username\":\"ann\""));
	/* no cookie, no CSRF: another site's page cannot send it */
	ask("POST", API "/workspaces");
	set("HTTP_AUTHORIZATION",
	    arena_printf(&cx->arena, "bearer %s", secret));
	set("HTTP_ORIGIN", "http://evil.example");
	json("{\"name\":\"by token\"}");
	ck_assert_int_eq(answered(), 201);
}
END_TEST

START_TEST(csrf_of_json)
{
	static const struct {
		const char *origin, *site;
		int status;
	} rows[] = {
		{NULL, NULL, 200},
		{"http://roost.example", NULL, 200},
		{"http://roost.example", "same-origin", 200},
		{"http://evil.example", NULL, 403},
		{"null", NULL, 403},
		{NULL, "cross-site", 403},
		{NULL, "same-site", 403},
		{"http://roost.example", "cross-site", 403},
	};
	struct workspace w = create(&ann_who, "a");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask("PATCH", path(API "/workspaces/", w.id));
		as(ann_cookie);
		json("{\"memo\":\"m\"}");
		if (rows[i].origin)
			set("HTTP_ORIGIN", rows[i].origin);
		if (rows[i].site)
			set("HTTP_SEC_FETCH_SITE", rows[i].site);
		ck_assert_msg(answered() == rows[i].status, "row %zu", i);
	}
	/* a form cannot speak JSON, and the API takes nothing else */
	ask("PATCH", path(API "/workspaces/", w.id));
	as(ann_cookie);
	form("memo=x");
	ck_assert_int_eq(answered(), 415);
	ask("PATCH", path(API "/workspaces/", w.id));
	as(ann_cookie);
	body("text/plain", "{\"memo\":\"x\"}");
	ck_assert_int_eq(answered(), 415);
}
END_TEST

static int
post_stop(const char *id, const char *fields, const char *origin)
{
	ask("POST", arena_printf(&cx->arena, "/workspaces/%s/stop", id));
	browser();
	as(ann_cookie);
	if (origin)
		set("HTTP_ORIGIN", origin);
	form(fields);
	return answered();
}

START_TEST(csrf_of_forms)
{
	struct workspace w = create(&ann_who, "a");

	ck_assert_int_eq(post_stop(w.id, "", NULL), 403);
	ck_assert_int_eq(post_stop(w.id, "", "http://roost.example"), 403);
	ck_assert_int_eq(post_stop(w.id, "csrf=bob-token", NULL), 403);
	ck_assert_int_eq(post_stop(w.id, "csrf=", NULL), 403);
	ck_assert(says("reload"));
	ck_assert_int_eq(post_stop(w.id, "csrf=ann-token", "http://evil"), 403);
	ok(workspace_get(cx, db, w.id, &w));
	ck_assert_int_eq(w.desired, STATUS_RUNNING);
	ck_assert_int_eq(post_stop(w.id, "csrf=ann-token", NULL), 303);
	ok(workspace_get(cx, db, w.id, &w));
	ck_assert_int_eq(w.desired, STATUS_STANDBY);
}
END_TEST

START_TEST(csrf_of_visitors)
{
	const char *cookie, *token, *at;

	ask("GET", "/login");
	browser();
	ck_assert_int_eq(answered(), 200);
	cookie = header_of("Set-Cookie");
	ck_assert_ptr_nonnull(cookie);
	ck_assert(strncmp(cookie, "roost_visit=", 12) == 0);
	ck_assert_ptr_nonnull(strstr(cookie, "HttpOnly"));
	at = strstr(body_of(), "name=\"csrf\" value=\"");
	ck_assert_ptr_nonnull(at);
	token = arena_strndup(&cx->arena, at + 19, ID_HASH_LEN);
	cookie = arena_strndup(&cx->arena, cookie, strcspn(cookie, ";"));

	ask("POST", "/login");
	browser();
	as(cookie);
	form("username=ann&password=wrong-wrong");
	ck_assert_int_eq(answered(), 403);
	ask("POST", "/login");
	browser();
	as(cookie);
	form(arena_printf(&cx->arena,
			  "username=ann&password=wrong-wrong&csrf=%s", token));
	ck_assert_int_eq(answered(), 401);
	ck_assert(says("<!doctype html>"));
	/* without a cookie the browser's word is enough */
	ask("POST", "/login");
	browser();
	set("HTTP_ORIGIN", "http://roost.example");
	form("username=ann&password=wrong-wrong");
	ck_assert_int_eq(answered(), 401);
}
END_TEST

START_TEST(bodies_are_checked_before_handlers)
{
	static const struct {
		const char *body;
		int status;
		const char *says;
	} rows[] = {
		{"{\"name\":\"\"}", 400, "\"field\":\"name\""},
		{"{}", 400, "\"field\":\"name\""},
		{"{\"name\":\"a\",\"name\":\"b\"}", 400, "\"field\":\"name\""},
		{"{\"name\":\"a\",\"colour\":1}", 400, "\"field\":\"colour\""},
		{"{\"name\":\"a\"} x", 400, "INVALID_REQUEST"},
		{"{\"name\":\"\xff\"}", 400, "UTF-8"},
		{"not json", 400, "INVALID_REQUEST"},
		{"{\"name\":\"\xed\x95\x9c\xea\xb8\x80\"}", 201, "PENDING"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask("POST", API "/workspaces");
		as(ann_cookie);
		json(rows[i].body);
		ck_assert_msg(answered() == rows[i].status, "%s: %s",
			      rows[i].body, buf_str(&fake.out));
		ck_assert_msg(says(rows[i].says), "%s: %s", rows[i].body,
			      body_of());
	}
	ask("GET", API "/workspaces?limit=0");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 400);
	ask("GET", API "/workspaces?colour=red");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 400);
	ask("POST", API "/workspaces?x=1");
	as(ann_cookie);
	json("{\"name\":\"a\"}");
	ck_assert_int_eq(answered(), 400);
}
END_TEST

START_TEST(a_body_over_a_mebibyte_is_413)
{
	char *big = malloc(REQUEST_BODY_MAX + 100);

	memset(big, ' ', REQUEST_BODY_MAX + 99);
	big[REQUEST_BODY_MAX + 99] = '\0';
	ask("POST", API "/workspaces");
	as(ann_cookie);
	json(big);
	ck_assert_int_eq(answered(), 413);
	ck_assert(says("TOO_LARGE"));
	ck_assert_uint_eq(fake.left, 0);
	free(big);
}
END_TEST

START_TEST(etags_and_head)
{
	struct workspace w = create(&ann_who, "a");
	const char *show = path(API "/workspaces/", w.id), *etag;
	size_t n;

	ask("GET", show);
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	etag = header_of("ETag");
	ck_assert_ptr_nonnull(etag);
	ck_assert_str_eq(header_of("Cache-Control"), "private, no-cache");
	ask("GET", show);
	as(ann_cookie);
	set("HTTP_IF_NONE_MATCH", etag);
	ck_assert_int_eq(answered(), 304);
	ck_assert_str_eq(body_of(), "");
	ck_assert_ptr_null(header_of("Content-Type"));
	ask("GET", show);
	as(ann_cookie);
	set("HTTP_IF_NONE_MATCH", "\"other\"");
	ck_assert_int_eq(answered(), 200);
	n = strlen(body_of());
	ck_assert_uint_gt(n, 100);
	ask("HEAD", show);
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(header_of("ETag"), etag);
	ck_assert_str_eq(body_of(), "");
	ask("PATCH", show);
	as(ann_cookie);
	set("HTTP_IF_MATCH", "\"999\"");
	json("{\"memo\":\"x\"}");
	ck_assert_int_eq(answered(), 412);
}
END_TEST

START_TEST(every_answer_is_guarded)
{
	static const char *const targets[] = {"/",
					      "/login",
					      "/nope",
					      "/healthz",
					      API "/workspaces",
					      API "/nope"};

	for (size_t i = 0; i < 2 * sizeof(targets) / sizeof(*targets); i++) {
		const char *csp;

		ask("GET", targets[i / 2]);
		as(i % 2 ? ann_cookie : "");
		browser();
		(void)answered();
		csp = header_of("Content-Security-Policy");
		ck_assert_ptr_nonnull(csp);
		ck_assert_ptr_nonnull(strstr(csp, "default-src 'none'"));
		ck_assert_ptr_nonnull(strstr(csp, "frame-ancestors 'none'"));
		ck_assert_ptr_null(strstr(csp, "unsafe"));
		ck_assert_str_eq(header_of("X-Content-Type-Options"),
				 "nosniff");
		ck_assert_ptr_nonnull(header_of("Cache-Control"));
		ck_assert_uint_eq(strlen(header_of("X-Request-Id")), 16);
		ck_assert_ptr_null(header_of("Access-Control-Allow-Origin"));
	}
}
END_TEST

START_TEST(nothing_of_the_inside_leaks)
{
	log_open("test", 2, (enum log_level)(LOG_LEVEL_ERROR + 1));
	for (int page = 0; page < 2; page++) {
		ask("POST", page ? "/workspaces" : API "/workspaces");
		as(ann_cookie);
		if (page)
			browser();
		if (page)
			form("name=a&csrf=ann-token");
		else
			json("{\"name\":\"a\"}");
		fault_arm(1);
		ck_assert_int_ge(answered(), 500);
		ck_assert(fault_fired());
		fault_arm(0);
		ck_assert_ptr_null(strstr(body_of(), t.dir));
		ck_assert_ptr_null(strstr(body_of(), "FAULT"));
		ck_assert_ptr_null(strstr(body_of(), "commit"));
		ck_assert(says(page ? "<!doctype html>" : "{\"error\":"));
		ck_assert_ptr_null(header_of("Location"));
	}
	ask("GET", API "/workspaces");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\"total\":0"));
}
END_TEST

START_TEST(pages_speak_the_reader_s_language)
{
	ask("GET", "/login");
	browser();
	set("HTTP_ACCEPT_LANGUAGE", "ko-KR,ko;q=0.9,en;q=0.8");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("<html lang=\"ko\">"));
	ask("GET", "/login");
	browser();
	set("HTTP_ACCEPT_LANGUAGE", "ko");
	as("lang=en");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("<html lang=\"en\">"));
	ask("GET", "/nope");
	browser();
	as("lang=ko");
	ck_assert_int_eq(answered(), 404);
	ck_assert(says("<html lang=\"ko\">"));
}
END_TEST

START_TEST(hostile_text_is_only_text)
{
	struct workspace w = create(&ann_who, "<script>\"'&");

	ask("GET", "/");
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("&lt;script&gt;&quot;&#39;&amp;"));
	ck_assert(!says("<script>\"'&"));
	ask("GET", path("/workspaces/", w.id));
	browser();
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert(!says("<script>\"'&"));
}
END_TEST

START_TEST(https_has_its_own_cookie)
{
	ask("POST", API "/logout");
	set("HTTPS", "on");
	as(ann_cookie); /* of http: not looked at */
	ck_assert_int_eq(answered(), 200);
	ask("GET", API "/session");
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ask("GET", API "/session");
	set("HTTPS", "on");
	as(arena_printf(&cx->arena, "__Host-%s", ann_cookie));
	ck_assert_int_eq(answered(), 200);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {unknown_paths_and_methods,
				      nobody_gets_in,
				      owner_and_admin,
				      tokens,
				      csrf_of_json,
				      csrf_of_forms,
				      csrf_of_visitors,
				      bodies_are_checked_before_handlers,
				      a_body_over_a_mebibyte_is_413,
				      etags_and_head,
				      every_answer_is_guarded,
				      nothing_of_the_inside_leaks,
				      pages_speak_the_reader_s_language,
				      hostile_text_is_only_text,
				      https_has_its_own_cookie};

	return run_cgi("cgi_app", tests, sizeof(tests) / sizeof(*tests));
}
