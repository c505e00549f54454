/* Opening, versions, damage, transactions, faults, the queue, the bell. */
#include "support/storefix.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs.h"
#include "store/change.h"
#include "store/meta.h"
#include "store/migrate.h"
#include "store/queue.h"
#include "store/setting.h"

static const char *
path_of(const char *suffix)
{
	return arena_printf(&cx->arena, "%s%s", t.site.db_path, suffix);
}

static void
reopen(enum db_mode mode)
{
	db_close(db);
	db = NULL;
	ok(db_open(cx, mode, &db));
}

static void
write_file(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	close(fd);
}

/* sha256 of a file, to see that it was left alone. */
static const char *
print_of(const char *path)
{
	char *hash = arena_alloc(&cx->arena, ID_HASH_LEN + 1);
	struct buf b;

	buf_init(&b, 1 << 24);
	ok(fs_read(cx, path, &b));
	id_hash(buf_str(&b), b.len, hash);
	buf_free(&b);
	return hash;
}

static int64_t
pragma(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t v;

	ck_assert_int_eq(sqlite3_prepare_v2(db->sq, sql, -1, &st, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

START_TEST(opens_as_it_should)
{
	struct stat st;

	ck_assert_str_eq(db_journal(db), "wal");
	ck_assert_int_eq(db_version(db), migrate_plan.newest);
	ck_assert_int_eq(pragma("PRAGMA synchronous"), 2);
	ck_assert_int_eq(pragma("PRAGMA foreign_keys"), 1);
	ck_assert_int_eq(pragma("PRAGMA trusted_schema"), 0);
	ck_assert_int_eq(pragma("PRAGMA cell_size_check"), 1);
	ck_assert_int_eq(pragma("PRAGMA query_only"), 0);
	ck_assert_int_eq(stat(t.site.db_path, &st), 0);
	ck_assert_int_eq(st.st_mode & 077, 0);
	reopen(DB_READ);
	ck_assert_int_eq(pragma("PRAGMA query_only"), 1);
	ck_assert_int_ne(raw_rc("DELETE FROM user"), SQLITE_OK);
}
END_TEST

START_TEST(absent_is_said)
{
	struct db *other = NULL;

	db_close(db);
	db = NULL;
	unlink(t.site.db_path);
	fails(ERR_CONFIG, db_open(cx, DB_WRITE, &other));
	fails(ERR_CONFIG, db_open(cx, DB_READ, &other));
	ck_assert_ptr_null(other);
	ck_assert(access(t.site.db_path, F_OK) != 0);
}
END_TEST

START_TEST(newer_is_refused_and_untouched)
{
	const char *before;
	struct db *other = NULL;
	enum db_mode m;

	raw("PRAGMA user_version = 99");
	db_close(db);
	db = NULL;
	before = print_of(t.site.db_path);
	for (m = DB_READ; m <= DB_CREATE; m++)
		fails(ERR_VERSION, db_open(cx, m, &other));
	ck_assert_ptr_null(other);
	ck_assert_str_eq(print_of(t.site.db_path), before);
}
END_TEST

START_TEST(damage_is_said_with_a_remedy)
{
	static const char *const others[] = {
		"this is no database, whatever its name says, at all "
		"..........",
		"SQLite format 3",
	};
	struct db *other = NULL;
	size_t i;

	db_close(db);
	db = NULL;
	for (i = 0; i < 2; i++) {
		char page[4096] = {0};

		memcpy(page, others[i], strlen(others[i]));
		write_file(t.site.db_path, page, sizeof(page));
		ck_assert_int_eq(db_open(cx, DB_CREATE, &other), ERR_CORRUPT);
		ck_assert_ptr_nonnull(strstr(cx->why, "roostctl restore"));
		cx_clear(cx);
	}
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(one_that_is_lost_is_not_made_anew)
{
	struct db *other = NULL;
	enum db_mode m;
	struct stat st;
	int empty;

	db_close(db);
	db = NULL;
	unlink(t.site.db_path);
	for (empty = 0; empty < 2; empty++) {
		if (empty)
			write_file(t.site.db_path, "", 0);
		for (m = DB_READ; m < DB_CREATE; m++) {
			ck_assert_int_eq(db_open(cx, m, &other), ERR_CONFIG);
			ck_assert_ptr_nonnull(
				strstr(cx->why, "roostctl restore"));
		}
		ck_assert_int_eq(!stat(t.site.db_path, &st), empty);
	}
	ck_assert_int_eq(st.st_size, 0);
	ok(db_open(cx, DB_CREATE, &other));
	db_close(other);
}
END_TEST

START_TEST(another_programs_database_is_refused)
{
	struct db *other = NULL;

	db_close(db);
	db = NULL;
	unlink(t.site.db_path);
	{
		sqlite3 *sq = NULL;

		sqlite3_open(t.site.db_path, &sq);
		sqlite3_exec(sq, "CREATE TABLE x (y)", NULL, NULL, NULL);
		sqlite3_close(sq);
	}
	fails(ERR_CORRUPT, db_open(cx, DB_CREATE, &other));
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(check_finds_damage_inside)
{
	char page[512];
	struct stat st;
	off_t at;
	int fd, i;

	for (i = 0; i < 400; i++)
		new_ws(ann, "a workspace of some length", STATUS_STANDBY);
	ok(db_check(cx, db));
	db_close(db);
	db = NULL;
	fd = open(t.site.db_path, O_RDWR);
	memset(page, 0xa5, sizeof(page));
	ck_assert_int_eq(fstat(fd, &st), 0);
	/* Rows stand behind the schema: the second half of the file. */
	for (at = st.st_size / 8192 * 4096; at < st.st_size; at += 4096)
		ck_assert_int_eq(pwrite(fd, page, sizeof(page), at + 100),
				 (ssize_t)sizeof(page));
	close(fd);
	ok(db_open(cx, DB_WRITE, &db));
	fails(ERR_CORRUPT, db_check(cx, db));
}
END_TEST

START_TEST(check_finds_broken_references)
{
	raw("PRAGMA foreign_keys = OFF; INSERT INTO session VALUES "
	    "('h', 99, 'c', '', '', 1, 1, 1); PRAGMA foreign_keys = ON");
	fails(ERR_CORRUPT, db_check(cx, db));
}
END_TEST

static void
made_by(int many)
{
	int i, status;

	unlink(t.site.db_path);
	for (i = 0; i < many; i++)
		if (!fork()) {
			enum err e = db_open(cx, DB_CREATE, &db);

			if (e)
				fprintf(stderr, "%s: %s\n", err_name(e),
					cx->why);
			_exit(e != OK);
		}
	for (i = 0; i < many; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
}

START_TEST(made_by_many_at_once)
{
	int i;

	for (i = 0; i < 20; i++) {
		db_close(db);
		db = NULL;
		made_by(6);
		ok(db_open(cx, DB_WRITE, &db));
		ok(db_check(cx, db));
		ck_assert_str_eq(db_journal(db), "wal");
	}
}
END_TEST

/* ---- Transactions ---- */

START_TEST(rollback_undoes_and_commit_keeps)
{
	struct users us;

	ok(db_begin(cx, db));
	new_user("bob");
	db_rollback(db);
	db_rollback(db);
	ok(user_list(cx, db, &us));
	ck_assert_uint_eq(us.n, 1);
	ok(db_begin(cx, db));
	new_user("bob");
	ok(db_commit(cx, db));
	reopen(DB_WRITE);
	ok(user_list(cx, db, &us));
	ck_assert_uint_eq(us.n, 2);
}
END_TEST

START_TEST(a_failed_statement_leaves_the_rest)
{
	struct users us;

	ok(db_begin(cx, db));
	new_user("bob");
	fails(ERR_EXISTS, user_add(cx, db, "ANN", "$y$", ROLE_USER, NULL));
	ok(db_commit(cx, db));
	ok(user_list(cx, db, &us));
	ck_assert_uint_eq(us.n, 2);
}
END_TEST

START_TEST(a_snapshot_sees_one_moment)
{
	struct db *reader = NULL;
	struct users us;

	ok(db_open(cx, DB_READ, &reader));
	ok(db_snapshot(cx, reader));
	ok(user_list(cx, reader, &us));
	ck_assert_uint_eq(us.n, 1);
	new_user("bob");
	ok(user_list(cx, reader, &us));
	ck_assert_uint_eq(us.n, 1);
	db_rollback(reader);
	ok(user_list(cx, reader, &us));
	ck_assert_uint_eq(us.n, 2);
	db_close(reader);
}
END_TEST

#ifndef ROOST_NO_FAULTS
START_TEST(faults_at_the_commit)
{
	int64_t v = 0;
	enum err e;

	fault_arm(1);
	e = meta_set(cx, db, META_LAST_GC_MS, 7);
	ck_assert(fault_fired());
	fault_arm(0);
	ck_assert_int_eq(e, ERR_IO);
	ok(meta_get(cx, db, META_LAST_GC_MS, &v));
	ck_assert_int_eq(v, 0);

	fault_arm(2);
	e = meta_set(cx, db, META_LAST_GC_MS, 8);
	ck_assert(fault_fired());
	fault_arm(0);
	ck_assert_int_eq(e, ERR_IO);
	ok(meta_get(cx, db, META_LAST_GC_MS, &v));
	ck_assert_int_eq(v, 8);
	/* Neither holds up the next one. */
	ok(meta_set(cx, db, META_LAST_GC_MS, 9));
}
END_TEST
#endif

START_TEST(a_full_disk_loses_nothing)
{
	struct workspace w = new_ws(ann, "a", STATUS_RUNNING);
	char *memo = arena_alloc(&cx->arena, 1 << 20);
	struct ws_patch p = {.memo = memo,
			     .standby_ttl_s = -1,
			     .archive_ttl_s = -1};

	memset(memo, 'x', (1 << 20) - 1);
	raw(arena_printf(&cx->arena, "PRAGMA max_page_count = %d",
			 (int)pragma("PRAGMA page_count") + 4));
	fails(ERR_NO_SPACE, workspace_patch(cx, db, w.id, 0, &p, NULL));
	ok(db_begin(cx, db));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	fails(ERR_NO_SPACE, workspace_patch(cx, db, w.id, 0, &p, NULL));
	/* SQLite may have rolled back by itself: then the commit says so. */
	if (db_commit(cx, db))
		cx_clear(cx);
	else
		ck_assert_int_eq(get(w.id).desired, STATUS_STANDBY);
	ck_assert_str_eq(get(w.id).memo, "");
	raw("PRAGMA max_page_count = 1000000");
	ok(workspace_patch(cx, db, w.id, 0, &p, NULL));
	ok(db_check(cx, db));
}
END_TEST

/* ---- The queue ---- */

START_TEST(a_held_queue_is_busy_not_forever)
{
	int fd = -1;

	ok(queue_enter(cx, path_of("-queue"), &fd));
	fails(ERR_BUSY, meta_set(cx, db, META_LAST_GC_MS, 1));
	queue_leave(&fd);
	ok(meta_set(cx, db, META_LAST_GC_MS, 1));
}
END_TEST

/* Each adds to a counter by reading and writing: a lost update would show. */
static int
count_up(int times, bool far)
{
	int64_t v = 0;
	enum err e = db_open_at(cx, DB_WRITE, far, &db);

	while (!e && times--) {
		if ((e = db_begin(cx, db)))
			break;
		if (!(e = meta_get(cx, db, META_LAST_GC_MS, &v)))
			e = meta_set(cx, db, META_LAST_GC_MS, v + 1);
		if (!e)
			e = db_commit(cx, db);
		else
			db_rollback(db);
	}
	if (e)
		fprintf(stderr, "%s: %s\n", err_name(e), cx->why);
	return e != OK;
}

START_TEST(writers_queue_up)
{
	enum { WRITERS = 6, TIMES = 40 };
	int64_t v = 0;
	int i, status;

	db_close(db);
	db = NULL;
	for (i = 0; i < WRITERS; i++)
		if (!fork())
			_exit(count_up(TIMES, false));
	for (i = 0; i < WRITERS; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	ok(db_open(cx, DB_WRITE, &db));
	ok(meta_get(cx, db, META_LAST_GC_MS, &v));
	ck_assert_int_eq(v, WRITERS * TIMES);
}
END_TEST

/* Commits for ever, and says each one that was acknowledged. */
static void
write_until_killed(int to, int64_t from)
{
	if (db_open(cx, DB_WRITE, &db))
		_exit(1);
	for (;; from++)
		if (meta_set(cx, db, META_LAST_GC_MS, from) ||
		    write(to, &from, sizeof(from)) != sizeof(from))
			_exit(1);
}

/* Whatever was acknowledged is there, and nobody is held up by the dead. */
START_TEST(a_killed_writer)
{
	int64_t acked = 0, got, v = 0;
	int i, status, p[2];

	db_close(db);
	db = NULL;
	for (i = 0; i < 20; i++) {
		pid_t pid;

		ck_assert_int_eq(pipe(p), 0);
		pid = fork();
		if (!pid)
			write_until_killed(p[1], acked + 1);
		close(p[1]);
		ck_assert_int_eq(read(p[0], &acked, sizeof(acked)),
				 sizeof(acked));
		usleep((useconds_t)i * 700);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		ck_assert(WIFSIGNALED(status));
		while (read(p[0], &got, sizeof(got)) == sizeof(got))
			acked = got;
		close(p[0]);
		ok(db_open(cx, DB_WRITE, &db));
		ok(meta_get(cx, db, META_LAST_GC_MS, &v));
		/* One more may be done of which it could not say so. */
		ck_assert(v == acked || v == acked + 1);
		acked = v;
		ok(meta_set(cx, db, META_LAST_AUDIT_MS, v));
		ok(db_check(cx, db));
		db_close(db);
		db = NULL;
	}
	ok(db_open(cx, DB_WRITE, &db));
}
END_TEST

/* Where WAL cannot be (a network): the same, only slower. */
START_TEST(writers_queue_up_without_wal)
{
	enum { WRITERS = 4, TIMES = 20 };
	struct users us;
	int64_t v = 0;
	int i, status;

	db_close(db);
	db = NULL;
	ok(db_open_at(cx, DB_WRITE, true, &db));
	ck_assert_str_eq(db_journal(db), "delete");
	reopen(DB_READ);
	for (i = 0; i < WRITERS; i++)
		if (!fork())
			_exit(count_up(TIMES, true));
	for (i = 0; i < 50; i++)
		ok(user_list(cx, db, &us));
	for (i = 0; i < WRITERS; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	ok(meta_get(cx, db, META_LAST_GC_MS, &v));
	ck_assert_int_eq(v, WRITERS * TIMES);
	reopen(DB_READ);
	ck_assert_str_eq(db_journal(db), "delete");
}
END_TEST

/* ---- The bell ---- */

static bool
rang(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char ev[4096];
	bool yes = poll(&p, 1, 0) == 1;

	while (yes && poll(&p, 1, 0) == 1)
		ck_assert_int_gt(read(fd, ev, sizeof(ev)), 0);
	return yes;
}

START_TEST(the_bell_rings_when_a_workspace_changed)
{
	struct workspace w;
	int fd = inotify_init1(IN_CLOEXEC);

	db_ring(cx); /* makes the file */
	ck_assert_int_ge(inotify_add_watch(fd, db_bell_path(cx), IN_ATTRIB), 0);
	ck_assert(!rang(fd));
	w = new_ws(ann, "a", STATUS_RUNNING);
	ck_assert(rang(fd));
	new_user("bob");
	ok(setting_put(cx, db, SETTING_KEEP_ARCHIVES, 4));
	ck_assert(!rang(fd));
	ok(db_begin(cx, db));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	ck_assert(!rang(fd));
	db_rollback(db);
	ck_assert(!rang(fd));
	ok(workspace_wish(cx, db, w.id, 0, STATUS_STANDBY, NULL));
	ck_assert(rang(fd));
	close(fd);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		opens_as_it_should,
		absent_is_said,
		newer_is_refused_and_untouched,
		damage_is_said_with_a_remedy,
		one_that_is_lost_is_not_made_anew,
		another_programs_database_is_refused,
		check_finds_damage_inside,
		check_finds_broken_references,
		made_by_many_at_once,
		rollback_undoes_and_commit_keeps,
		a_failed_statement_leaves_the_rest,
		a_snapshot_sees_one_moment,
#ifndef ROOST_NO_FAULTS
		faults_at_the_commit,
#endif
		a_full_disk_loses_nothing,
		a_held_queue_is_busy_not_forever,
		writers_queue_up,
		a_killed_writer,
		writers_queue_up_without_wal,
		the_bell_rings_when_a_workspace_changed,
		NULL,
	};

	return run_suite("store_db", tests);
}
