/*
 * A wake: from the committed wish to RUNNING, by the real program with a
 * real instance, against what the engine alone needs to start the same
 * application. The difference is what we add: locks, rows, two processes.
 */
#include "support/tmpsite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/id.h"
#include "base/lock.h"
#include "engine/engine.h"
#include "home/home.h"
#include "store/db.h"
#include "store/user.h"
#include "store/workspace.h"

#define TIMES 15

static struct tmpsite t;
static struct cx *cx;
static struct db *db;
static struct workspace ws;
static char bin[1000];
static char id[ID_UUID_LEN + 1]; /* outlives the arena */

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

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *v)
{
	qsort(v, TIMES, sizeof *v, ascending);
	return v[TIMES / 2];
}

/* The engine alone. */
static double
start_alone(void)
{
	struct instance_spec spec = {.id = ws.id,
				     .home = home_dir.path(cx, ws.id),
				     .app = site_app(&t.site, NULL),
				     .uid = -1};
	struct endpoint out;
	double from = now_ms(), took;

	spec.deadline_ms = clock_mono_ms() + 30000;
	must(engine_process.start(cx, &spec, &out));
	took = now_ms() - from;
	must(engine_process.stop(cx, ws.id, clock_mono_ms() + 30000));
	return took;
}

/* As a kick does it. */
static pid_t
kick(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		char program[1100];

		snprintf(program, sizeof program, "%s/bin/roost-reconcile",
			 bin);
		execl(program, program, "--site", t.dir, "--kick",
		      (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void
reach(enum status s)
{
	int64_t end = clock_mono_ms() + 60000;

	do {
		arena_reset(&cx->arena);
		must(workspace_get(cx, db, id, &ws));
		if (ws.status == s)
			return;
		usleep(200);
	} while (clock_mono_ms() < end);
	fprintf(stderr, "it stays %s: %s\n", status_name(ws.status),
		ws.error_message ? ws.error_message : "");
	exit(1);
}

static double
move(enum status s)
{
	double from, took;
	pid_t pid;

	cx_tick(cx);
	must(workspace_wish(cx, db, ws.id, 0, s, NULL));
	from = now_ms();
	pid = kick();
	reach(s);
	took = now_ms() - from;
	waitpid(pid, NULL, 0);
	return took;
}

static void
set_up(void)
{
	ssize_t n = readlink("/proc/self/exe", bin, sizeof bin - 1);
	struct workspace w = {.name = "bench",
			      .app = "wsapp",
			      .desired = STATUS_STANDBY};
	struct buf conf;
	int64_t ann;

	if (n < 0)
		abort();
	bin[n] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(bin, '/') = '\0';
	buf_init(&conf, 8000);
	buf_printf(&conf,
		   "allow_unsandboxed = yes\n[app wsapp]\ncommand = "
		   "%s/tests/app/wsapp --socket {socket}\nbinds = "
		   "%s/tests/app\n",
		   bin, bin);
	tmpsite_open(&t, buf_str(&conf));
	buf_free(&conf);
	cx = &t.cx;
	must(db_open(cx, DB_CREATE, &db));
	must(user_add(cx, db, "ann", "$y$", ROLE_USER, &ann));
	must(home_dir.probe(cx));
	must(engine_process.probe(cx));
	w.id = id;
	id_uuid(id);
	w.owner_id = ann;
	must(workspace_add(cx, db, &w, &ws));
	move(STATUS_STANDBY);
}

int
main(void)
{
	double alone[TIMES], wake[TIMES], ours, floor;

	set_up();
	for (int i = 0; i < TIMES; i++) {
		alone[i] = start_alone();
		wake[i] = move(STATUS_RUNNING);
		move(STATUS_STANDBY);
	}
	floor = median(alone);
	ours = median(wake);
	printf("wish to RUNNING %.1f ms, the engine alone %.1f ms: %.1f ms "
	       "are ours\n",
	       ours, floor, ours - floor);
	printf("bench wake %.2f %.2f ms - the engine alone starts the same\n",
	       ours, floor);
	db_close(db);
	tmpsite_close(&t);
	return 0;
}
