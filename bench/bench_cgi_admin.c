/*
 * An administrator's list of 50 on a site with 10,000 workspaces against the
 * same on one with 100, in one process and without a web server: what is
 * measured is the page, from the request to its bytes. Both take turns,
 * and of each the quickest tenth counts: a busy machine only adds.
 */
#include "support/tmpsite.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "bench/load.h"
#include "cgi/app.h"
#include "cgi/io.h"
#include "store/session.h"
#include "store/workspace.h"

#define ROUNDS 101
#define FEW 100
#define MANY 10000
#define OWNERS 20

struct fake_io {
	struct io io;
	const char *target, *cookie;
	struct buf out;
};

struct place {
	struct tmpsite t;
	struct program program;
	struct worker worker;
	const char *cookie;
};

static const char *
fake_var(struct io *io, const char *name)
{
	const struct fake_io *f = (const struct fake_io *)io;
	const char *const all[][2] = {{"REQUEST_METHOD", "GET"},
				      {"REQUEST_URI", f->target},
				      {"HTTP_HOST", "roost.example"},
				      {"HTTP_ACCEPT", "text/html"},
				      {"HTTP_COOKIE", f->cookie},
				      {"REMOTE_ADDR", "192.0.2.1"}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i][0], name) == 0)
			return all[i][1];
	return NULL;
}

static ssize_t
fake_read(struct io *io, void *p, size_t n)
{
	(void)io, (void)p, (void)n;
	return 0;
}

static bool
fake_write(struct io *io, const void *p, size_t n)
{
	buf_add(&((struct fake_io *)io)->out, p, n);
	return true;
}

static void
fake_end(struct io *io)
{
	(void)io;
}

static void
must(struct cx *cx, enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	exit(1);
}

/* n workspaces of some owners; some asleep, all long unused. */
static void
fill(struct place *p, struct db *db, int n)
{
	struct cx *cx = &p->t.cx;
	int64_t owner[OWNERS];
	char id[ID_UUID_LEN + 1];
	struct workspace w = {.id = id,
			      .app = "shell",
			      .standby_ttl_s = 300,
			      .archive_ttl_s = 86400};

	must(cx, db_begin(cx, db));
	for (int i = 0; i < OWNERS; i++)
		must(cx, user_add(cx, db, arena_printf(&cx->arena, "user%d", i),
				  "$y$x", ROLE_USER, &owner[i]));
	cx->now_ms -= INT64_C(86400000) * 30;
	for (int i = 0; i < n; i++) {
		id_uuid(id);
		w.owner_id = owner[i % OWNERS];
		w.desired = i % 2 ? STATUS_PENDING : STATUS_STANDBY;
		w.name = arena_printf(&cx->arena, "workspace %d", i);
		must(cx, workspace_add(cx, db, &w, NULL));
	}
	cx_tick(cx);
	must(cx, db_commit(cx, db));
}

static void
place_open(struct place *p, const char *conf, int n)
{
	char secret[ID_SECRET_LEN + 1], hash[ID_HASH_LEN + 1];
	struct cx *cx = &p->t.cx;
	struct db *db;
	int64_t admin;

	tmpsite_open(&p->t, conf);
	must(cx, db_open(cx, DB_CREATE, &db));
	must(cx, user_add(cx, db, "root", "$y$x", ROLE_ADMIN, &admin));
	id_secret(secret);
	id_hash(secret, strlen(secret), hash);
	must(cx, session_add(cx, db, hash, admin, "csrf", "", "",
			     cx->now_ms + 36000000));
	fill(p, db, n);
	db_close(db);
	p->cookie = arena_printf(&cx->arena, "roost_session=%s", secret);
	must(cx, program_open(cx, &p->t.site, &p->program));
	must(cx, worker_open(cx, &p->program, &p->worker));
}

static void
place_close(struct place *p)
{
	worker_close(&p->worker);
	program_close(&p->program);
	tmpsite_close(&p->t);
}

/* Microseconds of one answer. */
static double
answer(struct place *p, const char *target)
{
	struct fake_io f = {.io = {.var = fake_var,
				   .read = fake_read,
				   .write = fake_write,
				   .keep = fake_end,
				   .end = fake_end,
				   .fd = -1},
			    .target = target,
			    .cookie = p->cookie};
	struct timespec a, b;

	buf_init(&f.out, (size_t)16 << 20);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (!app_answer(&p->worker, &f.io))
		abort();
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (strncmp(buf_str(&f.out), "Status: 200", 11) != 0) {
		fprintf(stderr, "%s: %.200s\n", target, buf_str(&f.out));
		exit(1);
	}
	buf_free(&f.out);
	return (double)(b.tv_sec - a.tv_sec) * 1e6 +
	       (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

static void
compare(const char *name, struct place *many, struct place *few,
	const char *target)
{
	double us[2][ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		us[0][i] = answer(many, target);
		us[1][i] = answer(few, target);
	}
	for (int k = 0; k < 2; k++)
		qsort(us[k], ROUNDS, sizeof(us[k][0]), load_compare);
	printf("bench %s %.0f %.0f us 3 the same on a site with %d\n", name,
	       us[0][ROUNDS / 10], us[1][ROUNDS / 10], FEW);
	fflush(stdout);
}

int
main(void)
{
	static struct place many, few;
	char here[4096], conf[8192];

	if (!getcwd(here, sizeof(here)))
		return 1;
	log_open("bench", 2, LOG_LEVEL_ERROR);
	snprintf(conf, sizeof(conf),
		 "www_dir = %s/www\nlog_level = error\n"
		 "[app shell]\ncommand = /bin/true\n",
		 here);
	place_open(&many, conf, MANY);
	place_open(&few, conf, FEW);
	compare("admin_list_50_of_10000", &many, &few, "/admin/workspaces");
	compare("admin_api_50_of_10000", &many, &few,
		"/api/v1/admin/workspaces?limit=50");
	compare("admin_phase_50_of_10000", &many, &few,
		"/admin/workspaces?filter=phase:pending");
	compare("admin_app_50_of_10000", &many, &few,
		"/admin/workspaces?filter=app:shell");
	compare("admin_idle_50_of_10000", &many, &few,
		"/admin/workspaces?filter=idle%3E7d");
	place_close(&few);
	place_close(&many);
	return 0;
}
