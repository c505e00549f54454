/* What doctor asks of a running site, and that a stranger learns nothing. */
#include "support/cgifix.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/badge.h"
#include "base/clock.h"
#include "cgi/gate.h"
#include "cgi/probe.h"
#include "rules/names.h"

#define THERE "/w/" NAME_PROBE_ID "/x"

static struct gate gate;
static char secret[ID_SECRET_LEN + 1];

static void
issue(enum badge what, const char *note)
{
	ok(badge_issue(cx, what, 60000, note, secret));
}

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

static const char *const ROUTES[][2] = {{"GET", "/api/v1/probe"},
					{"POST", "/api/v1/probe"},
					{"GET", "/api/v1/probe/events"},
					{"GET", "/api/v1/probe/warm"}};

/* The same for all who have no badge, an administrator too, and the same as
 * for what is not there. */
START_TEST(a_stranger_finds_nothing)
{
	const char *nothing;

	ask("GET", "/api/v1/nothing");
	ck_assert_int_eq(answered(), 404);
	nothing = arena_strdup(&cx->arena, body_of());
	issue(BADGE_DOCTOR, "3 unix:/x");
	for (size_t i = 0; i < sizeof(ROUTES) / sizeof(*ROUTES); i++) {
		ask(ROUTES[i][0], ROUTES[i][1]);
		as(admin_cookie);
		ck_assert_int_eq(answered(), 404);
		ck_assert_str_eq(body_of(), nothing);
		ask(ROUTES[i][0], ROUTES[i][1]);
		set("HTTP_X_ROOST_PROBE", "made up");
		ck_assert_int_eq(answered(), 404);
		ck_assert_str_eq(body_of(), nothing);
	}
	ask("GET", "/api/v1/probe/warm"); /* that is another badge */
	set("HTTP_X_ROOST_PROBE", secret);
	ck_assert_int_eq(answered(), 404);
}
END_TEST

START_TEST(who_has_the_badge_is_told_what_arrived)
{
	issue(BADGE_DOCTOR, "3 unix:/x");
	ask("GET", "/api/v1/probe");
	set("HTTP_X_ROOST_PROBE", secret);
	set("SERVER_SOFTWARE", "Apache/2.4 (Debian)");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\"server\":\"Apache/2.4 (Debian)\""));
	ck_assert(says("\"serve\":\"cgi\""));
	ck_assert(says("\"parks\":false"));
	ck_assert(says("\"https\":false"));
	ck_assert(says("\"host\":\"roost.example\""));
	ck_assert(says("\"authorization\":false"));
	ck_assert(says("\"token\":false"));
	ck_assert(says("\"cookie\":false"));

	program.serve = SERVE_STARTED;
	ask("GET", "/api/v1/probe");
	set("HTTP_X_ROOST_PROBE", secret);
	set("SERVER_SOFTWARE", "");
	set("ROOST_SERVER", "lighttpd");
	set("HTTP_AUTHORIZATION", "Bearer x");
	set("HTTP_X_ROOST_TOKEN", "x");
	as("a=1; roost_probe=1");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("\"server\":\"lighttpd\""));
	ck_assert(says("\"serve\":\"started\""));
	ck_assert(says("\"authorization\":true"));
	ck_assert(says("\"token\":true"));
	ck_assert(says("\"cookie\":true"));
}
END_TEST

START_TEST(a_body_is_counted)
{
	issue(BADGE_DOCTOR, "3 unix:/x");
	ask("POST", "/api/v1/probe");
	set("HTTP_X_ROOST_PROBE", secret);
	body("application/octet-stream", "12345");
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(body_of(), "{\"bytes\":5}");
}
END_TEST

/* Nothing can be parked here: it ends at once, and says to come again. */
START_TEST(a_stream_that_cannot_wait_ends)
{
	issue(BADGE_DOCTOR, "3 unix:/x");
	ask("GET", "/api/v1/probe/events");
	set("HTTP_X_ROOST_PROBE", secret);
	set("HTTP_ACCEPT", "text/event-stream");
	ck_assert_int_eq(answered(), 200);
	ck_assert_str_eq(header_of("Content-Type"), "text/event-stream");
	ck_assert_str_eq(header_of("Retry-After"), "2");
	ck_assert(says("retry: "));
}
END_TEST

START_TEST(the_gate_leads_doctor_to_its_own_instance)
{
	const char *stamp = site_run_path(cx, NAME_PROBE_ID, ".access");

	issue(BADGE_DOCTOR, "3 unix:/run/x.sock");
	ask("GET", THERE);
	set("HTTP_X_ROOST_PROBE", secret);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "slot03");
	ck_assert_str_eq(header_of("Variable-GATE_USER"), "roost-doctor");
	ck_assert_str_eq(header_of("Variable-GATE_HTTP"),
			 "unix:/run/x.sock|http://roost.example");
	ck_assert(!fs_exists(stamp));
}
END_TEST

START_TEST(the_gate_leads_nobody_else_there)
{
	struct workspace w = create(&ann_who, "w");
	char old[ID_SECRET_LEN + 1];

	issue(BADGE_DOCTOR, "3 unix:/run/x.sock");
	ask("GET", THERE);
	ck_assert_int_eq(gated(), 401);
	ask("GET", THERE);
	as(admin_cookie);
	ck_assert_int_eq(gated(), 404);
	ask("GET", THERE);
	set("HTTP_X_ROOST_PROBE", "x");
	ck_assert_int_eq(gated(), 401);
	/* and the badge leads to nothing but that */
	ask("GET", arena_printf(&cx->arena, "/w/%s/", w.id));
	set("HTTP_X_ROOST_PROBE", secret);
	ck_assert_int_eq(gated(), 401);
	memcpy(old, secret, sizeof(old));
	issue(BADGE_DOCTOR, "-1 none");
	ask("GET", THERE);
	set("HTTP_X_ROOST_PROBE", old);
	ck_assert_int_eq(gated(), 401);
	badge_drop(cx, BADGE_DOCTOR);
	ask("GET", THERE);
	set("HTTP_X_ROOST_PROBE", secret);
	ck_assert_int_eq(gated(), 401);
}
END_TEST

/* ---- Company ---- */

#define COME 5

static atomic_int gone;

static const char *
note(int want, int64_t ms)
{
	static _Thread_local char text[64];

	snprintf(text, sizeof(text), "%d %lld", want,
		 (long long)(clock_now_ms() + ms));
	return text;
}

static void *
come(void *arg)
{
	struct cx own = {0};

	(void)arg;
	cx_begin(&own, &t.site);
	probe_meet(&own, note(COME, 60000), "test");
	atomic_fetch_add(&gone, 1);
	cx_end(&own);
	return NULL;
}

START_TEST(all_wait_for_the_last)
{
	pthread_t id[COME];

	for (int i = 0; i < COME; i++) {
		if (i == COME - 1) {
			clock_sleep_ms(200);
			ck_assert_int_eq(atomic_load(&gone), 0);
		}
		pthread_create(&id[i], NULL, come, NULL);
	}
	for (int i = 0; i < COME; i++)
		pthread_join(id[i], NULL);
}
END_TEST

START_TEST(nobody_waits_for_ever_and_many_at_a_time_not_at_all)
{
	int64_t began = clock_mono_ms();
	struct stat st;

	probe_meet(cx, note(2, 500), "test");
	ck_assert_int_ge(clock_mono_ms() - began, 500);
	/* its time has gone: nobody waits, nobody is counted */
	probe_meet(cx, note(2, 0), "test");
	ck_assert(!stat(site_run_file(cx, "warm.test"), &st));
	ck_assert_int_eq(st.st_size, 1);
	/* nor without end, whatever a note says */
	began = clock_mono_ms();
	probe_meet(cx, note(3, 3600000), "test");
	ck_assert_int_ge(clock_mono_ms() - began, PROBE_MEET_MS);
	issue(BADGE_WARM, note(2, 60000));
	program.serve = SERVE_SOCKET;
	ask("GET", "/api/v1/probe/warm");
	set("HTTP_X_ROOST_PROBE", secret);
	ck_assert_int_eq(answered(), 200);
	ask("GET", THERE);
	set("HTTP_X_ROOST_PROBE", secret);
	ck_assert_int_eq(gated(), 200);
	ck_assert_str_eq(header_of("Variable-GATE_BACKEND"), "handler");
	ck_assert(!fs_exists(site_run_file(cx, "warm.handler")));
	ck_assert(!fs_exists(site_run_file(cx, "warm.gate")));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_stranger_finds_nothing,
		who_has_the_badge_is_told_what_arrived,
		a_body_is_counted,
		a_stream_that_cannot_wait_ends,
		the_gate_leads_doctor_to_its_own_instance,
		the_gate_leads_nobody_else_there,
		all_wait_for_the_last,
		nobody_waits_for_ever_and_many_at_a_time_not_at_all,
	};

	return run_cgi("cgi_probe", tests, sizeof(tests) / sizeof(*tests));
}
