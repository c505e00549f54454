/* Asking others: deadlines, ceilings, and what is no answer. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/http.h"
#include "support/suite.h"

#define LONG_MS 30000
#define SHORT_MS 300

/* ---- A server that does what the path says ---- */

static struct cx cx;
static int sock, port;

static void
say(int fd, const char *s)
{
	(void)!send(fd, s, strlen(s), MSG_NOSIGNAL);
}

static void
until_closed(int fd)
{
	char block[4096];

	while (recv(fd, block, sizeof(block), 0) > 0)
		;
}

static void
answer(int fd, const char *rq)
{
	if (strstr(rq, "/plain")) {
		say(fd, "HTTP/1.1 418 Teapot\r\nX-One:  a b\r\nx-two: c\r\n"
			"Content-Length: 5\r\n\r\nhello");
	} else if (strstr(rq, "/continue")) {
		say(fd, "HTTP/1.1 100 Continue\r\nX-One: no\r\n\r\n"
			"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	} else if (strstr(rq, "/moved")) {
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /plain\r\n"
			"Content-Length: 0\r\n\r\n");
	} else if (strstr(rq, "/stream")) {
		say(fd, "HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n");
		until_closed(fd);
	} else if (strstr(rq, "/silent")) {
		until_closed(fd);
	} else if (strstr(rq, "/broken")) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
	} else if (strstr(rq, "/echo")) {
		say(fd, "HTTP/1.1 200 OK\r\n\r\n");
		say(fd, rq);
	} else if (strstr(rq, "/raw")) {
		say(fd, "HTTP/1.1 101 Switching\r\n\r\n");
		say(fd, "pong");
	}
}

/* To the end of the head, and of what Content-Length announces. */
static void
read_request(int fd, char *rq, size_t most)
{
	const char *end, *len;
	size_t n = 0, want = 0;
	ssize_t got;

	while ((got = recv(fd, rq + n, most - 1 - n, 0)) > 0) {
		n += (size_t)got;
		rq[n] = '\0';
		if (!(end = strstr(rq, "\r\n\r\n")))
			continue;
		len = strcasestr(rq, "\r\nContent-Length:");
		want = len ? strtoul(len + 17, NULL, 10) : 0;
		if (n >= (size_t)(end + 4 - rq) + want)
			return;
	}
}

static void *
one(void *arg)
{
	int fd = *(int *)arg;
	char rq[8192] = "";

	free(arg);
	read_request(fd, rq, sizeof(rq));
	answer(fd, rq);
	close(fd);
	return NULL;
}

static void *
serve(void *arg)
{
	(void)arg;
	for (;;) {
		int *fd = malloc(sizeof(*fd));
		pthread_t id;

		if (!fd || (*fd = accept(sock, NULL, NULL)) < 0)
			return NULL;
		pthread_create(&id, NULL, one, fd);
		pthread_detach(id);
	}
}

static void
up(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	pthread_t id;

	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(sock, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(sock, 100), 0);
	getsockname(sock, (struct sockaddr *)&a, &n);
	port = ntohs(a.sin_port);
	pthread_create(&id, NULL, serve, NULL);
	pthread_detach(id);
	cx_begin(&cx, NULL);
}

static void
down(void)
{
	cx_end(&cx);
}

static const char *
at(const char *path)
{
	return arena_printf(&cx.arena, "http://127.0.0.1:%d%s", port, path);
}

static struct http_answer a;

static enum err
get(const char *path, int64_t deadline_ms, size_t most, bool first_only)
{
	struct http_ask ask = {.url = at(path),
			       .deadline_ms = deadline_ms,
			       .most = most,
			       .first_only = first_only};

	http_free(&a);
	return http_do(&cx, &ask, &a);
}

/* ---- Tests ---- */

START_TEST(any_status_is_an_answer)
{
	ck_assert_int_eq(get("/plain", LONG_MS, 100, false), OK);
	ck_assert_int_eq(a.status, 418);
	ck_assert_str_eq(buf_str(&a.body), "hello");
	ck_assert_str_eq(http_header(&cx, &a, "X-ONE"), "a b");
	ck_assert_str_eq(http_header(&cx, &a, "X-Two"), "c");
	ck_assert_ptr_null(http_header(&cx, &a, "X-T"));
	ck_assert_int_ge(a.first_ms, 0);
	ck_assert_int_ge(a.took_ms, a.first_ms);
	ck_assert(!a.left);
}
END_TEST

START_TEST(the_last_head_counts_and_nothing_is_followed)
{
	ck_assert_int_eq(get("/continue", LONG_MS, 100, false), OK);
	ck_assert_int_eq(a.status, 200);
	ck_assert_ptr_null(http_header(&cx, &a, "X-One"));
	ck_assert_int_eq(a.first_ms, -1);
	ck_assert_int_eq(get("/moved", LONG_MS, 100, false), OK);
	ck_assert_int_eq(a.status, 302);
	ck_assert_str_eq(http_header(&cx, &a, "Location"), "/plain");
}
END_TEST

START_TEST(there_is_a_ceiling)
{
	ck_assert_int_eq(get("/plain", LONG_MS, 5, false), OK);
	ck_assert_int_eq(get("/plain", LONG_MS, 4, false), ERR_TOO_LARGE);
	ck_assert_ptr_nonnull(strstr(cx.why, "too long"));
}
END_TEST

START_TEST(there_is_a_deadline)
{
	ck_assert_int_eq(get("/silent", SHORT_MS, 100, false), ERR_TIMEOUT);
	ck_assert_int_eq(a.status, 0);
	ck_assert_int_ge(a.took_ms, SHORT_MS - 50);
	ck_assert_int_eq(get("/stream", SHORT_MS, 100, false), ERR_TIMEOUT);
	ck_assert_int_eq(a.status, 200);
	ck_assert_str_eq(buf_str(&a.body), "data: 1\n\n");
}
END_TEST

START_TEST(a_stream_is_left_at_its_first_bytes)
{
	ck_assert_int_eq(get("/stream", LONG_MS, 100, true), OK);
	ck_assert(a.left);
	ck_assert_str_eq(buf_str(&a.body), "data: 1\n\n");
}
END_TEST

START_TEST(what_breaks_off_is_no_answer)
{
	ck_assert_int_eq(get("/broken", LONG_MS, 100, false), ERR_UNREACHABLE);
	ck_assert_int_eq(get("/nothing", LONG_MS, 100, false), ERR_UNREACHABLE);
	close(sock);
	shutdown(sock, SHUT_RDWR);
	ck_assert_int_eq(http_do(&cx,
				 &(struct http_ask){.url = "http://127.0.0.1:1",
						    .deadline_ms = LONG_MS},
				 &a),
			 ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(cx.why, "http://127.0.0.1:1"));
	ck_assert_int_eq(http_do(&cx,
				 &(struct http_ask){.url = "file:///etc/passwd",
						    .deadline_ms = LONG_MS,
						    .most = 100000},
				 &a),
			 ERR_UNREACHABLE);
	ck_assert_uint_eq(a.body.len, 0);
}
END_TEST

START_TEST(what_goes_out_is_as_it_was_given)
{
	const char *const header[] = {"X-A: 1", "X-B: 2", NULL};
	struct http_ask ask = {.method = "PUT",
			       .url = at("/echo/a%2Fb/../c?x=%20"),
			       .header = header,
			       .body = "a\0b",
			       .body_len = 3,
			       .deadline_ms = LONG_MS,
			       .most = 10000};

	ck_assert_int_eq(http_do(&cx, &ask, &a), OK);
	ck_assert_ptr_nonnull(
		strstr(buf_str(&a.body), "PUT /echo/a%2Fb/../c?x=%20 HTTP/1"));
	ck_assert_ptr_nonnull(strstr(buf_str(&a.body), "X-A: 1\r\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&a.body), "X-B: 2\r\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&a.body), "Content-Length: 3"));
}
END_TEST

#define MANY 30

START_TEST(many_go_at_once_and_each_has_its_own_end)
{
	struct http_ask ask[MANY];
	struct http_answer out[MANY];

	for (int i = 0; i < MANY; i++)
		ask[i] = (struct http_ask){.url = at(i % 3 ? "/plain"
							   : "/silent"),
					   .deadline_ms =
						   i % 3 ? LONG_MS : SHORT_MS,
					   .most = 100};
	ck_assert_int_eq(http_all(&cx, ask, MANY, out), OK);
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(out[i].err, i % 3 ? OK : ERR_TIMEOUT);
		ck_assert_int_eq(out[i].status, i % 3 ? 418 : 0);
		http_free(&out[i]);
	}
}
END_TEST

START_TEST(a_raw_connection_carries_what_is_sent)
{
	static const char RQ[] = "GET /raw HTTP/1.1\r\n\r\n";
	struct http_raw *r = NULL;
	char got[200] = "";
	size_t n = 0, more = 1;

	ck_assert_int_eq(http_raw_open(&cx, at("/raw"), LONG_MS, &r), OK);
	ck_assert_int_eq(http_raw_send(&cx, r, RQ, strlen(RQ)), OK);
	for (; more && n < sizeof(got) - 1; n += more)
		ck_assert_int_eq(http_raw_recv(&cx, r, got + n,
					       sizeof(got) - 1 - n, &more),
				 OK);
	ck_assert_str_eq(got, "HTTP/1.1 101 Switching\r\n\r\npong");
	http_raw_close(r);

	ck_assert_int_eq(http_raw_open(&cx, at("/silent"), SHORT_MS, &r), OK);
	ck_assert_int_eq(http_raw_recv(&cx, r, got, sizeof(got), &n),
			 ERR_TIMEOUT);
	http_raw_close(r);
	http_raw_close(NULL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		any_status_is_an_answer,
		the_last_head_counts_and_nothing_is_followed,
		there_is_a_ceiling,
		there_is_a_deadline,
		a_stream_is_left_at_its_first_bytes,
		what_breaks_off_is_no_answer,
		what_goes_out_is_as_it_was_given,
		many_go_at_once_and_each_has_its_own_end,
		a_raw_connection_carries_what_is_sent,
	};

	return suite_run(&(struct suite){"net http", up, down, 120}, tests,
			 sizeof(tests) / sizeof(*tests));
}
