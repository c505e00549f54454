#include "store/sql.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const struct {
	const char *name, *text;
	enum sql_access access;
	enum sql_scan scan;
} statements[SQL__MAX] = {
#define X(name, access, scan, text) [name] = {#name, text, access, scan},
#include "store/sql.def"
#undef X
};

const char *
sql_name(enum sql q)
{
	return statements[q].name;
}

const char *
sql_text(enum sql q)
{
	return statements[q].text;
}

enum sql_access
sql_access(enum sql q)
{
	return statements[q].access;
}

enum sql_scan
sql_scan(enum sql q)
{
	return statements[q].scan;
}

static bool
disk_full(struct db *db, int rc)
{
	int errnum = sqlite3_system_errno(db->sq);

	if ((rc & 0xff) == SQLITE_FULL)
		return true;
	return ((rc & 0xff) == SQLITE_IOERR ||
		(rc & 0xff) == SQLITE_CANTOPEN) &&
	       (errnum == ENOSPC || errnum == EDQUOT);
}

static enum err
err_of(struct db *db, int rc)
{
	if (disk_full(db, rc))
		return ERR_NO_SPACE;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE ||
				       rc == SQLITE_CONSTRAINT_PRIMARYKEY
			       ? ERR_EXISTS
			       : ERR_INTERNAL;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return ERR_IO;
	default:
		return ERR_INTERNAL;
	}
}

enum err
sql_fail(struct cx *cx, struct db *db, int rc, const char *what)
{
	enum err e = err_of(db, rc);
	const char *said = db->sq ? sqlite3_errmsg(db->sq) : "no memory";

	if (e == ERR_CORRUPT)
		return cx_fail(cx, e,
			       "%s: %s (%s). Stop the site and bring back the "
			       "last backup with `roostctl restore`",
			       db->path, said, what);
	if (e == ERR_NO_SPACE)
		return cx_fail(cx, e,
			       "%s: the disk is full (%s); nothing was changed",
			       db->path, what);
	return cx_fail(cx, e, "%s: %s: %s%s", db->path, what, said,
		       e == ERR_IO ? "; is its directory there and writable, "
				     "and its disk sound?"
				   : "");
}

static enum err
prepare(struct cx *cx, struct db *db, enum sql q, sqlite3_stmt **out)
{
	int rc;

	if (!db->st[q]) {
		rc = sqlite3_prepare_v3(db->sq, sql_text(q), -1,
					SQLITE_PREPARE_PERSISTENT, &db->st[q],
					NULL);
		if (rc != SQLITE_OK)
			return sql_fail(cx, db, rc, sql_name(q));
	}
	*out = db->st[q];
	return OK;
}

/* Values stay the caller's for as long as the statement runs: no copies. */
static void
bind(sqlite3_stmt *st, const struct arg *a)
{
	int rc = SQLITE_OK, i;

	for (i = 1; a->type != ARG_END; i++, a++) {
		if (a->type == ARG_INT)
			rc |= sqlite3_bind_int64(st, i, a->i);
		else if (a->t)
			rc |= sqlite3_bind_text(st, i, a->t, -1, SQLITE_STATIC);
		else
			rc |= sqlite3_bind_null(st, i);
	}
	assert(rc == SQLITE_OK);
	assert(sqlite3_bind_parameter_count(st) == i - 1);
}

/* The rows of one statement on their way into memory. */
struct rows {
	row_fn *read;
	char *v;
	size_t size, n, cap, most;
};

static enum err
take_row(struct cx *cx, struct db *db, struct rows *rs, struct row *r)
{
	char *grown;

	if (rs->n == rs->cap) {
		rs->cap = rs->cap ? rs->cap * 2 : 1;
		grown = arena_array(&cx->arena, rs->cap, rs->size);
		if (rs->n)
			memcpy(grown, rs->v, rs->n * rs->size);
		rs->v = grown;
	}
	r->col = 0;
	rs->read(r, rs->v + rs->n++ * rs->size);
	if (r->bad)
		return cx_fail(cx, ERR_CORRUPT,
			       "%s: a row holds a word that no table knows "
			       "(%s)",
			       db->path, sqlite3_sql(r->st));
	return OK;
}

/* Runs q to its end: a RETURNING statement has then done all its work. */
static enum err
steps(struct cx *cx, struct db *db, enum sql q, struct rows *rs,
      const struct arg *args)
{
	struct row r = {.cx = cx};
	enum err e;
	int rc;

	if ((e = prepare(cx, db, q, &r.st)))
		return e;
	bind(r.st, args);
	while ((rc = sqlite3_step(r.st)) == SQLITE_ROW)
		if (!e && rs && rs->n < rs->most)
			e = take_row(cx, db, rs, &r);
	if (rc != SQLITE_DONE)
		e = sql_fail(cx, db, rc, sql_name(q));
	sqlite3_reset(r.st);
	sqlite3_clear_bindings(r.st);
	return e;
}

static enum err
run(struct cx *cx, struct db *db, enum sql q, struct rows *rs,
    const struct arg *args, int64_t *changed)
{
	bool own = false;
	enum err e;

	if (sql_access(q) == RO)
		return steps(cx, db, q, rs, args);
	if ((e = tx_enter(cx, db, &own)))
		return e;
	e = steps(cx, db, q, rs, args);
	if (!e && changed)
		*changed = sqlite3_changes64(db->sq);
	return tx_leave(cx, db, own, e);
}

enum err
sql_run(struct cx *cx, struct db *db, enum sql q, int64_t *changed,
	const struct arg *args)
{
	int64_t n = 0;
	enum err e;

	if ((e = run(cx, db, q, NULL, args, &n)))
		return e;
	if (changed)
		*changed = n;
	return OK;
}

enum err
sql_row(struct cx *cx, struct db *db, enum sql q, row_fn *read, void *out,
	size_t size, const struct arg *args)
{
	struct rows rs = {.read = read, .size = size, .most = 1};
	enum err e;

	if ((e = run(cx, db, q, &rs, args, NULL)))
		return e;
	if (!rs.n)
		return cx_fail(cx, ERR_NOT_FOUND, "no such row: %s",
			       sql_name(q));
	memcpy(out, rs.v, size);
	return OK;
}

static void
int_row(struct row *r, void *out)
{
	*(int64_t *)out = row_int(r);
}

enum err
sql_int(struct cx *cx, struct db *db, enum sql q, int64_t *out,
	const struct arg *args)
{
	return sql_row(cx, db, q, int_row, out, sizeof(*out), args);
}

enum err
sql_rows(struct cx *cx, struct db *db, enum sql q, row_fn *read, void *v,
	 size_t size, size_t *n, const struct arg *args)
{
	struct rows rs = {.read = read, .size = size, .most = SIZE_MAX};
	enum err e;

	if ((e = run(cx, db, q, &rs, args, NULL)))
		return e;
	memcpy(v, &rs.v, sizeof(rs.v));
	*n = rs.n;
	return OK;
}

int64_t
sql_limit(int64_t limit, int64_t def, int64_t most)
{
	if (limit <= 0)
		return def;
	return limit < most ? limit : most;
}
