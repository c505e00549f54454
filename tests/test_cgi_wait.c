/* Parked requests: woken, timed out, gone, slow, many. */
#include "support/cgifix.h"

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "cgi/wait.h"

#define API "/api/v1"

/* A client: the other end of an io that may be kept. */
struct client {
	struct fake_io *io;
	int fd;
	struct buf raw, text; /* records; what they say */
	bool ended;
};

static void
kept_end(struct io *io)
{
	struct fake_io *f = (struct fake_io *)io;

	close(io->fd);
	free(f);
}

/* The request that ask() and the like have put together, from a client that
 * can wait. True: it was parked. */
static bool
park(struct client *c, int sndbuf)
{
	int sp[2];
	bool parked;

	memset(c, 0, sizeof(*c));
	buf_init(&c->raw, (size_t)64 << 20);
	buf_init(&c->text, (size_t)64 << 20);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sp), 0);
	if (sndbuf)
		setsockopt(sp[0], SOL_SOCKET, SO_SNDBUF, &sndbuf,
			   sizeof(sndbuf));
	c->io = malloc(sizeof(*c->io));
	*c->io = fake;
	c->io->io.fd = sp[0];
	c->io->io.id = 1;
	c->io->io.end = kept_end;
	c->fd = sp[1];
	buf_init(&c->io->out, (size_t)1 << 20);
	parked = !app_answer(&worker, &c->io->io);
	if (!parked) {
		buf_add(&c->text, buf_str(&c->io->out), c->io->out.len);
		c->ended = true;
		buf_free(&c->io->out);
		kept_end(&c->io->io);
	}
	return parked;
}

static void
leave(struct client *c)
{
	close(c->fd);
	buf_free(&c->raw);
	buf_free(&c->text);
}

/* Takes the whole records of raw apart. */
static void
unwrap(struct client *c)
{
	size_t at = 0;

	while (c->raw.len - at >= 8) {
		const unsigned char *h =
			(const unsigned char *)c->raw.data + at;
		size_t n = (size_t)h[4] << 8 | h[5];

		ck_assert_int_eq(h[0], 1);
		ck_assert_int_eq(h[2] << 8 | h[3], 1);
		if (c->raw.len - at < 8 + n + h[6])
			break;
		ck_assert(h[1] == 6 || h[1] == 3);
		ck_assert(!c->ended);
		c->ended = h[1] == 3;
		if (h[1] == 6)
			buf_add(&c->text, h + 8, n);
		at += 8 + n + h[6];
	}
	memmove(c->raw.data, c->raw.data + at, c->raw.len - at);
	c->raw.len -= at;
}

/* Reads until the answer has ended, or text is in it; false after 20 s. */
static bool
hears(struct client *c, const char *text)
{
	int64_t deadline = clock_mono_ms() + 20000;
	char block[65536];

	while (!c->ended || text) {
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		ssize_t n;

		if (text && strstr(buf_str(&c->text), text))
			return true;
		if (c->ended || clock_mono_ms() > deadline)
			return false;
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = recv(c->fd, block, sizeof(block), 0);
		if (n <= 0)
			return false;
		buf_add(&c->raw, block, (size_t)n);
		unwrap(c);
	}
	return true;
}

static bool
quiet(struct client *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	return poll(&p, 1, 150) == 0;
}

static void
start(void)
{
	ok(wait_start(cx, &program, &program.wait));
}

static void
stop(void)
{
	wait_stop(program.wait);
	program.wait = NULL;
}

static void
memo(const char *id, const char *text)
{
	struct ws_patch p = {.memo = text,
			     .standby_ttl_s = -1,
			     .archive_ttl_s = -1};

	ok(workspace_patch(cx, db, id, 0, &p, NULL));
}

static void
ask_status(const struct workspace *w, int64_t since, int wait)
{
	ask("GET", arena_printf(&cx->arena,
				API "/workspaces/%s/status?since=%lld&wait=%d",
				w->id, (long long)since, wait));
	as(ann_cookie);
}

static void
ask_stream(const char *cookie, const char *last)
{
	ask("GET", API "/events");
	as(cookie);
	set("HTTP_ACCEPT", "text/event-stream");
	if (last)
		set("HTTP_LAST_EVENT_ID", last);
}

START_TEST(a_change_wakes_who_waits_for_it)
{
	struct workspace w = create(&ann_who, "a"), other;
	struct client c;

	other = create(&ann_who, "b");
	start();
	ask_status(&w, w.rev, 20);
	ck_assert(park(&c, 0));
	memo(other.id, "not this one");
	ck_assert(quiet(&c));
	memo(w.id, "changed");
	ck_assert(hears(&c, NULL));
	ck_assert_int_eq(status_of(&c.text), 200);
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), "\"memo\":\"changed\""));
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), "nosniff"));
	leave(&c);
	/* one that is behind does not wait at all */
	ask_status(&w, w.rev, 20);
	ck_assert(!park(&c, 0));
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), "\"memo\":\"changed\""));
	leave(&c);
	stop();
}
END_TEST

START_TEST(time_ends_a_wait_with_what_there_is)
{
	struct workspace w = create(&ann_who, "a");
	struct client c;

	start();
	ask_status(&w, w.rev, 1);
	ck_assert(park(&c, 0));
	ck_assert(hears(&c, NULL));
	ck_assert_int_eq(status_of(&c.text), 200);
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), w.id));
	leave(&c);
	ask("GET", API "/events?wait=1");
	as(ann_cookie);
	ck_assert(park(&c, 0));
	ck_assert(hears(&c, NULL));
	ck_assert_ptr_nonnull(
		strstr(buf_str(&c.text), "{\"items\":[],\"next\":"));
	leave(&c);
	stop();
}
END_TEST

START_TEST(events_are_the_callers_own_and_resume)
{
	struct workspace w = create(&ann_who, "a");
	struct workspace other = create(&bob_who, "b");
	struct client c;
	const char *at;
	long long next;

	start();
	ask("GET", API "/events?after=0&wait=20");
	as(ann_cookie);
	ck_assert(!park(&c, 0)); /* there is something already */
	at = strstr(buf_str(&c.text), "\"next\":");
	ck_assert_ptr_nonnull(at);
	next = strtoll(at + 7, NULL, 10);
	leave(&c);
	ask("GET",
	    arena_printf(&cx->arena, API "/events?after=%lld&wait=20", next));
	as(ann_cookie);
	ck_assert(park(&c, 0));
	memo(other.id, "bob's");
	ck_assert(quiet(&c));
	memo(w.id, "ann's");
	ck_assert(hears(&c, NULL));
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), "\"memo\":\"ann's\""));
	ck_assert_ptr_null(strstr(buf_str(&c.text), "bob's"));
	leave(&c);
	stop();
}
END_TEST

START_TEST(a_stream_goes_on_where_it_ended)
{
	struct workspace w = create(&ann_who, "a");
	struct client c;
	const char *id, *last = NULL;

	start();
	ask_stream(ann_cookie, NULL);
	ck_assert(park(&c, 0));
	ck_assert(hears(&c, "retry:"));
	ck_assert_ptr_nonnull(
		strstr(buf_str(&c.text), "Content-Type: text/event-stream"));
	memo(w.id, "first");
	ck_assert(hears(&c, "\"memo\":\"first\""));
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), "event: workspace\n"));
	for (id = buf_str(&c.text); (id = strstr(id, "\nid: ")); id++)
		last = arena_strndup(&cx->arena, id + 5, strcspn(id + 5, "\n"));
	ck_assert_ptr_nonnull(last);
	leave(&c);
	/* gone for a while */
	memo(w.id, "second");
	ask_stream(ann_cookie, last);
	ck_assert(park(&c, 0));
	ck_assert(hears(&c, "\"memo\":\"second\""));
	ck_assert_ptr_null(strstr(buf_str(&c.text), "\"memo\":\"first\""));
	memo(w.id, "third");
	ck_assert(hears(&c, "\"memo\":\"third\""));
	stop(); /* ends streams */
	ck_assert(hears(&c, NULL));
	leave(&c);
}
END_TEST

START_TEST(who_hangs_up_is_forgotten)
{
	struct workspace w = create(&ann_who, "a");
	struct client c;

	start();
	ask_status(&w, w.rev, 20);
	ck_assert(park(&c, 0));
	ck_assert_int_eq(wait_count(program.wait), 1);
	leave(&c);
	for (int i = 0; i < 1000 && wait_count(program.wait); i++)
		clock_sleep_ms(10);
	ck_assert_int_eq(wait_count(program.wait), 0);
	stop();
}
END_TEST

START_TEST(a_slow_client_holds_nobody_up_and_misses_nothing)
{
	struct workspace w = create(&ann_who, "a");
	struct client slow, quick;
	char text[9001], last[32];

	start();
	ask_stream(ann_cookie, NULL);
	ck_assert(park(&slow, 2048));
	ask_stream(ann_cookie, NULL);
	ck_assert(park(&quick, 0));
	ck_assert(hears(&quick, "retry:"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 100; i++) {
		snprintf(last, sizeof(last), "n%d.", i);
		memcpy(text, last, strlen(last));
		memo(w.id, text);
		ck_assert(hears(&quick, last));
	}
	/* now the slow one reads: one workspace, so its newest state */
	ck_assert(hears(&slow, "n99."));
	memo(w.id, "the end");
	ck_assert(hears(&slow, "the end"));
	ck_assert(hears(&quick, "the end"));
	leave(&slow);
	leave(&quick);
	stop();
}
END_TEST

START_TEST(without_room_it_is_answered_at_once)
{
	struct workspace w = create(&ann_who, "a");
	struct client first, second;

	t.site.max_waiting = 1;
	start();
	ask_status(&w, w.rev, 20);
	ck_assert(park(&first, 0));
	ask_status(&w, w.rev, 20);
	ck_assert(!park(&second, 0));
	ck_assert_int_eq(status_of(&second.text), 200);
	ck_assert_ptr_nonnull(
		strstr(buf_str(&second.text), "Retry-After: 2\r\n"));
	leave(&second);
	leave(&first);
	stop();
	/* and where there is no waiter, or the server keeps the socket */
	ask_status(&w, w.rev, 20);
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(header_of("Retry-After"), "2");
	ask_stream(ann_cookie, "0");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("retry: 1000"));
	ck_assert(says("event: workspace"));
}
END_TEST

static size_t
threads(void)
{
	DIR *d = opendir("/proc/self/task");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#define MANY 400

START_TEST(many_wait_and_all_are_told)
{
	static struct client c[MANY];
	struct workspace w = create(&ann_who, "a");
	size_t before;

	start();
	before = threads();
	for (int i = 0; i < MANY; i++) {
		ask_status(&w, w.rev, 25);
		ck_assert(park(&c[i], 0));
	}
	ck_assert_int_eq(wait_count(program.wait), MANY);
	ck_assert_uint_eq(threads(), before);
	memo(w.id, "for all");
	for (int i = 0; i < MANY; i++) {
		ck_assert(hears(&c[i], NULL));
		ck_assert_ptr_nonnull(
			strstr(buf_str(&c[i].text), "\"memo\":\"for all\""));
		leave(&c[i]);
	}
	stop();
}
END_TEST

START_TEST(an_end_answers_all)
{
	struct workspace w = create(&ann_who, "a");
	struct client status, stream;

	start();
	ask_status(&w, w.rev, 25);
	ck_assert(park(&status, 0));
	ask_stream(ann_cookie, NULL);
	ck_assert(park(&stream, 0));
	stop();
	ck_assert(hears(&status, NULL));
	ck_assert_int_eq(status_of(&status.text), 200);
	ck_assert(hears(&stream, NULL));
	leave(&status);
	leave(&stream);
}
END_TEST

START_TEST(a_bell_that_was_taken_away_is_missed_for_seconds_only)
{
	struct workspace w = create(&ann_who, "a");
	struct client c;

	start();
	ask_status(&w, w.rev, 25);
	ck_assert(park(&c, 0));
	ck_assert_int_eq(unlink(db_bell_path(cx)), 0);
	memo(w.id, "unheard");
	ck_assert(hears(&c, NULL));
	ck_assert_ptr_nonnull(strstr(buf_str(&c.text), "unheard"));
	leave(&c);
	stop();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{a_change_wakes_who_waits_for_it,
		 time_ends_a_wait_with_what_there_is,
		 events_are_the_callers_own_and_resume,
		 a_stream_goes_on_where_it_ended,
		 who_hangs_up_is_forgotten,
		 a_slow_client_holds_nobody_up_and_misses_nothing,
		 without_room_it_is_answered_at_once,
		 many_wait_and_all_are_told,
		 an_end_answers_all,
		 a_bell_that_was_taken_away_is_missed_for_seconds_only};

	return run_cgi("cgi_wait", tests, sizeof(tests) / sizeof(*tests));
}
