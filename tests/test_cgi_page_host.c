/* Workspaces on hosts of their own: the way there, and what is not served
 * there. */
#include "support/hostfix.h"

/* The value of a cookie that was set, as a request would send it. */
static const char *
cookie_set(const char *name)
{
	const char *all = header_of("Set-Cookie");

	ck_assert_ptr_nonnull(all);
	ck_assert_msg(strncmp(all, name, strlen(name)) == 0, "%s", all);
	ck_assert_ptr_nonnull(strstr(all, "; Path=/; SameSite=Lax"));
	ck_assert_ptr_nonnull(strstr(all, "; HttpOnly; Secure"));
	ck_assert_ptr_null(strstr(all, "omain"));
	return arena_strndup(&cx->arena, all, strcspn(all, ";"));
}

static const char *
after(const char *text, const char *prefix)
{
	ck_assert_msg(strncmp(text, prefix, strlen(prefix)) == 0, "%s", text);
	return text + strlen(prefix);
}

/* From the host to the control plane; what is asked for there. */
static const char *
led_away(const char *id, const char *target, const char **key)
{
	ask_on(id, "GET", target);
	browser();
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Referrer-Policy"), "no-referrer");
	ck_assert_str_eq(header_of("Cache-Control"), "no-store");
	*key = cookie_set("__Host-roost_key=");
	return after(header_of("Location"), "https://roost.example");
}

/* And back with a code; what is asked for there. */
static const char *
led_back(const char *id, const char *target)
{
	ask("GET", target);
	browser();
	as(ann_session);
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Referrer-Policy"), "no-referrer");
	return after(header_of("Location"), fmt("https://%s", host_of_id(id)));
}

START_TEST(the_way_leads_round)
{
	const char *key, *way, *back, *got;

	way = led_away(mine.id, "/a/b?c=%26d", &key);
	after(way, fmt("/workspaces/%s/enter?state=", mine.id));
	ck_assert_ptr_null(strstr(way, strchr(key, '=') + 1));
	back = led_back(mine.id, way);
	after(back, "/.roost/enter?code=");
	ask_on(mine.id, "GET", back);
	browser();
	as(key);
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 fmt("https://%s/a/b?c=%%26d", host_of_id(mine.id)));
	got = cookie_set("__Host-roost_ticket=");
	ask_on(mine.id, "GET", "/");
	as(got);
	ck_assert_int_eq(gated(), 200);
	/* once; the page does not lead on by itself */
	ask_on(mine.id, "GET", back);
	browser();
	as(key);
	ck_assert_int_eq(answered(), 403);
	ck_assert(says("href=\"/.roost/page\""));
	ck_assert_ptr_null(header_of("Location"));
	ck_assert_ptr_null(header_of("Set-Cookie"));
	/* but somebody who is in already goes on */
	ask_on(mine.id, "GET", back);
	browser();
	as(arena_printf(&cx->arena, "%s; %s", key, got));
	ck_assert_int_eq(answered(), 303);
	ck_assert_ptr_null(header_of("Set-Cookie"));
}
END_TEST

START_TEST(a_key_is_kept)
{
	const char *key, *again;

	led_away(mine.id, "/", &key);
	ask_on(mine.id, "GET", "/");
	browser();
	as(key);
	ck_assert_int_eq(answered(), 303);
	again = cookie_set("__Host-roost_key=");
	ck_assert_str_eq(again, key);
	ask_on(mine.id, "GET", "/");
	browser();
	as("__Host-roost_key=short");
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_ne(cookie_set("__Host-roost_key="), key);
}
END_TEST

START_TEST(a_code_opens_nothing_elsewhere)
{
	const char *key, *key2, *way, *back;

	way = led_away(mine.id, "/", &key);
	led_away(other.id, "/", &key2);
	back = led_back(mine.id, way);
	ask_on(other.id, "GET", back);
	browser();
	as(key);
	ck_assert_int_eq(answered(), 403);
	back = led_back(mine.id, way);
	ask_on(mine.id, "GET", back); /* in another browser */
	browser();
	as(key2);
	ck_assert_int_eq(answered(), 403);
	back = led_back(mine.id, way);
	ask("GET", back); /* on the control plane */
	browser();
	as(key);
	ck_assert_int_eq(answered(), 404);
	ask_on(mine.id, "HEAD", back); /* whoever looks ahead uses it not up */
	as(key);
	ck_assert_int_eq(answered(), 405);
	ask_on(mine.id, "GET", back);
	browser();
	as(key);
	ck_assert_int_eq(answered(), 303);
}
END_TEST

START_TEST(only_owners_who_are_logged_in_get_a_code)
{
	const char *key, *secret;
	const char *way = led_away(mine.id, "/", &key);

	ask("GET", way);
	browser();
	ck_assert_int_eq(answered(), 303);
	after(header_of("Location"), "/login?back=");
	ask("GET", way);
	browser();
	as(fmt("__Host-%s", bob_cookie));
	ck_assert_int_eq(answered(), 403);
	ask("GET", way);
	browser();
	as(fmt("__Host-%s", admin_cookie));
	ck_assert_int_eq(answered(), 403);
	ok(auth_token_add(cx, db, &who_ctl, ann, "a", 0, &secret));
	ask("GET", way);
	browser();
	set("HTTP_X_ROOST_TOKEN", secret);
	ck_assert_int_eq(answered(), 403);
	ask("GET", way); /* a script's */
	as(ann_session);
	ck_assert_int_eq(answered(), 400);
	ask("GET", fmt("/workspaces/%s/enter", mine.id));
	browser();
	as(ann_session);
	ck_assert_int_eq(answered(), 400);
	/* codes are made by none of these */
	raw("CREATE TEMP TABLE none (n CHECK (n = 0));"
	    "INSERT INTO none SELECT count(*) FROM code");
}
END_TEST

START_TEST(visits_lead_to_the_host)
{
	ask("GET", fmt("/w/%s/deep//x?q=%%2F", mine.id));
	browser();
	as(ann_session);
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 fmt("https://%s/deep//x?q=%%2F", host_of_id(mine.id)));
	ask("POST", fmt("/w/%s/x", mine.id));
	as(ann_session);
	ck_assert_int_eq(answered(), 421);
	ck_assert(
		says(fmt("\"address\":\"https://%s/\"", host_of_id(mine.id))));
	/* one that stands no more is waited for here */
	ck_assert_int_eq(unlink(fmt("%s/slots/01.sock", t.site.run_dir)), 0);
	ask("GET", fmt("/w/%s/", mine.id));
	browser();
	as(ann_session);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("data-leave"));
}
END_TEST

START_TEST(asleep_the_way_leads_to_waiting)
{
	const char *key, *way = led_away(mine.id, "/x?y", &key);

	becomes(mine.id, STATUS_STANDBY);
	ask("GET", way);
	browser();
	as(ann_session);
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 fmt("https://roost.example/w/%s/x?y", mine.id));
	ask_on(mine.id, "GET", "/x?y");
	browser();
	as(ticket);
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 fmt("https://roost.example/w/%s/x?y", mine.id));
	ask_on(mine.id, "GET", "/x?y");
	as(ticket);
	ck_assert_int_eq(answered(), 503);
	ck_assert_ptr_nonnull(header_of("Retry-After"));
}
END_TEST

START_TEST(a_dead_one_does_not_go_in_circles)
{
	ask_on(mine.id, "GET", "/");
	browser();
	as(ticket);
	set("GATE_ERROR", "502");
	ck_assert_int_eq(answered(), 503);
	ck_assert_ptr_null(header_of("Location"));
	ck_assert(says("href=\"/.roost/page\""));
	ask_on(mine.id, "GET", "/.roost/page");
	browser();
	ck_assert_int_eq(answered(), 303);
	ck_assert_str_eq(header_of("Location"),
			 fmt("https://roost.example/workspaces/%s", mine.id));
}
END_TEST

/* Not even an error page there is one of the control plane's. */
START_TEST(nothing_of_ours_is_served_there)
{
	static const char *const paths[] = {"/login",	 "/api/v1/session",
					    "/",	 "/workspaces",
					    "/admin",	 "/.roost/",
					    "/.roost/x", "/healthz",
					    "/metrics",	 "/%ff"};
	static const char *const hosts[] = {NULL, "ws.example:8443",
					    "127.0.0.1:8080", ""};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (size_t k = 0; k < 8; k++) {
			const char *host =
				k < 4 ? host_of_id(mine.id) : hosts[k - 4];
			bool health = k > 3 && !strcmp(paths[i], "/healthz");

			ask(k % 2 ? "POST" : "GET", paths[i]);
			set("HTTP_HOST", host);
			if (k & 2)
				set("HTTP_ACCEPT", "text/html");
			as(ann_session);
			ck_assert_int_ge(answered(), health ? 200 : 303);
			ck_assert_msg(!says("csrf") && !says("/static/"),
				      "%s %s", host, paths[i]);
			ck_assert(!says("<form") && !says("<script"));
			if (header_of("Set-Cookie"))
				cookie_set("__Host-roost_key=");
		}
}
END_TEST

START_TEST(the_control_plane_has_one_name)
{
	ask("GET", "/login");
	set("HTTP_HOST", "127.0.0.1:8080");
	ck_assert_int_eq(answered(), 421);
	ask("GET", "/api/v1/session");
	set("HTTP_HOST", "evil.example");
	as(ann_session);
	ck_assert_int_eq(answered(), 421);
	ask("GET", "/healthz");
	set("HTTP_HOST", "127.0.0.1:8080");
	ck_assert_int_eq(answered(), 200);
	ask("GET", "/login");
	set("HTTP_HOST", "ROOST.example:443");
	ck_assert_int_eq(answered(), 200);
	ck_assert_ptr_nonnull(
		strstr(header_of("Content-Security-Policy"),
		       "form-action 'self' https://*.ws.example:8443"));
}
END_TEST

/* Pages of workspaces are the same site, and are strangers all the same. */
START_TEST(pages_of_workspaces_ask_nothing)
{
	static const struct {
		const char *method, *site, *mode, *dest, *origin;
		int status;
	} rows[] = {
		{"GET", NULL, NULL, NULL, NULL, 200},
		{"GET", "same-origin", "cors", "empty", NULL, 200},
		{"GET", "same-site", "navigate", "document", NULL, 200},
		{"GET", "same-site", "cors", "empty", "w", 403},
		{"GET", "same-site", "no-cors", "empty", NULL, 403},
		{"GET", "same-site", "no-cors", "script", NULL, 403},
		{"GET", "same-site", "navigate", "iframe", NULL, 403},
		{"GET", NULL, NULL, NULL, "w", 403},
		{"POST", "same-site", "no-cors", "empty", "w", 403},
		{"POST", "same-site", "navigate", "document", "w", 403},
		{"POST", NULL, NULL, NULL, "w", 403},
		{"POST", NULL, NULL, NULL, "null", 403},
		{"DELETE", NULL, NULL, NULL, "w", 403},
		{"PATCH", "same-site", "cors", "empty", "w", 403},
	};
	const char *page = fmt("https://%s", host_of_id(mine.id));

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask(rows[i].method,
		    strcmp(rows[i].method, "POST") == 0
			    ? "/api/v1/workspaces"
			    : fmt("/api/v1/workspaces/%s", other.id));
		as(ann_session);
		if (rows[i].site)
			set("HTTP_SEC_FETCH_SITE", rows[i].site);
		if (rows[i].mode)
			set("HTTP_SEC_FETCH_MODE", rows[i].mode);
		if (rows[i].dest)
			set("HTTP_SEC_FETCH_DEST", rows[i].dest);
		if (rows[i].origin)
			set("HTTP_ORIGIN", strcmp(rows[i].origin, "w") == 0
						   ? page
						   : rows[i].origin);
		if (strcmp(rows[i].method, "GET") != 0)
			json("{\"name\":\"x\"}");
		ck_assert_msg(answered() == rows[i].status, "row %zu", i);
	}
	ck_assert_int_eq(get(other.id).rev, other.rev);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {the_way_leads_round,
				      a_key_is_kept,
				      a_code_opens_nothing_elsewhere,
				      only_owners_who_are_logged_in_get_a_code,
				      visits_lead_to_the_host,
				      asleep_the_way_leads_to_waiting,
				      a_dead_one_does_not_go_in_circles,
				      nothing_of_ours_is_served_there,
				      the_control_plane_has_one_name,
				      pages_of_workspaces_ask_nothing};

	return run_hosts("page_host", tests, sizeof(tests) / sizeof(*tests));
}
