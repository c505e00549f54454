/* Warming against a pool that starts processes as mod_fcgid does: never more
 * than it may, each holding one request at a time. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/badge.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/lock.h"
#include "reconcile/warm.h"
#include "rules/names.h"
#include "support/expect.h"
#include "support/httpd.h"
#include "support/suite.h"
#include "support/tmpsite.h"

#define WANT 5

static struct tmpsite t;
static struct cx *cx;
static struct tcpd *server;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_left = PTHREAD_COND_INITIALIZER;
static int may, at_work, busiest; /* processes of the pool */
static atomic_int asked[WARM__MAX], strangers;

/* ---- The pool ---- */

static void
enter_pool(void)
{
	pthread_mutex_lock(&mutex);
	while (at_work >= may)
		pthread_cond_wait(&one_left, &mutex);
	if (++at_work > busiest)
		busiest = at_work;
	pthread_mutex_unlock(&mutex);
}

static void
leave_pool(void)
{
	pthread_mutex_lock(&mutex);
	at_work--;
	pthread_cond_signal(&one_left);
	pthread_mutex_unlock(&mutex);
}

/* As cgi/probe_route.c does; a test of it is in test_cgi_probe.c. */
static void
meet(struct cx *own, const char *note, enum warm which)
{
	const char *path =
		site_run_file(own, which == WARM_GATE ? "warm.gate"
						      : "warm.handler");
	long long want, until;
	FILE *f = NULL;
	struct stat st;

	ck_assert_int_eq(sscanf(note, "%lld %lld", &want, &until), 2);
	if (clock_now_ms() < until && (f = fopen(path, "a"))) {
		fputc('.', f);
		fclose(f);
	}
	while (clock_now_ms() < until && !stat(path, &st) && st.st_size < want)
		clock_sleep_ms(5);
}

static void
answer_one(struct conn *c, struct httpd_request *rq)
{
	enum warm which = strcmp(rq->path, "/w/" NAME_PROBE_ID "/")
				  ? WARM_HANDLER
				  : WARM_GATE;
	struct cx own = {0};
	const char *note;
	char secret[512];

	cx_begin(&own, &t.site);
	if (may)
		enter_pool();
	if (!badge_holds(&own, BADGE_WARM,
			 httpd_head(rq, "X-Roost-Probe", secret), &note)) {
		strangers++;
		httpd_text(c, 404, "nothing");
	} else {
		asked[which]++;
		if (may)
			meet(&own, note, which);
		httpd_text(c, which == WARM_GATE ? 404 : 200, "{}");
	}
	if (may)
		leave_pool();
	cx_end(&own);
}

static void
serve(struct conn *c, void *arg)
{
	struct httpd_request rq = {0};

	(void)arg;
	while (httpd_read(c, &rq))
		answer_one(c, &rq);
	httpd_free(&rq);
}

/* ---- Before and after ---- */

/* most: processes that it may start; 0: a program that serves many. */
static void
up(int processes, int most)
{
	char conf[200];

	may = most;
	at_work = busiest = 0;
	asked[WARM_HANDLER] = asked[WARM_GATE] = strangers = 0;
	server = tcpd_start(&(struct tcpd_how){.serve = serve});
	snprintf(conf, sizeof(conf), "base_url = %s/\nwarm_processes = %d\n",
		 tcpd_url(server), processes);
	tmpsite_open(&t, conf);
	cx = &t.cx;
}

static void
down(void)
{
	fault_arm(0);
	if (server)
		tcpd_stop(server);
	server = NULL;
	tmpsite_close(&t);
}

static struct warm_said
last(void)
{
	struct warm_said s;

	warm_last(cx, &s);
	return s;
}

static void
all_came(int64_t n)
{
	struct warm_said s = last();

	ck_assert_ptr_null(s.why);
	ck_assert_int_gt(s.at_ms, 0);
	for (int i = 0; i < WARM__MAX; i++) {
		ck_assert_int_eq(s.pool[i].wanted, n);
		ck_assert_int_eq(s.pool[i].came, n);
		ck_assert_int_eq(s.pool[i].again_ms, 0);
	}
}

/* ---- Tests ---- */

START_TEST(a_site_that_does_not_want_it_pays_nothing)
{
	up(0, WANT);
	ok(warm_round(cx));
	ck_assert_int_eq(tcpd_count(server), 0);
	ck_assert_int_eq(last().at_ms, 0);
	ck_assert(!fs_exists(site_run_file(cx, "warm.lock")));
	down();
}
END_TEST

START_TEST(all_processes_are_there_at_once)
{
	up(WANT, 100);
	for (int i = 1; i <= 2; i++) {
		ok(warm_round(cx));
		all_came(WANT);
		ck_assert_int_eq(busiest, WANT);
		ck_assert_int_eq(asked[WARM_HANDLER], i * WANT);
		ck_assert_int_eq(asked[WARM_GATE], i * WANT);
		ck_assert(!fs_exists(site_run_file(cx, "badge.warm")));
	}
	ck_assert_int_eq(strangers, 0);
	down();
}
END_TEST

START_TEST(a_small_pool_is_not_held_again_and_again)
{
	int64_t again;

	up(WANT, 3);
	ok(warm_round(cx));
	for (int i = 0; i < WARM__MAX; i++) {
		ck_assert_int_eq(last().pool[i].wanted, WANT);
		ck_assert_int_eq(last().pool[i].came, 3);
		ck_assert_int_gt(last().pool[i].again_ms, clock_now_ms());
	}
	again = last().pool[WARM_GATE].again_ms;
	for (int i = 0; i < 3; i++) {
		asked[WARM_HANDLER] = asked[WARM_GATE] = 0;
		ok(warm_round(cx));
		ck_assert_int_eq(asked[WARM_HANDLER], 3);
		ck_assert_int_eq(asked[WARM_GATE], 3);
		ck_assert_int_eq(last().pool[WARM_GATE].wanted, 3);
		ck_assert_int_eq(last().pool[WARM_GATE].came, 3);
		ck_assert_int_eq(last().pool[WARM_GATE].again_ms, again);
	}
	down();
}
END_TEST

START_TEST(what_serves_many_is_left_alone)
{
	up(WANT, 0);
	ok(warm_round(cx));
	ck_assert_ptr_null(last().why);
	ck_assert_int_eq(last().pool[WARM_HANDLER].came, -1);
	ck_assert_int_eq(last().pool[WARM_GATE].came, -1);
	asked[WARM_HANDLER] = asked[WARM_GATE] = 0;
	ok(warm_round(cx));
	ck_assert_int_eq(asked[WARM_HANDLER], 0);
	ck_assert_int_eq(asked[WARM_GATE], 0);
	down();
}
END_TEST

START_TEST(nobody_there_is_told_and_tried_again)
{
	struct tcpd_how how = {.serve = serve};

	up(WANT, 100);
	how.port = tcpd_port(server);
	tcpd_stop(server);
	server = NULL;
	ck_assert_int_eq(warm_round(cx), ERR_UNREACHABLE);
	ck_assert_msg(strstr(last().why, "the handler of this site"), "%s",
		      last().why);
	ck_assert(!fs_exists(site_run_file(cx, "badge.warm")));
	server = tcpd_start(&how);
	ok(warm_round(cx));
	all_came(WANT);
	down();
}
END_TEST

START_TEST(no_address_is_told)
{
	tmpsite_open(&t, "warm_processes = 2\n");
	cx = &t.cx;
	ck_assert_int_eq(warm_round(cx), ERR_CONFIG);
	ck_assert_msg(strstr(last().why, "base_url"), "%s", last().why);
	down();
}
END_TEST

START_TEST(one_at_a_time)
{
	int fd;

	up(WANT, 100);
	ok(lock_take(cx, site_run_file(cx, "warm.lock"), &fd));
	ck_assert_int_eq(warm_round(cx), ERR_BUSY);
	ck_assert_int_eq(tcpd_count(server), 0);
	lock_drop(fd);
	ok(warm_round(cx));
	all_came(WANT);
	down();
}
END_TEST

START_TEST(no_fault_is_in_the_way_of_the_next)
{
	long n = 1;

	up(WANT, 100);
	for (bool fired = true; fired; n++) {
		fault_arm(n);
		ck_assert_int_eq(warm_round(cx) != OK, fault_fired());
		fired = fault_fired();
		fault_arm(0);
		ck_assert(!fs_exists(site_run_file(cx, "badge.warm")));
		ok(warm_round(cx));
		all_came(WANT);
	}
	ck_assert_int_gt(n, 4); /* one for each program, and the end */
	down();
}
END_TEST

static void
killed_in_the_middle(void)
{
	pid_t pid;

	may = 2; /* so it holds those */
	asked[WARM_HANDLER] = 0;
	pid = fork();
	if (pid == 0)
		_exit(warm_round(cx) != OK);
	while (asked[WARM_HANDLER] < 2)
		clock_sleep_ms(5);
	ck_assert(!kill(pid, SIGKILL));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	pthread_mutex_lock(&mutex);
	may = 100;
	pthread_cond_broadcast(&one_left);
	pthread_mutex_unlock(&mutex);
}

START_TEST(one_that_was_killed_is_in_nobodys_way)
{
	up(WANT, 100);
	for (int i = 0; i < 3; i++) {
		killed_in_the_middle();
		ok(warm_round(cx));
		all_came(WANT);
		ck_assert(!fs_exists(site_run_file(cx, "badge.warm")));
	}
	down();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_site_that_does_not_want_it_pays_nothing,
		all_processes_are_there_at_once,
		a_small_pool_is_not_held_again_and_again,
		what_serves_many_is_left_alone,
		nobody_there_is_told_and_tried_again,
		no_address_is_told,
		one_at_a_time,
		no_fault_is_in_the_way_of_the_next,
		one_that_was_killed_is_in_nobodys_way,
	};

	return SUITE_RUN("reconcile_warm", tests);
}
