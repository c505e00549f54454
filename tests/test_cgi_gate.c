/* The gate: who passes, where to, and what everybody else is told. */
#include "support/cgifix.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cgi/gate.h"
#include "cgi/io_socket.h"
#include "rules/names.h"

static struct gate gate;

static int
gated(void)
{
	if (!gate.db) {
		gate.cx.site = &t.site;
		ok(db_open(cx, DB_READ, &gate.db));
	}
	ck_assert(gate_answer(&gate, &fake.io));
	return status_of(&fake.out);
}

static const char *
inside(const char *id, const char *rest)
{
	return arena_printf(&cx->arena, "/w/%s%s", id, rest);
}

START_TEST(the_owner_passes_to_a_running_one)
{
	struct workspace w = standing(&ann_who, 7);
	const char *stamp = site_run_path(cx, w.id, ".access");
	struct stat st;

	ck_assert_int_ne(stat(stamp, &st), 0);
	ask("POST", inside(w.id, "/a%2Fb?c=d"));
	set("CONTENT_LENGTH", "999999999"); /* an authorizer gets no body */
	as(ann_cookie);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "slot07");
	ck_assert_str_eq(header_of("Variable-GATE_USER"), "ann");
	ck_assert_str_eq(header_of("Variable-GATE_HTTP"),
			 arena_printf(&cx->arena,
				      "unix:/run/%s.sock|http://roost.example",
				      w.id));
	ck_assert_str_eq(header_of("Variable-GATE_WS"),
			 arena_printf(&cx->arena,
				      "unix:/run/%s.sock|ws://roost.example",
				      w.id));
	ck_assert_str_eq(header_of("Variable-GATE_BASE"),
			 arena_printf(&cx->arena, "/w/%s", w.id));
	ck_assert_int_eq(stat(stamp, &st), 0);
}
END_TEST

/* The word of roost.conf counts, then what the web server sees; what a proxy
 * in front says, only where it is trusted. */
START_TEST(an_instance_is_told_the_scheme_of_the_client)
{
	static const struct {
		const char *base_url, *https, *said;
		bool trust;
		const char *told;
	} cases[] = {{"", NULL, NULL, false, "http"},
		     {"", "on", NULL, false, "https"},
		     {"", NULL, "https", false, "http"},
		     {"", NULL, "https", true, "https"},
		     {"", NULL, "https, http", true, "http"},
		     {"", "on", "http", false, "https"},
		     {"https://roost.example", NULL, "http", false, "https"},
		     {"http://roost.example", NULL, "https", false, "http"}};
	struct workspace w = standing(&ann_who, 7);
	struct site was = t.site;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		t.site.base_url = cases[i].base_url;
		t.site.trust_proxy = cases[i].trust;
		ask("GET", inside(w.id, "/"));
		as(ann_cookie);
		/* the session of https has another name */
		if ((cases[i].trust && !strcmp(cases[i].told, "https")) ||
		    cases[i].https)
			set("HTTP_COOKIE",
			    arena_printf(&cx->arena, "__Host-%s", ann_cookie));
		set("HTTP_HOST", "roost.example");
		if (cases[i].https)
			set("HTTPS", cases[i].https);
		if (cases[i].said)
			set("HTTP_X_FORWARDED_PROTO", cases[i].said);
		ck_assert_int_eq(gated(), 200);
		ck_assert_str_eq(header_of("Variable-GATE_SCHEME"),
				 cases[i].told);
	}
	t.site = was;
}
END_TEST

/* nginx: the status is in a header, and nothing else is said. */
START_TEST(a_server_that_asks_for_it_gets_the_status_in_a_header)
{
	struct workspace w = standing(&ann_who, 7);

	ask("GET", inside(w.id, "/"));
	set("GATE_WRAP", "1");
	as(ann_cookie);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_STATUS"), "200");
	ck_assert_ptr_nonnull(header_of("Variable-GATE_HTTP"));
	ask("GET", inside(w.id, "/"));
	set("GATE_WRAP", "1");
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_STATUS"), "401");
	ck_assert_ptr_null(header_of("Variable-GATE_HTTP"));
	ck_assert_str_eq(body_of(), "");
	/* a client's header is another variable */
	ask("GET", inside(w.id, "/"));
	set("HTTP_GATE_WRAP", "1");
	ck_assert_int_eq(gated(), 401);
	ck_assert_ptr_null(header_of("Variable-GATE_STATUS"));
}
END_TEST

/* Where the traffic decides, what a page fetches by itself is no use; all else
 * is, and everything where open connections hold. */
START_TEST(what_counts_as_use)
{
	static const struct {
		const char *method, *mode;
		bool use;
	} asks[] = {
		{"GET", "navigate", true},   {"GET", NULL, true},
		{"GET", "websocket", true},  {"GET", "cors", false},
		{"GET", "no-cors", false},   {"GET", "same-origin", false},
		{"HEAD", "cors", false},     {"OPTIONS", "cors", false},
		{"POST", "cors", true},	     {"PUT", "same-origin", true},
		{"DELETE", "no-cors", true},
	};
	struct workspace w = standing(&ann_who, 7);
	const char *stamp = site_run_path(cx, w.id, ".access");

	for (size_t i = 0; i < 2 * sizeof(asks) / sizeof(asks[0]); i++) {
		bool traffic = i % 2 == 0;

		t.site.count_open_connections = traffic ? "traffic" : "yes";
		unlink(stamp);
		ask(asks[i / 2].method, inside(w.id, "/x"));
		as(ann_cookie);
		if (asks[i / 2].mode)
			set("HTTP_SEC_FETCH_MODE", asks[i / 2].mode);
		ck_assert_int_eq(gated(), 200);
		ck_assert_msg(fs_exists(stamp) == (asks[i / 2].use || !traffic),
			      "row %zu", i / 2);
	}
}
END_TEST

/* A host that could be read as anything else in an address is none. */
START_TEST(an_instance_is_called_as_the_client_calls_it)
{
	static const char *const host[][2] = {{"a-b.c:81", "a-b.c:81"},
					      {"[::1]:8080", "[::1]:8080"},
					      {"a/b", "localhost"},
					      {"a|b", "localhost"},
					      {"a b", "localhost"},
					      {"u@h", "localhost"}};
	struct workspace w = standing(&ann_who, 7);

	for (size_t i = 0; i < sizeof(host) / sizeof(*host); i++) {
		ask("GET", inside(w.id, "/"));
		as(ann_cookie);
		set("HTTP_HOST", host[i][0]);
		ck_assert_int_eq(gated(), 200);
		ck_assert_str_eq(header_of("Variable-GATE_HTTP"),
				 arena_printf(&cx->arena,
					      "unix:/run/%s.sock|http://%s",
					      w.id, host[i][1]));
	}
}
END_TEST

/* mod_authnz_fcgi gets the status alone, or where to go. */
START_TEST(who_says_it_elsewhere_gets_no_body)
{
	struct workspace w = standing(&ann_who, 7);

	ask("GET", inside(w.id, "/"));
	as(bob_cookie);
	set("FCGI_APACHE_ROLE", "AUTHENTICATE_AUTHORIZER");
	ck_assert_int_eq(gated(), 403);
	ck_assert(!says("error"));
	ck_assert_ptr_null(header_of("Cache-Control"));
	ask("GET", inside(w.id, "/"));
	browser();
	set("FCGI_APACHE_ROLE", "AUTHENTICATE_AUTHORIZER");
	ck_assert_int_eq(gated(), 302);
	ck_assert_ptr_nonnull(header_of("Location"));
}
END_TEST

static bool
due(const char *cookie)
{
	struct who who;

	ok(auth_load(cx, db, strchr(cookie, '=') + 1, NULL, &who));
	return who.renew;
}

/* Who only works in a workspace is not logged out after a day. */
START_TEST(a_session_slides_here_too)
{
	struct workspace w = standing(&ann_who, 7);

	raw("UPDATE session SET seen_ms = seen_ms - 120000");
	ck_assert(due(ann_cookie));
	ask("GET", inside(w.id, "/"));
	as(ann_cookie);
	ck_assert_int_eq(gated(), 200);
	ck_assert(!due(ann_cookie));
}
END_TEST

START_TEST(nobody_else_does)
{
	struct workspace w = standing(&ann_who, 7);
	const char *there = inside(w.id, "/");

	ask("GET", there);
	as(bob_cookie);
	ck_assert_int_eq(gated(), 403);
	ask("GET", there);
	as(admin_cookie);
	ck_assert_int_eq(gated(), 403);
	ask("GET", there);
	ck_assert_int_eq(gated(), 401);
	ck_assert(says("{\"error\":{\"code\":\"UNAUTHORIZED\""));
	ask("GET", there);
	browser();
	ck_assert_int_eq(gated(), 302);
	ck_assert_str_eq(header_of("Location"),
			 arena_printf(&cx->arena, "/login?back=%%2Fw%%2F%s%%2F",
				      w.id));
	ask("GET", inside(new_id(), "/"));
	as(ann_cookie);
	ck_assert_int_eq(gated(), 404);
	ask("GET", "/w/x/");
	as(ann_cookie);
	ck_assert_int_eq(gated(), 404);
	ask("GET", there);
	as(ann_cookie);
	set("HTTP_X_ROOST_TOKEN", "forged");
	ck_assert_int_eq(gated(), 401);
	ck_assert_ptr_null(header_of("Variable-GATE_BACKEND"));
}
END_TEST

START_TEST(one_path_one_workspace)
{
	struct workspace mine = standing(&bob_who, 1);
	struct workspace w = standing(&ann_who, 2);
	const char *const odd[] = {
		inside(mine.id, arena_printf(&cx->arena, "/../%s/", w.id)),
		inside(mine.id,
		       arena_printf(&cx->arena, "/%%2e%%2e/%s/", w.id)),
		inside(mine.id, "/./x"),
		inside(mine.id, arena_printf(&cx->arena, "/..%%2f%s/x", w.id)),
		inside(mine.id, "/a%2F..%2Fb"),
		inside(mine.id, "/a%2f%2E%2e"),
		inside(mine.id, "/%00"),
		arena_printf(&cx->arena, "http://h/w/%s/", mine.id),
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		ask("GET", odd[i]);
		as(bob_cookie);
		ck_assert_msg(gated() == 400, "%s", odd[i]);
	}
	/* what the server made of it leads elsewhere */
	ask("GET", inside(mine.id, "/x"));
	set("SCRIPT_FILENAME",
	    arena_printf(&cx->arena, "/srv/www/w/%s/x", w.id));
	as(bob_cookie);
	ck_assert_int_eq(gated(), 400);
	ask("GET", inside(mine.id, "/x"));
	set("SCRIPT_NAME", "/w");
	set("PATH_INFO", arena_printf(&cx->arena, "/%s/x", w.id));
	as(bob_cookie);
	ck_assert_int_eq(gated(), 400);
	ask("GET", inside(mine.id, "/x"));
	set("SCRIPT_NAME", "/w");
	set("PATH_INFO", arena_printf(&cx->arena, "/%s/x", mine.id));
	as(bob_cookie);
	ck_assert_int_eq(gated(), 200);
	/* %77 is w, but the raw target is not below /w/ then */
	ask("GET", arena_printf(&cx->arena, "/%%77/%s/", mine.id));
	as(bob_cookie);
	ck_assert_int_eq(gated(), 404);
}
END_TEST

START_TEST(a_websocket_comes_from_our_pages)
{
	static const struct {
		const char *origin;
		int status;
	} rows[] = {{"http://roost.example", 200},
		    {"https://ROOST.example", 200},
		    {NULL, 200}, /* no browser */
		    {"http://evil.example", 403},
		    {"http://roost.example.evil", 403},
		    {"http://roost.example:81", 403},
		    {"null", 403}};
	struct workspace w = standing(&ann_who, 3);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask("GET", inside(w.id, "/ws"));
		as(ann_cookie);
		set("HTTP_SEC_WEBSOCKET_KEY", "dGhlIHNhbXBsZSBub25jZQ==");
		if (rows[i].origin)
			set("HTTP_ORIGIN", rows[i].origin);
		ck_assert_msg(gated() == rows[i].status, "row %zu", i);
	}
}
END_TEST

START_TEST(only_a_navigation_reaches_the_handler)
{
	static const struct {
		const char *method, *name, *value;
		int status;
	} rows[] = {
		{"GET", NULL, NULL, 200},
		{"GET", "HTTP_SEC_FETCH_MODE", "navigate", 200},
		{"GET", "HTTP_SEC_FETCH_MODE", "cors", 503},
		{"GET", "HTTP_SEC_FETCH_DEST", "image", 503},
		{"GET", "HTTP_SEC_WEBSOCKET_KEY", "x", 503},
		{"GET", "HTTP_USER_AGENT", "Slackbot-LinkExpanding", 503},
		{"GET", "HTTP_ACCEPT", "*/*", 503},
		{"HEAD", NULL, NULL, 503},
		{"POST", NULL, NULL, 503},
	};
	struct workspace w = create(&ann_who, "w");

	w = becomes(w.id, STATUS_STANDBY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask(rows[i].method, inside(w.id, "/"));
		browser();
		as(ann_cookie);
		if (rows[i].name)
			set(rows[i].name, rows[i].value);
		ck_assert_msg(gated() == rows[i].status, "row %zu", i);
		if (rows[i].status == 200)
			ck_assert_str_eq(header_of("Variable-GATE_BACKEND"),
					 "handler");
		else
			ck_assert_ptr_nonnull(header_of("Retry-After"));
	}
	ask("GET", inside(w.id, "/x.js"));
	as(ann_cookie);
	ck_assert_int_eq(gated(), 503);
	ck_assert_str_eq(header_of("Content-Type"), "application/json");
	/* nothing was stamped, nothing written */
	ck_assert(!fs_exists(site_run_path(cx, w.id, ".access")));
	struct workspace now;
	ok(workspace_get(cx, db, w.id, &now));
	ck_assert_int_eq(now.rev, w.rev);
}
END_TEST

START_TEST(a_slot_that_went_to_another_leads_nowhere)
{
	struct workspace w = standing(&ann_who, 5);
	const char *slot =
		arena_printf(&cx->arena, "%s/slots/05.sock", t.site.run_dir);

	ck_assert_int_eq(unlink(slot), 0);
	ck_assert_int_eq(symlink("../sock/another.sock", slot), 0);
	ask("GET", inside(w.id, "/"));
	as(ann_cookie);
	ck_assert_int_eq(gated(), 503);
}
END_TEST

/* Listens at the first port of the site's that is free. */
static int
listen_somewhere(int64_t *slot)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t n = 0;

	do {
		ck_assert_int_lt(n, t.site.slots);
		a.sin_port = htons((uint16_t)(t.site.port_base + n++));
	} while (bind(fd, (const struct sockaddr *)&a, sizeof(a)));
	ck_assert_int_eq(listen(fd, 1), 0);
	*slot = n - 1;
	return fd;
}

static unsigned
inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return (unsigned)st.st_ino;
}

/* What the engine has seen at the port. */
static void
mark(const char *id, struct name_port its)
{
	const char *path =
		arena_printf(&cx->arena, "%s/sock/%s.port", t.site.run_dir, id);
	char text[NAME_MAX_LEN];

	ok(fs_mkdirs(cx, site_run_file(cx, "sock"), 0700));
	unlink(path);
	ck_assert_int_eq(symlink(name_port(&its, text), path), 0);
}

static struct workspace
running_at_port(int64_t slot, long port)
{
	struct workspace w = standing(&ann_who, slot);
	struct ws_outcome o = {.status = STATUS_RUNNING,
			       .error = WS_ERROR_CLEAR,
			       .set_instance = true,
			       .slot = slot,
			       .boot_id = "boot"};

	o.endpoint = arena_printf(&cx->arena, "tcp:127.0.0.1:%ld", port);
	return observed(w.id, &o);
}

static int
visited(const char *id)
{
	ask("GET", inside(id, "/"));
	as(ann_cookie);
	return gated();
}

START_TEST(a_port_leads_only_to_what_was_seen_there)
{
	struct name_port its = {.n = 0};
	int64_t slot = 0;
	int fd = listen_somewhere(&slot);
	const char *way =
		arena_printf(&cx->arena, "port%02lld", (long long)slot);
	struct workspace w;

	its.port = (long)(t.site.port_base + slot);
	w = running_at_port(slot, its.port);
	ck_assert_int_eq(visited(w.id), 503); /* nothing was seen */
	mark(w.id, its);
	ck_assert_int_eq(visited(w.id), 503); /* nobody was */
	its.inode[its.n++] = inode_of(fd) + 1;
	mark(w.id, its);
	ck_assert_int_eq(visited(w.id), 503); /* somebody else was */
	its.inode[its.n++] = inode_of(fd);
	mark(w.id, its);
	ck_assert_int_eq(visited(w.id), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), way);
	ck_assert_str_eq(header_of("Variable-GATE_HTTP"),
			 arena_printf(&cx->arena, "http://127.0.0.1:%ld",
				      its.port));
	close(fd); /* it has ended, and nobody has looked since */
	ck_assert_int_eq(visited(w.id), 503);
}
END_TEST

START_TEST(a_port_that_is_not_its_slots_leads_nowhere)
{
	struct name_port its = {.n = 1};
	int64_t slot = 0;
	int fd = listen_somewhere(&slot);
	struct workspace w;

	its.port = (long)(t.site.port_base + slot);
	its.inode[0] = inode_of(fd);
	w = running_at_port(slot ? 0 : 1, its.port); /* port_base changed */
	mark(w.id, its);
	ck_assert_int_eq(visited(w.id), 503);
	close(fd);
}
END_TEST

START_TEST(names_that_are_no_words_are_numbers)
{
	struct who odd = new_who("a b\xc3\xa9", ROLE_USER);
	struct workspace w = standing(&odd, 9);

	ask("GET", inside(w.id, "/"));
	as(log_in_as(&odd, "x"));
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_USER"),
			 arena_printf(&cx->arena, "u%lld",
				      (long long)odd.user_id));
}
END_TEST

START_TEST(a_stale_socket_is_taken_over_a_living_one_is_not)
{
	const char *path = site_run_file(cx, "x.sock");
	int first, second;

	ok(socket_listen(cx, path, 0660, false, &first));
	ck_assert_int_eq(socket_listen(cx, path, 0660, false, &second),
			 ERR_CONFIG);
	close(first); /* as if killed: the file stays */
	ck_assert(fs_exists(path));
	ok(socket_listen(cx, path, 0660, false, &second));
	close(second);
}
END_TEST

/* The port that a socket has. */
static int
port_of(int fd)
{
	struct sockaddr_in6 a = {0};
	socklen_t n = sizeof(a);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	return ntohs(a.sin6_port);
}

START_TEST(an_address_is_a_loopback_one_unless_told)
{
	static const char *const loopback[] = {"127.0.0.1", "127.1.2.3",
					       "[::1]"};
	static const char *const remote[] = {"0.0.0.0:0", "[::]:0"};
	static const char *const odd[] = {"localhost:80", "1.2.3.4.5:1",
					  "127.0.0.1:99999", "[::1:1", "::x:1"};
	int fd = -1, other;

	for (size_t i = 0; i < 3; i++) {
		const char *any = arena_printf(&cx->arena, "%s:0", loopback[i]);

		ck_assert(socket_is_inet(any));
		ok(socket_listen(cx, any, 0660, false, &fd));
		any = arena_printf(&cx->arena, "%s:%d", loopback[i],
				   port_of(fd));
		ck_assert_int_eq(socket_listen(cx, any, 0660, false, &other),
				 ERR_CONFIG);
		socket_close(any, fd);
		ok(socket_listen(cx, any, 0660, false, &fd));
		socket_close(any, fd);
	}
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(socket_listen(cx, remote[i], 0, false, &fd),
				 ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(cx->why, "--remote yes"));
		ok(socket_listen(cx, remote[i], 0, true, &fd));
		socket_close(remote[i], fd);
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		ck_assert_int_eq(socket_listen(cx, odd[i], 0, true, &fd),
				 ERR_CONFIG);
	ck_assert(!socket_is_inet("/run/a:1"));
	ck_assert(!socket_is_inet("gate.sock"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{the_owner_passes_to_a_running_one,
		 an_instance_is_told_the_scheme_of_the_client,
		 a_server_that_asks_for_it_gets_the_status_in_a_header,
		 what_counts_as_use,
		 an_instance_is_called_as_the_client_calls_it,
		 who_says_it_elsewhere_gets_no_body,
		 a_session_slides_here_too,
		 nobody_else_does,
		 one_path_one_workspace,
		 a_websocket_comes_from_our_pages,
		 only_a_navigation_reaches_the_handler,
		 a_slot_that_went_to_another_leads_nowhere,
		 a_port_leads_only_to_what_was_seen_there,
		 a_port_that_is_not_its_slots_leads_nowhere,
		 names_that_are_no_words_are_numbers,
		 a_stale_socket_is_taken_over_a_living_one_is_not,
		 an_address_is_a_loopback_one_unless_told};

	return run_cgi("cgi_gate", tests, sizeof(tests) / sizeof(*tests));
}
