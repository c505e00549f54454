/*
 * A pass: with ever more workspaces that sleep its cost must not grow with
 * them; with ten thousand that run it looks at each, and at nothing twice.
 */
#include "support/tmpsite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "reconcile/pass.h"
#include "store/meta.h"
#include "store/sql.h"
#include "store/user.h"
#include "store/workspace.h"

#define TIMES 15
#define RUNNING 10000

static struct tmpsite t;
static struct cx *cx;
static struct db *db;
static struct world world;
static struct instances alive;

static void
must(enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	exit(1);
}

static void
raw(const char *sql)
{
	if (sqlite3_exec(db->sq, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db->sq));
		exit(1);
	}
}

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static enum err
list(struct cx *c, struct instances *out)
{
	(void)c;
	*out = alive;
	return OK;
}

static enum err
spawn(struct cx *c, struct world *w, const struct workspace *ws, int fd)
{
	(void)w;
	(void)fd;
	return cx_fail(c, ERR_INTERNAL, "%s is at rest: nothing to do", ws->id);
}

/* Rows from..to at rest in that status, with nothing due. */
static void
rows(int64_t from, int64_t to, const char *status)
{
	raw(arena_printf(
		&cx->arena,
		"WITH RECURSIVE c(x) AS (SELECT %" PRId64 " UNION ALL"
		" SELECT x + 1 FROM c WHERE x < %" PRId64 ") "
		"INSERT INTO workspace (id, owner_id, name, app, status,"
		" desired, endpoint, boot_id, idle_since_ms, last_access_ms,"
		" status_changed_ms, standby_ttl_s, archive_ttl_s, created_ms,"
		" updated_ms) SELECT printf('%%08x-0000-4000-8000-%%012x', x,"
		" x), 1, 'workspace ' || x, 'shell', '%s', '%s',"
		" iif('%s' = 'RUNNING', 'unix:/x', NULL), 'boot', %" PRId64
		", %" PRId64 ", 0, 86400, 8640000, 0, 0 FROM c",
		from, to - 1, status, status, status, cx->now_ms, cx->now_ms));
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Median of a pass that finds nothing to do. */
static double
pass_ms(void)
{
	double took[TIMES];

	for (int i = 0; i < TIMES; i++) {
		struct round r = {.full = true};
		struct cx c = {0};
		double from = now_ms();
		bool due;

		cx_begin(&c, &t.site);
		must(pass_round(&c, &world, &r));
		must(pass_chores_due(&c, &world, &due));
		cx_end(&c);
		took[i] = now_ms() - from;
		if (r.begun || r.changed || r.errors || due) {
			fprintf(stderr, "it was not at rest: %s\n", r.message);
			exit(1);
		}
	}
	qsort(took, TIMES, sizeof *took, ascending);
	return took[TIMES / 2];
}

/* Ten thousand instances, their homes and their rows. */
static void
wake_all(void)
{
	alive.v = calloc(RUNNING, sizeof *alive.v);
	alive.n = RUNNING;
	if (!alive.v)
		abort();
	for (unsigned i = 0; i < RUNNING; i++) {
		unsigned x = 1000000 + i;

		char *id = alive.v[i].id;

		snprintf(id, sizeof alive.v[i].id,
			 "%08x-0000-4000-8000-0000%08x", x, x);
		must(fs_mkdir(cx, world.home->path(cx, id), 0700));
	}
	rows(1000000, 1000000 + RUNNING, "RUNNING");
}

/* The least: every row is read, every home and stamp is looked at. */
static double
least_ms(void)
{
	struct workspaces all;
	struct stat st;
	double from = now_ms();

	must(workspace_running(cx, db, &all));
	for (size_t i = 0; i < all.n; i++) {
		(void)!lstat(world.home->path(cx, all.v[i].id), &st);
		(void)!lstat(site_run_path(cx, all.v[i].id, ".access"), &st);
	}
	return now_ms() - from;
}

static void
set_up(void)
{
	static struct engine_ops engine;
	int64_t id;

	tmpsite_open(&t, "[app shell]\ncommand = /bin/true\n");
	cx = &t.cx;
	must(db_open(cx, DB_CREATE, &db));
	must(user_add(cx, db, "ann", "$y$", ROLE_USER, &id));
	must(home_dir.probe(cx));
	must(store_dir.probe(cx));
	engine.list = list;
	world = (struct world){.db = db,
			       .engine = &engine,
			       .home = &home_dir,
			       .store = &store_dir,
			       .spawn = spawn};
	must(meta_set(cx, db, META_LAST_AUDIT_MS, cx->now_ms));
	must(meta_set(cx, db, META_LAST_GC_MS, cx->now_ms));
}

int
main(void)
{
	static const int64_t sizes[] = {1000, 10000, 100000};
	double took[3], ours;
	int64_t have = 0;

	set_up();
	for (int i = 0; i < 3; i++) {
		rows(have, sizes[i], "STANDBY");
		have = sizes[i];
		took[i] = pass_ms();
		printf("a pass with %" PRId64 " asleep: %.3f ms\n", have,
		       took[i]);
	}
	printf("bench pass-100k-asleep %.4f %.4f ms 3 a pass with 1000\n",
	       took[2], took[0]);
	wake_all();
	ours = pass_ms();
	printf("a pass with %d running: %.1f ms\n", RUNNING, ours);
	printf("bench pass-10k-running %.3f %.3f ms 4 reading the rows and "
	       "looking at home and stamp of each\n",
	       ours, least_ms());
	db_close(db);
	tmpsite_close(&t);
	free(alive.v);
	return 0;
}
