/*
 * What a pass asks, with ever more workspaces that sleep: the cost must not
 * grow with them. And what a request asks, against one bare SELECT.
 */
#include "support/tmpsite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/change.h"
#include "store/session.h"
#include "store/setting.h"
#include "store/sql.h"
#include "store/user.h"
#include "store/workspace.h"

#define SOME_ID "00000007-0000-4000-8000-000000000007"
#define REPEAT 300
#define ROUNDS 9

static struct tmpsite t;
static struct cx *cx;
static struct db *db;

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

/* Asleep at every depth; nothing is due; ten users. */
static void
sleepers(int64_t from, int64_t to)
{
	raw(arena_printf(
		&cx->arena,
		"WITH RECURSIVE c(x) AS (SELECT %" PRId64 " UNION ALL"
		" SELECT x + 1 FROM c WHERE x < %" PRId64 ") "
		"INSERT INTO workspace (id, owner_id, name, app, status,"
		" desired, archive_key, last_access_ms, status_changed_ms,"
		" standby_ttl_s, archive_ttl_s, created_ms, updated_ms) "
		"SELECT printf('%%08x-0000-4000-8000-%%012x', x, x),"
		" 1 + x %% 10, 'workspace ' || x, 'shell',"
		" iif(x %% 4 = 0, 'PENDING', 'STANDBY'),"
		" iif(x %% 4 = 0, 'PENDING', 'STANDBY'),"
		" iif(x %% 4 = 0, 'key', NULL), %" PRId64 " + x, 0, 300,"
		" 86400, 0, 0 FROM c",
		from, to, cx->now_ms));
}

/* A few that need something: the same few whatever the rest. */
static void
busy_ones(void)
{
	raw("UPDATE workspace SET rev = rev + 1, desired = 'RUNNING'"
	    " WHERE n IN (1, 2, 3)");
	raw("UPDATE workspace SET rev = rev + 1, status = 'RUNNING',"
	    " desired = 'RUNNING' WHERE n IN (5, 6, 7)");
	raw("UPDATE workspace SET rev = rev + 1, trash_key = 'x'"
	    " WHERE n IN (9, 10)");
}

static void
ask_as_a_pass(void)
{
	struct workspaces ws;
	struct settings s;
	int64_t a, b;

	must(settings_load(cx, db, &s));
	must(workspace_work(cx, db, &ws));
	must(workspace_running(cx, db, &ws));
	must(workspace_archive_due(cx, db, 100, &ws));
	must(workspace_trash(cx, db, &ws));
	must(workspace_counts(cx, db, 1, &a, &b));
	must(change_newest(cx, db, &a));
}

static void
ask_as_a_request(void)
{
	struct session s;
	struct workspace w;

	must(db_snapshot(cx, db));
	must(session_find(cx, db, "hash", &s));
	must(workspace_get(cx, db, SOME_ID, &w));
	db_rollback(db);
}

/* The least: one prepared SELECT of all columns, stepped and reset. */
static sqlite3_stmt *bare;

static void
ask_barely(void)
{
	int i, n = sqlite3_column_count(bare);
	volatile int bytes = 0;

	sqlite3_bind_text(bare, 1, SOME_ID, -1, SQLITE_STATIC);
	if (sqlite3_step(bare) != SQLITE_ROW)
		exit(1);
	for (i = 0; i < n; i++)
		if (sqlite3_column_text(bare, i))
			bytes += sqlite3_column_bytes(bare, i);
	sqlite3_reset(bare);
	(void)bytes;
}

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Median of rounds, each the mean of many: microseconds of one call. */
static double
cost(void (*ask)(void))
{
	double round[ROUNDS];
	int i, k;

	for (i = 0; i < ROUNDS; i++) {
		double since = now_us();

		for (k = 0; k < REPEAT; k++) {
			ask();
			arena_reset(&cx->arena);
		}
		round[i] = (now_us() - since) / REPEAT;
	}
	qsort(round, ROUNDS, sizeof(round[0]), by_size);
	return round[ROUNDS / 2];
}

static void
open_site(void)
{
	int i;

	tmpsite_open(&t, NULL);
	cx = &t.cx;
	must(db_open(cx, DB_CREATE, &db));
	for (i = 0; i < 10; i++)
		must(user_add(cx, db, arena_printf(&cx->arena, "u%d", i), "x",
			      ROLE_USER, NULL));
	must(session_add(cx, db, "hash", 1, "csrf", "", "",
			 cx->now_ms + 1000000));
	if (sqlite3_prepare_v2(db->sq, sql_text(SQL_WS_GET), -1, &bare, NULL))
		exit(1);
}

int
main(void)
{
	double k1, k10, k100, request, floor;

	open_site();
	sleepers(1, 1000);
	busy_ones();
	k1 = cost(ask_as_a_pass);
	sleepers(1001, 10000);
	k10 = cost(ask_as_a_pass);
	sleepers(10001, 100000);
	k100 = cost(ask_as_a_pass);
	floor = cost(ask_barely);
	request = cost(ask_as_a_request);
	printf("bench pass_10k_sleeping %.2f %.2f us 3 the same with 1,000\n",
	       k10, k1);
	printf("bench pass_100k_sleeping %.2f %.2f us 3 the same with 1,000\n",
	       k100, k1);
	printf("bench session_and_workspace %.2f %.2f us - one bare SELECT of "
	       "the workspace\n",
	       request, floor);
	sqlite3_finalize(bare);
	db_close(db);
	tmpsite_close(&t);
	return 0;
}
