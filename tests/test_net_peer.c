/* The HTTP client against a server that behaves well, and badly. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "net/peer.h"
#include "support/expect.h"
#include "support/httpd.h"
#include "support/suite.h"
#include "support/tmpsite.h"

static struct tmpsite t;
static struct cx *cx;
static struct tcpd *server;
static struct peer *peer;
static struct http_answer answer;
static atomic_int asked; /* requests that arrived whole */

static void
answer_one(struct conn *c, struct httpd_request *rq)
{
	char value[512];
	int status;

	if (sscanf(rq->path, "/status/%d", &status) == 1)
		httpd_text(c, status, status == 204 ? "" : "so it is");
	else if (!strcmp(rq->path, "/echo"))
		httpd_answer(c, 200, "X-Twice: one\r\nX-Twice: two\r\n",
			     buf_str(&rq->body), rq->body.len);
	else if (!strcmp(rq->path, "/method"))
		httpd_text(c, 200, rq->method);
	else if (!strcmp(rq->path, "/head"))
		httpd_text(c, 200, httpd_head(rq, "X-Mine", value));
	else if (!strcmp(rq->path, "/long"))
		httpd_answer(c, 200, "", NULL, 12345);
	else
		httpd_text(c, 200, rq->path);
}

static void
serve(struct conn *c, void *arg)
{
	struct httpd_request rq = {0};

	(void)arg;
	while (httpd_read(c, &rq)) {
		asked++;
		answer_one(c, &rq);
	}
	httpd_free(&rq);
}

static void
begin(void (*fn)(struct conn *, void *), struct peer_at at)
{
	server = tcpd_start(&(struct tcpd_how){.serve = fn});
	at.url = tcpd_url(server);
	ok(peer_open(cx, &at, &peer));
}

static void
up(void)
{
	tmpsite_open(&t, NULL);
	cx = &t.cx;
	asked = 0;
	begin(serve, (struct peer_at){0});
}

static void
down(void)
{
	http_free(&answer);
	peer_close(peer);
	if (server)
		tcpd_stop(server);
	tmpsite_close(&t);
}

/* Another server than the one of the fixture. */
static void
instead(void (*fn)(struct conn *, void *), struct peer_at at)
{
	peer_close(peer);
	tcpd_stop(server);
	begin(fn, at);
}

static enum err
ask(const char *method, const char *path, const char *body)
{
	struct peer_request rq = {.method = method,
				  .path = path,
				  .body = body,
				  .n = body ? strlen(body) : 0};

	return peer_do(cx, peer, &rq, &answer);
}

static void
says(int status, const char *body)
{
	ck_assert_int_eq(answer.status, status);
	ck_assert_str_eq(buf_str(&answer.body), body);
}

START_TEST(any_status_is_an_answer)
{
	static const int all[] = {200, 204, 301, 400, 403, 404, 412, 500, 503};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char path[32];

		snprintf(path, sizeof(path), "/status/%d", all[i]);
		ok(ask("GET", path, NULL));
		ck_assert_int_eq(answer.status, all[i]);
	}
	ck_assert_int_le(tcpd_count(server), 3); /* one is kept */
}
END_TEST

START_TEST(methods_and_bodies)
{
	static const char *const all[] = {"GET", "POST", "PUT", "DELETE"};
	size_t i;

	for (i = 0; i < 4; i++) {
		ok(ask(all[i], "/method", NULL));
		says(200, all[i]);
		ok(ask(all[i], "/method", "with a body"));
		says(200, all[i]);
	}
	ok(ask("POST", "/echo", "x=1"));
	says(200, "x=1");
	ok(ask("PUT", "/echo", ""));
	says(200, "");
	ok(ask("HEAD", "/long", NULL));
	says(200, "");
	ck_assert_str_eq(http_header(cx, &answer, "content-length"), "12345");
	ok(ask("GET", "/a%20b/../c//d?e=f&g=%2F", NULL));
	says(200, "/a%20b/../c//d?e=f&g=%2F");
}
END_TEST

START_TEST(heads_go_both_ways)
{
	const char *const head[] = {"X-Mine: of mine", NULL};
	struct peer_request rq = {.method = "GET",
				  .path = "/head",
				  .head = head};

	ok(peer_do(cx, peer, &rq, &answer));
	says(200, "of mine");
	ok(ask("POST", "/echo", "x"));
	ck_assert_str_eq(http_header(cx, &answer, "x-twice"), "one");
	ck_assert_ptr_null(http_header(cx, &answer, "x-twic"));
	ck_assert_ptr_null(http_header(cx, &answer, "x-none"));
}
END_TEST

START_TEST(nobody_can_add_a_head)
{
	const char *const bad[] = {"X: a\r\nEvil: b", NULL};
	struct peer_request rq = {.method = "GET", .path = "/", .head = bad};

	fails(ERR_INVALID, peer_do(cx, peer, &rq, &answer));
	fails(ERR_INVALID, ask("GET", "/a b", NULL));
	fails(ERR_INVALID, ask("GET", "/a\r\nEvil: b", NULL));
	fails(ERR_INVALID, ask("GET", "no-slash", NULL));
	ck_assert_int_eq(asked, 0);
}
END_TEST

START_TEST(an_answer_has_a_ceiling)
{
	struct peer_request rq = {.method = "GET", .path = "/123456789"};

	rq.max = 10;
	ok(peer_do(cx, peer, &rq, &answer));
	rq.max = 9;
	fails(ERR_TOO_LARGE, peer_do(cx, peer, &rq, &answer));
	says(200, "/123456789"); /* untouched by the failure */
}
END_TEST

static void
endless_head(struct conn *c, void *arg)
{
	(void)arg;
	conn_write(c, "HTTP/1.1 200 OK\r\n", 17);
	while (conn_write(c, "X-More: and more\r\n", 18))
		;
}

START_TEST(a_head_has_a_ceiling)
{
	instead(endless_head, (struct peer_at){0});
	fails(ERR_TOO_LARGE, ask("GET", "/", NULL));
}
END_TEST

static bool
fill(char *p, size_t n, uint32_t *seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)((*seed = *seed * 1103515245 + 12345) >> 16);
	return true;
}

#define BIG ((size_t)5 << 20)

/* A body that never is in memory as a whole: known length or chunks. */
START_TEST(streams_go_there_and_back)
{
	struct peer_request rq = {.method = "PUT", .path = "/echo"};
	const struct http_answer *a;
	struct peer_call *c;
	char *all = malloc(BIG), *back = malloc(BIG + 1);
	uint32_t seed = 7;
	bool refused;
	size_t at, n = 1;

	fill(all, BIG, &seed);
	ok(peer_begin(cx, peer, &rq, _i ? (int64_t)BIG : PEER_CHUNKED, &c));
	for (at = 0; at < BIG; at += n) {
		n = 1 + (at * 7) % 300000;
		n = n < BIG - at ? n : BIG - at;
		ok(peer_send(cx, c, all + at, n, &refused));
		ck_assert(!refused);
	}
	ok(peer_wait(cx, c, &a));
	ck_assert_int_eq(a->status, 200);
	for (at = 0, n = 1; n; at += n)
		ok(peer_read(cx, c, back + at,
			     BIG + 1 - at < 77777 ? BIG + 1 - at : 77777, &n));
	ck_assert_uint_eq(at, BIG);
	ck_assert(!memcmp(all, back, BIG));
	peer_end(c);
	free(all);
	free(back);
	ok(ask("GET", "/still", NULL));
	says(200, "/still");
}
END_TEST

/* Two at once, and one that is left in the middle. */
START_TEST(several_calls_at_once)
{
	struct peer_request rq = {.method = "GET", .path = "/one"};
	const struct http_answer *a;
	struct peer_call *one, *two;
	char b[64] = "";
	size_t n;

	ok(peer_begin(cx, peer, &rq, PEER_NO_BODY, &one));
	rq.path = "/two";
	ok(peer_begin(cx, peer, &rq, PEER_NO_BODY, &two));
	ok(peer_wait(cx, two, &a));
	ok(ask("GET", "/three", NULL));
	says(200, "/three");
	ok(peer_read(cx, two, b, sizeof(b), &n));
	ck_assert(n == 4 && !memcmp(b, "/two", 4));
	peer_end(two);
	peer_end(one);
	peer_end(NULL);
}
END_TEST

static void
refuse_early(struct conn *c, void *arg)
{
	struct buf b;
	char ch;

	(void)arg;
	buf_init(&b, 4096);
	while (!strstr(buf_str(&b), "\r\n\r\n") && conn_read(c, &ch, 1) == 1)
		buf_putc(&b, ch);
	buf_free(&b);
	httpd_answer(c, 403, "Connection: close\r\n", "no", 2);
	/* Whatever still comes is read, so that nothing resets. */
	while (conn_read(c, &ch, 1) == 1)
		;
}

START_TEST(a_refusal_ends_a_stream)
{
	struct peer_request rq = {.method = "PUT", .path = "/"};
	const struct http_answer *a;
	static char block[65536];
	struct peer_call *c;
	bool refused = false;
	char b[8];
	size_t n;

	instead(refuse_early, (struct peer_at){0});
	ok(peer_begin(cx, peer, &rq, PEER_CHUNKED, &c));
	while (!refused)
		ok(peer_send(cx, c, block, sizeof(block), &refused));
	ok(peer_wait(cx, c, &a));
	ck_assert_int_eq(a->status, 403);
	ok(peer_read(cx, c, b, sizeof(b), &n));
	ck_assert_uint_eq(n, 2);
	peer_end(c);
}
END_TEST

/* How an answer can break off, and what a client must not take it for. */
static const char *broken[] = {
	"",
	"HTTP/1.1 200 OK\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	"this is no HTTP at all\r\n\r\n",
};

static void
break_off(struct conn *c, void *arg)
{
	char b[4096];

	(void)arg;
	if (conn_read(c, b, sizeof(b)) > 0)
		conn_write(c, broken[*(int *)arg], strlen(broken[*(int *)arg]));
}

START_TEST(cut_answers_are_no_answers)
{
	static int which;

	peer_close(peer);
	tcpd_stop(server);
	which = _i;
	server = tcpd_start(
		&(struct tcpd_how){.serve = break_off, .arg = &which});
	ok(peer_open(cx, &(struct peer_at){.url = tcpd_url(server)}, &peer));
	fails(ERR_UNREACHABLE, ask("GET", "/secret-path", NULL));
	fails(ERR_UNREACHABLE, ask("PUT", "/", "body"));
}
END_TEST

START_TEST(a_cut_stream_is_no_end)
{
	struct peer_request rq = {.method = "GET", .path = "/"};
	const struct http_answer *a;
	static int which = 2;
	struct peer_call *c;
	char b[64];
	size_t n;

	peer_close(peer);
	tcpd_stop(server);
	server = tcpd_start(
		&(struct tcpd_how){.serve = break_off, .arg = &which});
	ok(peer_open(cx, &(struct peer_at){.url = tcpd_url(server)}, &peer));
	ok(peer_begin(cx, peer, &rq, PEER_NO_BODY, &c));
	ok(peer_wait(cx, c, &a));
	ok(peer_read(cx, c, b, sizeof(b), &n));
	ck_assert_uint_eq(n, 5);
	fails(ERR_UNREACHABLE, peer_read(cx, c, b, sizeof(b), &n));
	peer_end(c);
}
END_TEST

START_TEST(nobody_listens)
{
	char url[64];

	snprintf(url, sizeof(url), "%s", tcpd_url(server));
	tcpd_stop(server);
	server = NULL;
	peer_close(peer);
	ok(peer_open(cx, &(struct peer_at){.url = url}, &peer));
	fails(ERR_UNREACHABLE, ask("GET", "/", NULL));
	peer_close(peer);
	ok(peer_open(cx,
		     &(struct peer_at){.url = "http://x.invalid",
				       .socket = "/nowhere/at/all.sock"},
		     &peer));
	fails(ERR_UNREACHABLE, ask("GET", "/", NULL));
}
END_TEST

START_TEST(addresses_that_are_none)
{
	static const char *const urls[] = {"ftp://127.0.0.1", "file:///etc",
					   "http://a b",      "http://:1:2:3",
					   "127.0.0.1:80",    "",
					   "http://h/",	      "http://h/path",
					   "http://u:p@h",    "http://h?x",
					   "http://"};
	size_t i;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct peer *h = NULL;

		fails(ERR_CONFIG,
		      peer_open(cx, &(struct peer_at){.url = urls[i]}, &h));
		ck_assert_ptr_null(h);
	}
}
END_TEST

static void
silent(struct conn *c, void *arg)
{
	char b[4096];

	(void)arg;
	while (conn_read(c, b, sizeof(b)) > 0)
		;
}

static void
dripping(struct conn *c, void *arg)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n";
	char b[4096];

	(void)arg;
	if (conn_read(c, b, sizeof(b)) <= 0)
		return;
	conn_write(c, head, strlen(head));
	while (conn_write(c, ".", 1))
		clock_sleep_ms(20);
}

START_TEST(silence_has_an_end)
{
	instead(silent, (struct peer_at){.silent_ms = 100});
	fails(ERR_UNREACHABLE, ask("GET", "/", NULL));
}
END_TEST

START_TEST(deadlines_hold)
{
	struct peer_request rq = {.method = "GET", .path = "/"};

	instead(_i ? dripping : silent, (struct peer_at){0});
	rq.deadline_ms = clock_mono_ms() + 150;
	fails(ERR_TIMEOUT, peer_do(cx, peer, &rq, &answer));
}
END_TEST

static bool
third_time(void *arg)
{
	return ++*(int *)arg >= 3;
}

START_TEST(giving_up_is_heard)
{
	int times = 0;
	struct peer_request rq = {.method = "GET",
				  .path = "/",
				  .quit = third_time,
				  .arg = &times};

	instead(_i ? dripping : silent, (struct peer_at){0});
	fails(ERR_ABANDONED, peer_do(cx, peer, &rq, &answer));
	ck_assert_int_eq(times, 3);
}
END_TEST

/* The server has closed a connection that the client kept. */
static void
one_each(struct conn *c, void *arg)
{
	struct httpd_request rq = {0};

	(void)arg;
	if (httpd_read(c, &rq))
		httpd_text(c, 200, "once");
	httpd_free(&rq);
}

START_TEST(kept_connections_may_die)
{
	int i;

	instead(one_each, (struct peer_at){0});
	for (i = 0; i < 5; i++) {
		ok(ask("PUT", "/", "some body"));
		says(200, "once");
	}
}
END_TEST

START_TEST(over_a_unix_socket)
{
	const char *path = arena_printf(&cx->arena, "%s/s", t.dir);

	tcpd_stop(server);
	peer_close(peer);
	server = tcpd_start(&(struct tcpd_how){.serve = serve, .socket = path});
	ok(peer_open(cx,
		     &(struct peer_at){.url = "http://engine", .socket = path},
		     &peer));
	ok(ask("POST", "/echo", "hello"));
	says(200, "hello");
}
END_TEST

START_TEST(the_environment_changes_nothing)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	ok(ask("GET", "/direct", NULL));
	says(200, "/direct");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net_peer");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, up, down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, any_status_is_an_answer);
	tcase_add_test(c, methods_and_bodies);
	tcase_add_test(c, heads_go_both_ways);
	tcase_add_test(c, nobody_can_add_a_head);
	tcase_add_test(c, an_answer_has_a_ceiling);
	tcase_add_test(c, a_head_has_a_ceiling);
	tcase_add_loop_test(c, streams_go_there_and_back, 0, 2);
	tcase_add_test(c, several_calls_at_once);
	tcase_add_test(c, a_refusal_ends_a_stream);
	tcase_add_loop_test(c, cut_answers_are_no_answers, 0,
			    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(c, a_cut_stream_is_no_end);
	tcase_add_test(c, nobody_listens);
	tcase_add_test(c, addresses_that_are_none);
	tcase_add_test(c, silence_has_an_end);
	tcase_add_loop_test(c, deadlines_hold, 0, 2);
	tcase_add_loop_test(c, giving_up_is_heard, 0, 2);
	tcase_add_test(c, kept_connections_may_die);
	tcase_add_test(c, over_a_unix_socket);
	tcase_add_test(c, the_environment_changes_nothing);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
