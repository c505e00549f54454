/*
 * SPEC F3: a TTL rule never overwrites a newer wish. One process is a pass that
 * never rests; another wishes, thousands of times, in the very moment in which
 * the workspace is due. Whoever is first in the database, no wish is lost.
 */
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "support/tmpsite.h"

#include "reconcile/commit.h"
#include "rules/ttl.h"

#include "support/reconfix.h"

#define WISHES 2000
#define HOUR INT64_C(3600000)

static struct shared {
	atomic_bool stop;
	atomic_ulong looks; /* that have ended */
	atomic_ulong won;   /* of them: the rule has written its wish */
} * sh;

static void
one_look(const char *id)
{
	const struct use nobody = {.connections = 0};
	struct world mine = world;
	struct cx c = {0};
	struct workspace w;
	enum status wish;

	cx_begin(&c, &t.site);
	if (!db_open(&c, DB_WRITE, &mine.db)) {
		for (int i = 0; i < 50 && !sh->stop; i++) {
			cx_tick(&c);
			if (!workspace_get(&c, mine.db, id, &w) &&
			    ttl_wish(&w, c.now_ms, &wish) &&
			    !commit_wish(&c, &mine, id, &nobody))
				sh->won++;
			cx_clear(&c);
			sh->looks++;
		}
		db_close(mine.db);
	}
	cx_end(&c);
}

static pid_t
restless_pass(const char *id)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	while (!sh->stop)
		one_look(id);
	_exit(0);
}

/* A look that began after now has ended. */
static void
be_looked_at(void)
{
	unsigned long from = sh->looks;
	int64_t until = clock_mono_ms() + 60000;

	while (sh->looks < from + 2) {
		ck_assert_int_lt(clock_mono_ms(), until);
		clock_sleep_ms(0);
	}
}

/* Running, wanted, and idle since ever. */
static void
make_due(const char *id)
{
	ok(db_begin(cx, db));
	doctor(id,
	       "status = 'RUNNING', desired = 'RUNNING', operation = 'NONE',"
	       " last_access_ms = 1, idle_since_ms = 1, keep_until_ms = 0,"
	       " standby_ttl_s = 300");
	ok(db_commit(cx, db));
}

/* None, or some milliseconds, so that each order comes. */
static void
some_moment(void)
{
	uint32_t r;

	id_random(&r, sizeof(r));
	if (r % 2)
		clock_sleep_ms(r / 2 % 6);
}

/* ---- Wishes, and what must be true after each ---- */

static void
wants_running(const char *id)
{
	ok(workspace_wish(cx, db, id, 0, STATUS_RUNNING, NULL));
	be_looked_at();
	ck_assert_int_eq(get(id).desired, STATUS_RUNNING);
}

static void
wants_archive(const char *id)
{
	ok(workspace_wish(cx, db, id, 0, STATUS_PENDING, NULL));
	be_looked_at();
	ck_assert_int_eq(get(id).desired, STATUS_PENDING);
}

/* Kept, or told that it was too late. */
static void
wants_keep(const char *id)
{
	int64_t until = cx->now_ms + HOUR;
	enum err e = workspace_keep(cx, db, id, 0, until, NULL);

	be_looked_at();
	if (e) {
		ck_assert_int_eq(e, ERR_STATE);
		cx_clear(cx);
		ck_assert_int_eq(get(id).desired, STATUS_STANDBY);
		return;
	}
	ck_assert_int_eq(get(id).desired, STATUS_RUNNING);
	ck_assert_int_eq(get(id).keep_until_ms, until);
}

static void
wants_no_ttl(const char *id)
{
	struct ws_patch p = {.standby_ttl_s = 0, .archive_ttl_s = -1};
	struct workspace now;

	ok(workspace_patch(cx, db, id, 0, &p, &now));
	be_looked_at();
	ck_assert_int_eq(get(id).desired, now.desired);
	ck_assert_int_eq(get(id).standby_ttl_s, 0);
}

static void (*const wishes[])(const char *id) = {wants_running, wants_archive,
						 wants_keep, wants_no_ttl};

START_TEST(no_wish_is_lost)
{
	struct workspace w = ws_at(STATUS_RUNNING);
	int status;
	pid_t pid;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(sh != MAP_FAILED);
	pid = restless_pass(w.id);
	for (int i = 0; i < WISHES; i++) {
		cx_tick(cx);
		make_due(w.id);
		some_moment();
		wishes[i % 4](w.id);
	}
	sh->stop = true;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	printf("of %d wishes %lu came after the rule's\n", WISHES,
	       (unsigned long)sh->won);
	/* Both orders were there, or nothing was tried. */
	ck_assert_uint_gt(sh->won, 0);
	ck_assert_uint_lt(sh->won, WISHES);
	munmap(sh, sizeof(*sh));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {no_wish_is_lost, NULL};

	return world_suite("reconcile_ttl_race", tests);
}
