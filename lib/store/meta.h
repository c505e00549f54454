/* Small facts that outlive a pass (meta.def), and counts for people. */
#ifndef STORE_META_H
#define STORE_META_H

#include "rules/words.h"
#include "store/db.h"

enum meta {
#define X(meta, key, what) meta,
#include "store/meta.def"
#undef X
	META__MAX
};

/* 0 when it was never set. */
MUST_USE enum err meta_get(struct cx *cx, struct db *db, enum meta m,
			   int64_t *value);
MUST_USE enum err meta_set(struct cx *cx, struct db *db, enum meta m,
			   int64_t value);

/* For /metrics and doctor. Walks an index over all workspaces. */
struct store_stats {
	int64_t by_status[STATUS__MAX];
	int64_t archived; /* PENDING with an archive; in by_status too */
	int64_t operations[OPERATION__MAX]; /* at work now; NONE is 0 */
	int64_t counting;		    /* against max_running_global */
	int64_t users, sessions, tokens;
	int64_t oldest_change, newest_change;
	int64_t orphans, orphan_bytes;
	int64_t db_bytes, db_free_bytes;
};
MUST_USE enum err store_stats(struct cx *cx, struct db *db,
			      struct store_stats *out);

/* Forgets what is old in every table that has an age: a pass calls it once
 * in a while. */
MUST_USE enum err store_trim(struct cx *cx, struct db *db);

#endif
