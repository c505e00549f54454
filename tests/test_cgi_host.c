/* Workspaces on hosts of their own: whom the gate lets pass. */
#include "support/hostfix.h"

START_TEST(a_ticket_passes_on_its_own_host)
{
	ask_on(mine.id, "POST", "/a%2Fb?c=d");
	as(ticket);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "slot01");
	ck_assert_str_eq(header_of("Variable-GATE_HOST"), "1");
	ck_assert_str_eq(header_of("Variable-GATE_USER"), "ann");
	ck_assert_ptr_null(header_of("Variable-GATE_WHOLE"));
	ck_assert_ptr_null(header_of("Set-Cookie"));
	ck_assert(fs_exists(site_run_path(cx, mine.id, ".access")));
	/* a path that names another is only a path here */
	ask_on(mine.id, "GET", fmt("/w/%s/", other.id));
	as(ticket);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "slot01");
	ask_on(mine.id, "GET", fmt("/../%s/", other.id));
	as(ticket);
	ck_assert_int_eq(gated(), 400);
}
END_TEST

START_TEST(nothing_else_does)
{
	const char *value = strchr(ticket, '=') + 1;
	const char *const cookies[] = {
		"",
		ann_session,
		ann_cookie,
		fmt("__Host-roost_session=%s", value),
		fmt("roost_ticket=%s", value),
		fmt("__Host-roost_ticket=%s", strchr(ann_session, '=') + 1),
		arena_printf(&cx->arena, "%s; %s", ticket, ticket),
		with_ticket(other.id),
	};

	for (size_t i = 0; i < sizeof(cookies) / sizeof(*cookies); i++) {
		ask_on(mine.id, "GET", "/");
		as(cookies[i]);
		ck_assert_msg(gated() == 401, "%s", cookies[i]);
		ck_assert_str_eq(header_of("Content-Type"), "application/json");
	}
	/* a browser is sent to the handler, which begins */
	ask_on(mine.id, "GET", "/");
	browser();
	as(ann_session);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "handler");
	ck_assert_str_eq(header_of("Variable-GATE_USER"), "-");
	ask_on(mine.id, "GET", "/.roost/enter?code=x");
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "handler");
}
END_TEST

START_TEST(a_token_of_the_owner_passes)
{
	const char *anns, *bobs;

	ok(auth_token_add(cx, db, &who_ctl, ann, "a", 0, &anns));
	ok(auth_token_add(cx, db, &who_ctl, bob_who.user_id, "b", 0, &bobs));
	ask_on(mine.id, "POST", "/");
	set("HTTP_X_ROOST_TOKEN", anns);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "slot01");
	ask_on(mine.id, "POST", "/");
	set("HTTP_X_ROOST_TOKEN", bobs);
	ck_assert_int_eq(gated(), 403);
	ask_on(mine.id, "POST", "/");
	set("HTTP_X_ROOST_TOKEN", "forged");
	as(ticket);
	ck_assert_int_eq(gated(), 401);
}
END_TEST

START_TEST(no_instance_is_reached_through_the_control_plane)
{
	const char *there = fmt("/w/%s/x", mine.id);
	const char *address = fmt("https://%s.ws.example:8443/", mine.id);

	ask("GET", there);
	as(ann_session);
	ck_assert_int_eq(gated(), 421);
	ck_assert(says(fmt("\"address\":\"%s\"", address)));
	ask("POST", there);
	as(ann_session);
	ck_assert_int_eq(gated(), 421);
	ask("GET", there);
	as(ann_session);
	set("HTTP_SEC_WEBSOCKET_KEY", "x");
	set("HTTP_ORIGIN", "https://roost.example");
	ck_assert_int_eq(gated(), 421);
	ask("GET", there);
	browser();
	as(ann_session);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "handler");
	/* a ticket is worth nothing here */
	ask("GET", there);
	as(ticket);
	ck_assert_int_eq(gated(), 401);
	/* and a name that is nobody's is nobody's */
	ask("GET", there);
	set("HTTP_HOST", "ws.example");
	as(ann_session);
	ck_assert_int_eq(gated(), 421);
	ck_assert(!says("\"address\""));
}
END_TEST

START_TEST(only_its_own_pages_ask)
{
	static const struct {
		const char *method, *site, *mode, *dest, *origin;
		int status;
	} rows[] = {
		{"GET", NULL, NULL, NULL, NULL, 200},
		{"GET", "same-origin", "cors", "empty", NULL, 200},
		{"GET", "none", "navigate", "document", NULL, 200},
		{"POST", "same-origin", "cors", "empty", "own", 200},
		{"POST", NULL, NULL, NULL, "own", 200},
		{"GET", "same-site", "navigate", "document", NULL, 200},
		{"GET", "cross-site", "navigate", "document", NULL, 200},
		{"GET", "cross-site", "navigate", "document", "null", 200},
		{"GET", "same-site", "navigate", "iframe", NULL, 403},
		{"GET", "same-site", "no-cors", "image", NULL, 403},
		{"GET", "same-site", "cors", "empty", "https://x.ws.example",
		 403},
		{"GET", "cross-site", "no-cors", "script", NULL, 403},
		{"POST", "same-site", "navigate", "document", "null", 403},
		{"POST", NULL, NULL, NULL, "https://roost.example", 403},
		{"POST", NULL, NULL, NULL, "null", 403},
		{"GET", NULL, NULL, NULL, "https://evil.example", 403},
		{"HEAD", "same-site", "no-cors", "empty", NULL, 403},
	};
	const char *own = fmt("https://%s", host_of_id(mine.id));

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask_on(mine.id, rows[i].method, "/");
		as(ticket);
		if (rows[i].site)
			set("HTTP_SEC_FETCH_SITE", rows[i].site);
		if (rows[i].mode)
			set("HTTP_SEC_FETCH_MODE", rows[i].mode);
		if (rows[i].dest)
			set("HTTP_SEC_FETCH_DEST", rows[i].dest);
		if (rows[i].origin)
			set("HTTP_ORIGIN", strcmp(rows[i].origin, "own") == 0
						   ? own
						   : rows[i].origin);
		ck_assert_msg(gated() == rows[i].status, "row %zu", i);
	}
	/* a WebSocket is no tab */
	ask_on(mine.id, "GET", "/ws");
	as(ticket);
	set("HTTP_SEC_WEBSOCKET_KEY", "x");
	set("HTTP_ORIGIN", fmt("https://%s", host_of_id(other.id)));
	ck_assert_int_eq(gated(), 403);
	ask_on(mine.id, "GET", "/ws");
	as(ticket);
	set("HTTP_SEC_WEBSOCKET_KEY", "x");
	set("HTTP_ORIGIN", own);
	ck_assert_int_eq(gated(), 200);
}
END_TEST

START_TEST(a_ticket_slides_and_ends_with_its_session)
{
	struct who who;

	raw("UPDATE session SET seen_ms = seen_ms - 120000");
	ask_on(mine.id, "GET", "/");
	as(ticket);
	ck_assert_int_eq(gated(), 200);
	ok(auth_load(cx, db, strchr(ann_session, '=') + 1, NULL, &who));
	ck_assert(!who.renew);
	ask("POST", "/api/v1/logout");
	as(ann_session);
	set("HTTP_ORIGIN", "https://roost.example");
	ck_assert_int_eq(answered(), 200);
	ask_on(mine.id, "GET", "/");
	as(ticket);
	ck_assert_int_eq(gated(), 401);
}
END_TEST

START_TEST(asleep_a_browser_goes_to_the_handler)
{
	becomes(mine.id, STATUS_STANDBY);
	ask_on(mine.id, "GET", "/");
	as(ticket);
	ck_assert_int_eq(gated(), 503);
	ck_assert_ptr_nonnull(header_of("Retry-After"));
	ask_on(mine.id, "GET", "/");
	as(ticket);
	browser();
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "handler");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{a_ticket_passes_on_its_own_host,
		 nothing_else_does,
		 a_token_of_the_owner_passes,
		 no_instance_is_reached_through_the_control_plane,
		 only_its_own_pages_ask,
		 a_ticket_slides_and_ends_with_its_session,
		 asleep_a_browser_goes_to_the_handler};

	return run_hosts("cgi_host", tests, sizeof(tests) / sizeof(*tests));
}
