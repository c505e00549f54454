/*
 * Many at once on one database, each a process of its own: people who change
 * their minds, passes with their workers (of which some die), TTL rules. No
 * intent that was acknowledged is lost, no limit is passed at any moment, one
 * operation at a time for each workspace, and nobody is told that the
 * database is busy, unless the machine is so slow that a write takes longer
 * than TURN_MS: who waits in vain for five seconds is told so.
 *
 * ROOST_DEEDS=N: intents in all (1500). ROOST_SEED repeats the dice.
 */
#include "support/servicefix.h"

#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/lock.h"
#include "rules/plan.h"
#include "store/operation.h"

#define HANDLERS 6
#define PASSES 3
#define PEOPLE 5
#define EACH 8
#define MANY (PEOPLE * EACH)
#define LIMIT 3
#define LIMIT_ALL 11
#define TURN_MS 30

/* Seen by all processes. */
static struct shared {
	volatile bool over;
	long acked, refused, late, busy, ops, died, wishes, looks;
	char wrong[400]; /* the first that was */
	volatile int lock;
	struct mark {
		int64_t rev; /* the newest intent that was acknowledged */
		enum status desired;
		bool deleted;
	} marks[MANY];
} * all;

static struct {
	char id[37];
	struct who who;
} zoo[MANY];
static uint32_t seed;

static uint32_t
dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static void
shut(void)
{
	while (__sync_lock_test_and_set(&all->lock, 1))
		sched_yield();
}

static void
unshut(void)
{
	__sync_lock_release(&all->lock);
}

static void
count(long *what)
{
	__sync_fetch_and_add(what, 1);
}

static void __attribute__((format(printf, 1, 2))) wrong(const char *fmt, ...)
{
	va_list ap;

	shut();
	va_start(ap, fmt);
	if (!all->wrong[0])
		vsnprintf(all->wrong, sizeof(all->wrong), fmt, ap);
	va_end(ap);
	unshut();
}

static void
acknowledged(size_t i, int64_t rev, enum status desired, bool deleted)
{
	struct mark *m = &all->marks[i];

	shut();
	if (rev > m->rev)
		*m = (struct mark){rev, desired, deleted};
	unshut();
	count(&all->acked);
}

/* ---- People ---- */

static const struct {
	const char *name;
	enum err (*call)(struct cx *, struct db *, const struct who *,
			 const char *, int64_t, struct workspace *);
} verbs[] = {
	{"start", wish_start},	     {"start", wish_start},
	{"start", wish_start},	     {"stop", wish_stop},
	{"archive", wish_archive},   {"restore", wish_restore},
	{"delete", wish_delete},     {"undelete", wish_undelete},
	{"undelete", wish_undelete},
};

static void
deed(void)
{
	size_t i = dice(MANY), v = dice(sizeof(verbs) / sizeof(*verbs));
	struct workspace w = {0};
	enum err e;

	cx_tick(cx);
	e = verbs[v].call(cx, db, &zoo[i].who, zoo[i].id, 0, &w);
	if (!e)
		acknowledged(i, w.rev, w.desired, w.deleted_ms != 0);
	else if (e == ERR_STATE || e == ERR_WS_NOT_FOUND ||
		 e == ERR_RUNNING_LIMIT)
		count(&all->refused);
	else if (e == ERR_BUSY)
		count(&all->busy);
	else
		wrong("%s: %s: %s", verbs[v].name, err_name(e), cx->why);
}

static void
person(long deeds)
{
	while (deeds-- > 0 && !all->wrong[0]) {
		deed();
		cx_end(cx);
		cx_begin(cx, &t.site);
	}
}

/* As a TTL rule: what was read decides, unless it has changed. */
static void
ttl(void)
{
	size_t i = dice(MANY);
	struct workspace w;
	enum status s = dice(2) ? STATUS_STANDBY : STATUS_PENDING;
	enum err e;

	cx_tick(cx);
	if (!(e = workspace_get(cx, db, zoo[i].id, &w)) && !w.deleted_ms) {
		sched_yield();
		e = workspace_ttl_wish(cx, db, w.id, w.rev, s);
		if (!e) {
			acknowledged(i, w.rev + 1, s, false);
			count(&all->wishes);
		}
	}
	if (e == ERR_CONFLICT || e == ERR_WS_NOT_FOUND)
		count(&all->late);
	else if (e == ERR_BUSY)
		count(&all->busy);
	else if (e)
		wrong("ttl: %s: %s", err_name(e), cx->why);
}

/* ---- Passes: the world is what their operations say ---- */

static enum status
target_of(enum operation op)
{
	switch ((int)op) {
	case OPERATION_STARTING:
		return STATUS_RUNNING;
	case OPERATION_ARCHIVING:
		return STATUS_PENDING;
	case OPERATION_DELETING:
		return STATUS_DELETED;
	default:
		return STATUS_STANDBY;
	}
}

static enum err
finish(const struct workspace *w)
{
	struct ws_outcome o = {.status = target_of(w->operation),
			       .error = WS_ERROR_CLEAR};
	const char *key = arena_printf(&cx->arena, "%s/%s", w->id, w->op_id);
	struct workspace now;
	enum err e;

	if ((e = op_watch(cx, db, w->id, w->op_id, &now)))
		return e;
	if (plan_abandons(&now)) {
		o.status = now.status;
		return op_end(cx, db, w->id, w->op_id, RESULT_ABANDONED, 0, &o,
			      &now);
	}
	if (w->operation == OPERATION_ARCHIVING &&
	    (e = op_archived(cx, db, w->id, w->op_id, key)))
		return e;
	if (w->operation == OPERATION_DELETING &&
	    (e = op_trash(cx, db, w->id, w->op_id, key, cx->now_ms + 3600000)))
		return e;
	o.set_trash = o.status == STATUS_STANDBY; /* it is out of there */
	if (o.status == STATUS_RUNNING) {
		o.set_instance = true;
		o.endpoint = "unix:/x";
		o.boot_id = "boot";
	}
	return op_end(cx, db, w->id, w->op_id, RESULT_OK, 1, &o, &now);
}

/* Under the workspace's lock, as long as it lives. */
static enum err
work(const struct workspace *w)
{
	if (!dice(6)) {
		count(&all->died);
		return OK;
	}
	clock_sleep_ms(dice(4));
	return finish(w);
}

static enum err
take(struct workspace w)
{
	const char *path = site_run_path(cx, w.id, ".lock");
	char op_id[ID_UUID_LEN + 1];
	enum operation op;
	enum err e;
	int fd;

	if ((e = lock_take(cx, path, &fd)))
		return e == ERR_BUSY ? OK : e;
	/* Whoever had it may just have ended: the row is read again. */
	if (!(e = workspace_get(cx, db, w.id, &w)) &&
	    w.operation == OPERATION_NONE &&
	    (op = plan(&w, w.status)) != OPERATION_NONE) {
		id_uuid(op_id);
		e = op_begin(cx, db, w.id, w.rev, w.status, op, op_id, &w);
		if (!e)
			count(&all->ops);
	}
	if (!e && w.operation != OPERATION_NONE)
		e = work(&w);
	lock_remove(path, fd);
	return e;
}

static void
pass(void)
{
	struct workspaces ws;
	enum err e = workspace_work(cx, db, &ws);

	for (size_t i = 0; !e && i < ws.n; i++) {
		cx_tick(cx);
		e = take(ws.v[dice((uint32_t)ws.n)]);
		if (e == ERR_BUSY)
			count(&all->busy);
		if (e == ERR_CONFLICT || e == ERR_BUSY)
			e = OK;
	}
	if (e)
		wrong("pass: %s: %s", err_name(e), cx->why);
}

/* ---- Who looks ---- */

static void
none(const char *what, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db->sq, sql, -1, &st, NULL) != SQLITE_OK)
		wrong("%s: %s", what, sqlite3_errmsg(db->sq));
	else if (sqlite3_step(st) == SQLITE_ROW)
		wrong("%s: %s", what, sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
}

#define COUNTS                                                                 \
	"(status = 'RUNNING' OR operation = 'STARTING' OR (deleted_ms = 0 "    \
	"AND desired = 'RUNNING'))"
#define TEXT_OF(n) #n
#define MORE_THAN(n) " HAVING count(*) > " TEXT_OF(n)

static void
look(void)
{
	none("over the limit of one",
	     "SELECT owner_id || ' has ' || count(*) FROM workspace "
	     "WHERE " COUNTS " GROUP BY owner_id" MORE_THAN(LIMIT));
	none("over the limit of all",
	     "SELECT count(*) FROM workspace WHERE " COUNTS MORE_THAN(
		     LIMIT_ALL));
	none("two operations at once",
	     "SELECT workspace_n FROM operation WHERE result = 'running'"
	     " GROUP BY workspace_n" MORE_THAN(1));
	none("an operation that the row does not know",
	     "SELECT o.op_id FROM operation o JOIN workspace w ON"
	     " w.n = o.workspace_n WHERE o.result = 'running' AND"
	     " (w.op_id <> o.op_id OR w.operation <> o.operation)");
	count(&all->looks);
	clock_sleep_ms(2);
}

/* ---- All of them ---- */

static void
until_over(void (*what)(void))
{
	while (!all->over && !all->wrong[0]) {
		what();
		cx_end(cx);
		cx_begin(cx, &t.site);
	}
}

static pid_t
let_loose(uint32_t number, void (*what)(void), long deeds)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	seed += number * 7919;
	if (db_open(cx, what == look ? DB_READ : DB_WRITE, &db))
		wrong("open: %s", cx->why);
	else if (what)
		until_over(what);
	else
		person(deeds);
	db_close(db);
	_exit(0);
}

static void
open_zoo(void)
{
	/* the arena goes after each deed */
	static const char *const names[PEOPLE] = {"p0", "p1", "p2", "p3", "p4"};
	struct who people[PEOPLE];
	struct wish_new n = {.name = "w",
			     .standby_ttl_s = 300,
			     .archive_ttl_s = 300};
	struct workspace w;
	bool again;

	ok(setting_put(cx, db, SETTING_MAX_RUNNING_PER_USER, LIMIT));
	ok(setting_put(cx, db, SETTING_MAX_RUNNING_GLOBAL, LIMIT_ALL));
	for (size_t i = 0; i < PEOPLE; i++)
		people[i] = new_who(names[i], ROLE_USER);
	for (size_t i = 0; i < MANY; i++) {
		zoo[i].who = people[i % PEOPLE];
		ok(wish_create(cx, db, &zoo[i].who, &n, &w, &again));
		ok(wish_stop(cx, db, &zoo[i].who, w.id, 0, &w));
		snprintf(zoo[i].id, sizeof(zoo[i].id), "%s", w.id);
		acknowledged(i, w.rev, w.desired, false);
	}
}

/* Every change of the row is in the feed, and the newest intent stands. */
static void
nothing_is_lost(void)
{
	for (size_t i = 0; i < MANY; i++) {
		struct workspace w = get(zoo[i].id);
		const struct mark *m = &all->marks[i];

		ck_assert_msg(w.desired == m->desired &&
				      (w.deleted_ms != 0) == m->deleted,
			      "%s is wanted %s, not %s, since rev %lld", w.id,
			      status_name(w.desired), status_name(m->desired),
			      (long long)m->rev);
	}
	none("changes that the feed has missed",
	     "SELECT id FROM workspace w WHERE rev <> (SELECT count(*)"
	     " FROM change c WHERE c.workspace_n = w.n)");
	none("not whole", "SELECT * FROM pragma_integrity_check"
			  " WHERE integrity_check <> 'ok'");
	none("an operation for ever",
	     "SELECT op_id FROM operation WHERE result = 'running'");
}

static void
come_to_rest(void)
{
	struct workspaces ws;

	for (int i = 0; i < 100; i++) {
		ok(workspace_work(cx, db, &ws));
		if (!ws.n)
			return;
		pass();
	}
	ck_abort_msg("it does not come to rest");
}

static long
number(const char *name, long otherwise)
{
	const char *v = getenv(name);

	return v ? strtol(v, NULL, 10) : otherwise;
}

START_TEST(many)
{
	long deeds = number("ROOST_DEEDS", 1500);
	int64_t began, turn_us;
	pid_t pids[HANDLERS];
	uint32_t n = 0;

	seed = (uint32_t)number("ROOST_SEED", (long)(clock_now_ms() & 0xffff));
	printf("ROOST_SEED=%u\n", seed);
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(all != MAP_FAILED);
	open_zoo();
	db_close(db);
	began = clock_mono_ms();
	for (int i = 0; i < HANDLERS; i++)
		pids[i] = let_loose(n++, NULL, deeds / HANDLERS);
	for (int i = 0; i < PASSES; i++)
		let_loose(n++, pass, 0);
	let_loose(n++, ttl, 0);
	let_loose(n++, look, 0);
	for (int i = 0; i < HANDLERS; i++)
		ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
	all->over = true;
	while (wait(NULL) > 0)
		;
	turn_us = (clock_mono_ms() - began) * 1000 /
		  (all->acked + 2 * all->ops + 1);
	ok(db_open(cx, DB_WRITE, &db));
	ck_assert_msg(!all->wrong[0], "%s", all->wrong);
	come_to_rest();
	nothing_is_lost();
	ck_assert_msg(!all->wrong[0], "%s", all->wrong);
	printf("%ld intents acknowledged (%ld of TTL rules), %ld refused, %ld "
	       "too late, %ld busy; %ld operations, %ld workers died; %ld "
	       "looks; %ld us a write\n",
	       all->acked, all->wishes, all->refused, all->late, all->busy,
	       all->ops, all->died, all->looks, (long)turn_us);
	ck_assert(!all->busy || turn_us > TURN_MS * 1000);
	ck_assert_int_gt(all->acked, deeds / 4);
	ck_assert_int_gt(all->refused, 10);
	ck_assert_int_gt(all->ops, 50);
	ck_assert_int_gt(all->looks, 10);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {many, NULL};

	return suite_run(&(struct suite){"service_many", service_open,
					 fix_close, 3600},
			 tests, suite_count(tests));
}
