/*
 * The database: one SQLite file, the only place where SQL is.
 *
 * 1. Every statement is a row of sql.def, prepared at most once per handle.
 * 2. A struct db belongs to one thread. A program that needs more opens more.
 * 3. Write transactions are BEGIN IMMEDIATE, short, and never held across an
 *    outside call. Writers queue on a lock file ({db_path}-queue) before
 *    they begin, so that nobody waits for long while others overtake.
 * 4. What an acknowledged intent or something irreversible waits for is
 *    committed with synchronous=FULL (all write transactions are).
 * 5. After a commit that changed a workspace the doorbell (run/bell) is
 *    rung, so that waiting requests and a running pass look again.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cx.h"

struct db;

enum db_mode {
	DB_READ, /* a second handle for GETs, query_only: writes nothing */
	DB_WRITE,
	DB_UPGRADE, /* as DB_WRITE; brings the schema up to date first */
	DB_CREATE   /* as DB_UPGRADE; makes a database where there is none */
};

/*
 * ERR_VERSION: made by a newer Roost (nothing is touched). ERR_CORRUPT with
 * what to do. ERR_IO, ERR_NO_SPACE. cx->site says where.
 *
 * Only DB_CREATE takes a file that is missing or empty for a new one: to all
 * others it is one that was lost (ERR_CONFIG), and with an empty one in its
 * place every archive would belong to nobody.
 */
MUST_USE enum err db_open(struct cx *cx, enum db_mode mode, struct db **out);
void db_close(struct db *db); /* NULL is fine */

/* Nested use is a mistake and asserts. ERR_BUSY when the queue was too long. */
MUST_USE enum err db_begin(struct cx *cx, struct db *db);
MUST_USE enum err db_commit(struct cx *cx, struct db *db);
void db_rollback(struct db *db); /* fine when nothing was begun */
/* Reads until db_rollback() see one moment, and share one lock: cheaper. */
MUST_USE enum err db_snapshot(struct cx *cx, struct db *db);

/* A consistent copy in one file, made online. */
MUST_USE enum err db_backup(struct cx *cx, struct db *db, const char *to);
/* quick_check and foreign keys; ERR_CORRUPT with what was found. */
MUST_USE enum err db_check(struct cx *cx, struct db *db);
/* For doctor: "wal" or "delete", and the schema's version. */
const char *db_journal(struct db *db);
int64_t db_version(struct db *db);

/* The doorbell file; rung by db_commit. Also to be rung by hand. */
const char *db_bell_path(struct cx *cx);
void db_ring(struct cx *cx);

#endif
