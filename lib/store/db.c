#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/fs.h"
#include "store/migrate.h"
#include "store/queue.h"
#include "store/sql.h"

/* For what the queue does not order: checkpoints, a person's sqlite3. */
#define BUSY_MS 5000

static const char pragmas[] = "PRAGMA foreign_keys = ON;"
			      "PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA mmap_size = 0;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA cache_size = -8000;"
			      "PRAGMA journal_size_limit = 67108864;";

static enum err
exec(struct cx *cx, struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sq, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : sql_fail(cx, db, rc, "set up");
}

static void
on_update(void *arg, int op, const char *schema, const char *table,
	  sqlite3_int64 rowid)
{
	struct db *db = arg;

	(void)op, (void)schema, (void)rowid;
	if (!db->ring && !strcmp(table, "workspace"))
		db->ring = true;
}

/* SQLite would make the file readable for everybody. */
static enum err
make_file(struct cx *cx, struct db *db)
{
	int fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return cx_errno(cx, errno, "database %s", db->path);
	close(fd);
	return OK;
}

static enum err
look_for(struct cx *cx, struct db *db)
{
	struct stat st;
	bool there = !stat(db->path, &st);

	if (there ? st.st_size || db->mode == DB_CREATE : errno != ENOENT)
		return OK;
	return cx_fail(cx, ERR_CONFIG,
		       "%s %s: bring the last backup back with `roostctl "
		       "restore`, or begin anew with `roostctl init`",
		       there ? "there is nothing in the database"
			     : "there is no database",
		       db->path);
}

/* Without statistics of its memory SQLite takes no lock of the whole process
 * for each allocation. */
static void
without_statistics(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum err
open_file(struct cx *cx, struct db *db)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_EXRESCODE;
	enum err e;
	int rc;

	if (db->mode == DB_CREATE && (e = make_file(cx, db)))
		return e;
	if ((e = look_for(cx, db)))
		return e;
	pthread_once(&once, without_statistics);
	rc = sqlite3_open_v2(db->path, &db->sq, flags, NULL);
	if (rc != SQLITE_OK)
		return sql_fail(cx, db, rc, "open");
	sqlite3_busy_timeout(db->sq, BUSY_MS);
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_update_hook(db->sq, on_update, db);
	return OK;
}

static void
journal_row(struct row *r, void *out)
{
	struct {
		char mode[16];
	} *j = out;

	snprintf(j->mode, sizeof(j->mode), "%s", row_word(r));
}

static enum err
ask_journal(struct cx *cx, struct db *db, enum sql q)
{
	return sql_row(cx, db, q, journal_row, db->journal, sizeof(db->journal),
		       ARGS());
}

/* WAL needs shared memory between all processes: not over a network. Changed
 * once in a database's life, when nobody writes. */
static enum err
set_journal(struct cx *cx, struct db *db)
{
	int queue = -1;
	enum err e;

	if ((e = ask_journal(cx, db, SQL_JOURNAL)))
		return e;
	if (db->mode == DB_READ ||
	    !strcmp(db->journal, db->far ? "delete" : "wal"))
		return OK;
	if ((e = queue_enter(cx, db->queue_path, &queue)))
		return e;
	e = ask_journal(cx, db, db->far ? SQL_JOURNAL_DELETE : SQL_JOURNAL_WAL);
	queue_leave(&queue);
	return e;
}

static enum err
set_up(struct cx *cx, struct db *db)
{
	bool todo = false;
	enum err e;

	/* Looked at before anything is set: a newer one stays untouched. */
	if ((e = open_file(cx, db)) ||
	    (e = migrate_look(cx, db, &migrate_plan, db->mode >= DB_UPGRADE,
			      &todo)) ||
	    (e = exec(cx, db, pragmas)) || (e = set_journal(cx, db)))
		return e;
	if (todo && (e = migrate_run(cx, db, &migrate_plan)))
		return e;
	if (db->mode == DB_READ)
		return exec(cx, db, "PRAGMA query_only = ON");
	return OK;
}

static char *
path_with(const char *path, const char *suffix)
{
	char *s = NULL;

	if (asprintf(&s, "%s%s", path, suffix) < 0)
		abort();
	return s;
}

enum err
db_open_at(struct cx *cx, enum db_mode mode, bool far, struct db **out)
{
	struct db *db = calloc(1, sizeof(*db));
	enum err e;

	if (!db)
		abort();
	db->mode = mode;
	db->far = far;
	db->queue = -1;
	db->path = path_with(cx->site->db_path, "");
	db->queue_path = path_with(cx->site->db_path, "-queue");
	if ((e = set_up(cx, db))) {
		db_close(db);
		return e;
	}
	*out = db;
	return OK;
}

static const char *
parent_of(struct cx *cx, const char *path)
{
	char *dir = arena_strdup(&cx->arena, path), *slash = strrchr(dir, '/');

	if (!slash || slash == dir)
		return "/";
	*slash = 0;
	return dir;
}

enum err
db_open(struct cx *cx, enum db_mode mode, struct db **out)
{
	/* Of the directory: the file may not be there yet. */
	return db_open_at(cx, mode,
			  fs_is_network(parent_of(cx, cx->site->db_path)), out);
}

void
db_close(struct db *db)
{
	size_t i;

	if (!db)
		return;
	db_rollback(db);
	for (i = 0; i < SQL__MAX; i++)
		sqlite3_finalize(db->st[i]);
	sqlite3_close(db->sq);
	free(db->path);
	free(db->queue_path);
	free(db);
}

const char *
db_journal(struct db *db)
{
	return db->journal;
}

int64_t
db_version(struct db *db)
{
	struct cx cx = {.now_ms = 0};
	int64_t v = 0;

	if (sql_int(&cx, db, SQL_VERSION, &v, ARGS()))
		v = 0;
	cx_end(&cx);
	return v;
}
