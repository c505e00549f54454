/*
 * A thousand clients wait for one workspace at the real handler; one change
 * answers them all. Against it: the same thousand ask once each, one after the
 * other. And what the waiting costs: threads, memory.
 */
#include "support/tmpsite.h"

#include "support/fcgiclient.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/id.h"
#include "store/session.h"
#include "store/user.h"
#include "store/workspace.h"

#define WAITING 1000
#define ROUNDS 5

static struct tmpsite t;
static struct cx *cx;
static struct db *db;
static struct workspace ws;
static char bin[1000], cookie[100];
static const char *sock;
static pid_t pid;

static void
stop(void)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
	db_close(db);
	tmpsite_close(&t);
}

static void
must(enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	exit(1);
}

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A number out of /proc/PID/status, e.g. "VmRSS:". */
static long
of_handler(const char *key)
{
	struct buf b;
	const char *at;
	long n = -1;

	buf_init(&b, 65536);
	must(fs_read(cx, arena_printf(&cx->arena, "/proc/%d/status", (int)pid),
		     &b));
	if ((at = strstr(buf_str(&b), key)))
		n = strtol(at + strlen(key), NULL, 10);
	buf_free(&b);
	return n;
}

static void
fill(void)
{
	struct workspace w = {.name = "w",
			      .app = "shell",
			      .desired = STATUS_PENDING,
			      .standby_ttl_s = 300,
			      .archive_ttl_s = 86400};
	static char id[ID_UUID_LEN + 1];
	char secret[ID_SECRET_LEN + 1], hash[ID_HASH_LEN + 1];

	must(db_open(cx, DB_CREATE, &db));
	must(user_add(cx, db, "ann", "$y$x", ROLE_USER, &w.owner_id));
	id_secret(secret);
	id_hash(secret, strlen(secret), hash);
	snprintf(cookie, sizeof(cookie), "roost_session=%s", secret);
	must(session_add(cx, db, hash, w.owner_id, "csrf", "", "",
			 cx->now_ms + 3600000));
	id_uuid(id);
	w.id = id;
	must(workspace_add(cx, db, &w, &ws));
}

static void
start(void)
{
	char self[900] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd = -1;

	for (int i = 0; i < 2 && n > 0; i++)
		*strrchr(self, '/') = '\0';
	snprintf(bin, sizeof(bin), "%s/bin/roost.fcgi", self);
	if ((pid = fork()) == 0) {
		execl(bin, bin, "--site", t.dir, "--socket", sock,
		      (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && (fd = fcgi_connect(sock)) < 0; i++)
		clock_sleep_ms(10);
	if (fd < 0) {
		fprintf(stderr, "%s: build it first: make\n", bin);
		exit(1);
	}
	close(fd);
}

static void
change(void)
{
	struct ws_patch p = {.memo = "changed",
			     .standby_ttl_s = -1,
			     .archive_ttl_s = -1};

	must(workspace_patch(cx, db, ws.id, 0, &p, &ws));
}

static void
take(int fd)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	if (!fcgi_answer(fd, &b) || strncmp(buf_str(&b), "Status: 200", 11)) {
		fprintf(stderr, "no answer\n");
		exit(1);
	}
	buf_free(&b);
	close(fd);
}

static int
begin(const char *query)
{
	int fd;

	while ((fd = fcgi_connect(sock)) < 0)
		clock_sleep_ms(1); /* its queue is full */
	fcgi_get(fd,
		 arena_printf(&cx->arena, "/api/v1/workspaces/%s/status%s",
			      ws.id, query),
		 cookie, "*/*");
	return fd;
}

static double
told_at_once(long *kb, long *threads)
{
	static int fd[WAITING];
	const char *query = arena_printf(&cx->arena, "?since=%lld&wait=25",
					 (long long)ws.rev);
	long before = of_handler("VmRSS:");
	double from;

	for (int i = 0; i < WAITING; i++)
		fd[i] = begin(query);
	/* a request behind them all: they are parked when it is answered */
	take(begin(""));
	clock_sleep_ms(50);
	*kb = of_handler("VmRSS:") - before;
	*threads = of_handler("Threads:");
	from = now_ms();
	change();
	for (int i = 0; i < WAITING; i++)
		take(fd[i]);
	return now_ms() - from;
}

static double
asked_in_turn(void)
{
	double from = now_ms();

	for (int i = 0; i < WAITING; i++)
		take(begin(""));
	return now_ms() - from;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int
main(void)
{
	struct rlimit files = {4096, 4096};
	char here[4096], conf[8192];
	double ours[ROUNDS], turn[ROUNDS];
	long kb = 0, most_kb = 0, threads = 0, idle_threads;

	setrlimit(RLIMIT_NOFILE, &files);
	if (!getcwd(here, sizeof(here)))
		return 1;
	snprintf(conf, sizeof(conf),
		 "www_dir = %s/www\nlog_level = error\n"
		 "[app shell]\ncommand = /bin/true\n",
		 here);
	tmpsite_open(&t, conf);
	cx = &t.cx;
	sock = arena_printf(&cx->arena, "%s/run/handler.sock", t.dir);
	atexit(stop);
	fill();
	start();
	(void)asked_in_turn();
	idle_threads = of_handler("Threads:");
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = told_at_once(&kb, &threads);
		turn[i] = asked_in_turn();
		most_kb = kb > most_kb ? kb : most_kb;
		if (threads != idle_threads) {
			fprintf(stderr, "%ld threads, %ld when idle\n", threads,
				idle_threads);
			return 1;
		}
	}
	qsort(ours, ROUNDS, sizeof(*ours), compare);
	qsort(turn, ROUNDS, sizeof(*turn), compare);
	printf("%d waiters: %ld threads as when idle, %.1f kB each\n", WAITING,
	       threads, (double)most_kb / WAITING);
	printf("bench wait_1000_told %.1f %.1f ms 1.0 they ask once each, in "
	       "turn\n",
	       ours[ROUNDS / 2], turn[ROUNDS / 2]);
	return 0;
}
