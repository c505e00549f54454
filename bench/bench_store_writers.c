/*
 * Many who write at once: the whole must not take much longer than one who
 * does it all, and nobody may wait much longer than his turn.
 */
#include "support/tmpsite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/meta.h"
#include "store/sql.h"

#define WRITERS 8
#define EACH 100

static struct tmpsite t;
static struct cx *cx;

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

/* `times` commits; *worst gets the longest that one of them took. */
static void
write_many(int times, double *worst)
{
	struct db *db = NULL;

	must(db_open(cx, DB_WRITE, &db));
	while (times--) {
		double since = now_ms(), took;

		must(meta_set(cx, db, META_LAST_GC_MS, times));
		took = now_ms() - since;
		if (took > *worst)
			*worst = took;
		arena_reset(&cx->arena);
	}
	db_close(db);
}

static void
all_at_once(double *worst)
{
	int i, status;

	for (i = 0; i < WRITERS; i++)
		if (!fork()) {
			write_many(EACH, &worst[i]);
			_exit(0);
		}
	for (i = 0; i < WRITERS; i++) {
		if (wait(&status) < 0 || status)
			exit(1);
		if (worst[i] > worst[WRITERS])
			worst[WRITERS] = worst[i];
	}
}

int
main(void)
{
	double *worst = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double alone = 0, one, many;
	struct db *db = NULL;

	if (worst == MAP_FAILED)
		return 1;
	tmpsite_open(&t, NULL);
	cx = &t.cx;
	must(db_open(cx, DB_CREATE, &db));
	db_close(db);
	one = now_ms();
	write_many(WRITERS * EACH, &alone);
	one = now_ms() - one;
	many = now_ms();
	all_at_once(worst);
	many = now_ms() - many;
	printf("bench commits_by_8_writers %.2f %.2f ms 6 one writer doing "
	       "all\n",
	       many, one);
	printf("bench longest_commit_of_8 %.2f %.2f ms - all commits of all, "
	       "one after the other\n",
	       worst[WRITERS], many);
	tmpsite_close(&t);
	return 0;
}
