/*
 * Inside of store/: how statements are run and rows are read.
 *
 * 1. Every statement is a row of sql.def, found by its index, prepared once
 *    per handle, and reset before any function here returns.
 * 2. A writing statement outside of a transaction gets one of its own.
 * 3. Outputs are touched only on success.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/words.h"
#include "store/db.h"

enum sql {
#define X(name, access, scan, text) name,
#include "store/sql.def"
#undef X
	SQL__MAX
};

enum sql_access { RO, RW };
/* SEEK: no scan of workspace, change or operation. FULL: it may. */
enum sql_scan { SEEK, FULL };

const char *sql_name(enum sql q);
const char *sql_text(enum sql q);
enum sql_access sql_access(enum sql q);
enum sql_scan sql_scan(enum sql q);

enum tx { TX_NONE, TX_READ, TX_WRITE };

struct db {
	sqlite3 *sq;
	sqlite3_stmt *st[SQL__MAX];
	enum db_mode mode;
	enum tx tx;
	int queue; /* the write queue's lock while TX_WRITE; else -1 */
	bool far;  /* over a network: no WAL */
	bool ring; /* a workspace changed in this transaction */
	char *path, *queue_path;
	char journal[16];
};

/* db_open() where the filesystem is already known. */
MUST_USE enum err db_open_at(struct cx *cx, enum db_mode mode, bool far,
			     struct db **out);

/* ---- Values in ---- */

struct arg {
	enum { ARG_END, ARG_INT, ARG_TEXT } type;
	int64_t i;
	const char *t;
};
#define INT(v) ((struct arg){.type = ARG_INT, .i = (v)})
#define TEXT(v) ((struct arg){.type = ARG_TEXT, .t = (v)}) /* NULL: NULL */
#define ARGS(...)                                                              \
	((const struct arg[]){__VA_ARGS__ __VA_OPT__(, ){.type = ARG_END}})

/* ---- Rows out: one reader per table, columns from left to right ---- */

struct row {
	struct cx *cx;
	sqlite3_stmt *st;
	int col;
	bool bad; /* a word that is in no table */
};
typedef void row_fn(struct row *r, void *out);

int64_t row_int(struct row *r);
const char *row_text(struct row *r); /* in cx->arena; NULL for NULL */
enum status row_status(struct row *r);
enum operation row_operation(struct row *r);
enum reason row_reason(struct row *r);
/* Any other table's word: parse it, or mark the row bad. */
#define ROW_WORD(r, parse, out)                                                \
	do {                                                                   \
		if (!parse(row_word(r), out))                                  \
			(r)->bad = true;                                       \
	} while (0)
const char *row_word(struct row *r); /* valid until the next row; or "" */

/* ---- Running ---- */

/* No rows wanted. *changed (may be NULL) gets the number of rows changed. */
MUST_USE enum err sql_run(struct cx *cx, struct db *db, enum sql q,
			  int64_t *changed, const struct arg *args);
/* The first row; ERR_NOT_FOUND when there is none. out has `size` bytes. */
MUST_USE enum err sql_row(struct cx *cx, struct db *db, enum sql q,
			  row_fn *read, void *out, size_t size,
			  const struct arg *args);
/* One integer. */
MUST_USE enum err sql_int(struct cx *cx, struct db *db, enum sql q,
			  int64_t *out, const struct arg *args);
/* All rows, as an array in the arena. */
MUST_USE enum err sql_rows(struct cx *cx, struct db *db, enum sql q,
			   row_fn *read, void *v, size_t size, size_t *n,
			   const struct arg *args);

/*
 * Several statements, all or none: begins when nobody has. Use:
 *   if ((e = tx_enter(cx, db, &own))) return e;
 *   e = ...;
 *   return tx_leave(cx, db, own, e);
 */
MUST_USE enum err tx_enter(struct cx *cx, struct db *db, bool *own);
MUST_USE enum err tx_leave(struct cx *cx, struct db *db, bool own, enum err e);
/* The same for reads that must see one moment. */
MUST_USE enum err snap_enter(struct cx *cx, struct db *db, bool *own);
enum err snap_leave(struct db *db, bool own, enum err e);

/* What SQLite said (an rc) as one of ours, with the reason recorded. */
enum err sql_fail(struct cx *cx, struct db *db, int rc, const char *what);

/* Page sizes: 0 means `def`, never more than `most`. */
int64_t sql_limit(int64_t limit, int64_t def, int64_t most);

#endif
