/* links: docker */
/*
 * A pass over workspaces whose homes are volumes of a real Docker, all asleep,
 * against one `docker ps -a` of what it has of them. BENCH_HOMES: how many
 * (default 500).
 */
#include "support/tmpsite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/proc.h"
#include "reconcile/audit.h"
#include "reconcile/pass.h"
#include "store/meta.h"
#include "store/sql.h"
#include "store/user.h"

#define TIMES 7

static struct tmpsite t;
static struct cx *cx;
static struct db *db;
static struct world world;
static char dir[64];

static int
containers(const char *verb, const char *kind)
{
	const char *argv[] = {"tests/containers", verb, kind, dir, NULL};
	int status = -1;
	pid_t pid;

	if (!kind) {
		argv[2] = dir;
		argv[3] = NULL;
	}
	pid = fork();
	if (!pid) {
		/* execv takes them without const, and changes nothing */
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

static void
must(enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	(void)containers("stop", NULL);
	exit(1);
}

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static enum err
spawn(struct cx *c, struct world *w, const struct workspace *ws, int fd)
{
	(void)w;
	(void)fd;
	return cx_fail(c, ERR_INTERNAL, "%s is at rest: nothing to do", ws->id);
}

static void
row(const char *id, int64_t n)
{
	const char *sql = arena_printf(
		&cx->arena,
		"INSERT INTO workspace (id, owner_id, name, app, status,"
		" desired, last_access_ms, status_changed_ms, standby_ttl_s,"
		" archive_ttl_s, created_ms, updated_ms) VALUES ('%s', 1,"
		" 'workspace %" PRId64 "', 'shell', 'STANDBY', 'STANDBY',"
		" %" PRId64 ", 0, 86400, 8640000, 0, 0)",
		id, n, cx->now_ms);

	if (sqlite3_exec(db->sq, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db->sq));
		exit(1);
	}
}

static void
fill(int64_t n)
{
	int64_t i;
	char id[37];

	for (i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%08x-0000-4000-8000-0000%08x",
			 (unsigned)i, (unsigned)i);
		must(home_volume.create(cx, id, -1));
		row(id, i);
	}
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(void (*once)(void))
{
	double took[TIMES];
	int i;

	for (i = 0; i < TIMES; i++) {
		double from = now_ms();

		once();
		took[i] = now_ms() - from;
	}
	qsort(took, TIMES, sizeof(*took), ascending);
	return took[TIMES / 2];
}

/* Of each minute: all volumes are looked at, and what holds them. */
static void
a_pass(void)
{
	struct round r = {.full = true};
	struct audit_result found;
	struct cx c = {0};

	cx_begin(&c, &t.site);
	must(pass_round(&c, &world, &r));
	must(audit_homes(&c, &world, &found));
	cx_end(&c);
	if (r.begun || r.changed || r.errors) {
		fprintf(stderr, "it was not at rest: %s\n", r.message);
		exit(1);
	}
}

static void
docker_ps(void)
{
	const char *host = arena_printf(&cx->arena, "unix://%s/sock", dir);
	const char *argv[] = {"docker", "-H", host, "ps", "-aq", NULL};
	struct buf out;
	int status;

	buf_init(&out, 1 << 20);
	must(proc_run(cx, argv, 60000, &out, &status));
	buf_free(&out);
}

static void
set_up(void)
{
	char keys[256];
	int64_t id;

	snprintf(keys, sizeof(keys),
		 "engine = docker\nhome = volume\ndocker_host = "
		 "unix://%s/sock\n"
		 "[app shell]\ncommand = /bin/true\n",
		 dir);
	tmpsite_open(&t, keys);
	cx = &t.cx;
	must(db_open(cx, DB_CREATE, &db));
	must(user_add(cx, db, "ann", "$y$", ROLE_USER, &id));
	must(home_volume.probe(cx));
	must(store_dir.probe(cx));
	world = (struct world){.db = db,
			       .engine = &engine_docker,
			       .home = &home_volume,
			       .store = &store_dir,
			       .spawn = spawn};
	must(meta_set(cx, db, META_LAST_AUDIT_MS, cx->now_ms));
	must(meta_set(cx, db, META_LAST_GC_MS, cx->now_ms));
}

int
main(void)
{
	const char *n = getenv("BENCH_HOMES");
	int64_t homes = n ? strtoll(n, NULL, 10) : 500;
	double ours, floor;

	snprintf(dir, sizeof(dir), "/tmp/roost-bench-%d", (int)getpid());
	if (containers("start", "docker")) {
		printf("NOT MEASURED: a Docker of its own cannot be begun\n");
		return 0;
	}
	set_up();
	fill(homes);
	ours = median(a_pass);
	floor = median(docker_ps);
	printf("a pass over %" PRId64 " volumes: %.1f ms\n", homes, ours);
	printf("bench pass-%" PRId64
	       "-volumes %.3f %.3f ms 3 one docker ps -a\n",
	       homes, ours, floor);
	db_close(db);
	tmpsite_close(&t);
	return containers("stop", NULL) ? 1 : 0;
}
