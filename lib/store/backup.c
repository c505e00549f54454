#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "store/sql.h"

/* VACUUM INTO does not wait for the disk. */
static enum err
sync_file(struct cx *cx, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e = OK;

	if (fd < 0)
		return cx_errno(cx, errno, "open %s", path);
	if (fchmod(fd, 0600) || fsync(fd))
		e = cx_errno(cx, errno, "sync %s", path);
	close(fd);
	return e;
}

/* A read transaction in itself: writers go on meanwhile. */
static enum err
vacuum_into(struct cx *cx, struct db *db, const char *path)
{
	int rc = sqlite3_prepare_v2(db->sq, sql_text(SQL_VACUUM_INTO), -1,
				    &db->st[SQL_VACUUM_INTO], NULL);
	sqlite3_stmt *st = db->st[SQL_VACUUM_INTO];
	enum err e = OK;

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_DONE)
		e = sql_fail(cx, db, rc, "backup");
	sqlite3_finalize(st);
	db->st[SQL_VACUUM_INTO] = NULL;
	return e;
}

enum err
db_backup(struct cx *cx, struct db *db, const char *to)
{
	const char *part = arena_printf(&cx->arena, "%s.part", to);
	enum err e;

	if (unlink(part) && errno != ENOENT)
		return cx_errno(cx, errno, "remove %s", part);
	if (!(e = vacuum_into(cx, db, part)) && !(e = sync_file(cx, part)))
		e = fs_rename_sync(cx, part, to);
	if (e)
		unlink(part);
	return e;
}

static void
text_row(struct row *r, void *out)
{
	*(const char **)out = row_text(r);
}

enum err
db_check(struct cx *cx, struct db *db)
{
	const char **said = NULL, *table;
	size_t n = 0;
	enum err e;

	if ((e = sql_rows(cx, db, SQL_QUICK_CHECK, text_row, &said,
			  sizeof(*said), &n, ARGS())))
		return e;
	if (n != 1 || !said[0] || strcmp(said[0], "ok"))
		return cx_fail(cx, ERR_CORRUPT,
			       "%s is damaged: %s. Stop the site and bring "
			       "back the last backup with `roostctl restore`",
			       db->path, n && said[0] ? said[0] : "no answer");
	e = sql_row(cx, db, SQL_FK_CHECK, text_row, &table, sizeof(table),
		    ARGS());
	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		return OK;
	}
	return e ? e
		 : cx_fail(cx, ERR_CORRUPT,
			   "%s: a row of %s points to one that is not there",
			   db->path, table);
}
