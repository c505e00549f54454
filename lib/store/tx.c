#include <assert.h>

#include "base/fault.h"
#include "store/queue.h"
#include "store/sql.h"

static enum err
step(struct cx *cx, struct db *db, enum sql q)
{
	int rc;

	if (!db->st[q]) {
		rc = sqlite3_prepare_v3(db->sq, sql_text(q), -1,
					SQLITE_PREPARE_PERSISTENT, &db->st[q],
					NULL);
		if (rc != SQLITE_OK)
			return sql_fail(cx, db, rc, sql_name(q));
	}
	rc = sqlite3_step(db->st[q]);
	if (rc == SQLITE_DONE) {
		sqlite3_reset(db->st[q]);
		return OK;
	}
	/* The reason first: the reset may change what SQLite remembers. */
	enum err e = sql_fail(cx, db, rc, sql_name(q));
	sqlite3_reset(db->st[q]);
	return e;
}

enum err
db_begin(struct cx *cx, struct db *db)
{
	enum err e;

	assert(db->tx == TX_NONE && db->mode != DB_READ);
	if ((e = queue_enter(cx, db->queue_path, &db->queue)))
		return e;
	if ((e = step(cx, db, SQL_BEGIN_WRITE))) {
		queue_leave(&db->queue);
		return e;
	}
	db->ring = false;
	db->tx = TX_WRITE;
	return OK;
}

enum err
db_snapshot(struct cx *cx, struct db *db)
{
	enum err e;

	assert(db->tx == TX_NONE);
	if ((e = step(cx, db, SQL_BEGIN_READ)))
		return e;
	db->tx = TX_READ;
	return OK;
}

void
db_rollback(struct db *db)
{
	if (!db || db->tx == TX_NONE)
		return;
	/* SQLite has already rolled back by itself after some errors. The end
	 * of a read cannot fail in a way that matters: nothing is kept. */
	if (!sqlite3_get_autocommit(db->sq)) {
		struct cx cx = {.now_ms = 0};

		if (step(&cx, db, SQL_ROLLBACK))
			assert(sqlite3_get_autocommit(db->sq));
		cx_end(&cx);
	}
	if (db->tx == TX_WRITE)
		queue_leave(&db->queue);
	db->tx = TX_NONE;
}

/* On failure nothing of the transaction remains. */
static enum err
commit(struct cx *cx, struct db *db)
{
	if (FAULT(FAULT_DB_COMMIT_BEFORE))
		return cx_fail(cx, ERR_IO, "%s: fault before commit", db->path);
	if (sqlite3_get_autocommit(db->sq))
		return cx_fail(cx, ERR_IO,
			       "%s: the transaction was rolled back by an "
			       "earlier error",
			       db->path);
	return step(cx, db, SQL_COMMIT);
}

enum err
db_commit(struct cx *cx, struct db *db)
{
	bool ring = db->ring;
	enum err e;

	assert(db->tx == TX_WRITE);
	if ((e = commit(cx, db))) {
		db_rollback(db);
		return e;
	}
	queue_leave(&db->queue);
	db->tx = TX_NONE;
	if (FAULT(FAULT_DB_COMMIT_AFTER))
		return cx_fail(cx, ERR_IO, "%s: fault after commit", db->path);
	if (ring)
		db_ring(cx);
	return OK;
}

enum err
tx_enter(struct cx *cx, struct db *db, bool *own)
{
	enum err e;

	if (db->tx == TX_WRITE) {
		*own = false;
		return OK;
	}
	if ((e = db_begin(cx, db)))
		return e;
	*own = true;
	return OK;
}

enum err
tx_leave(struct cx *cx, struct db *db, bool own, enum err e)
{
	if (!own)
		return e;
	if (!e)
		return db_commit(cx, db);
	db_rollback(db);
	return e;
}

enum err
snap_enter(struct cx *cx, struct db *db, bool *own)
{
	enum err e;

	*own = db->tx == TX_NONE;
	if (*own && (e = db_snapshot(cx, db)))
		return e;
	return OK;
}

enum err
snap_leave(struct db *db, bool own, enum err e)
{
	if (own)
		db_rollback(db);
	return e;
}
