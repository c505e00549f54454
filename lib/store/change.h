/*
 * The feed of changes, written by triggers on workspace: a client that asks
 * "after SEQ" misses nothing. SPEC section 7.
 *
 * 1. seq grows and is never used twice, not even after trimming.
 * 2. A client whose seq is older than what is kept, or newer than what
 *    exists (an older backup was restored), is told to reload.
 */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include "rules/workspace.h"
#include "store/db.h"

struct change {
	int64_t seq;
	struct workspace workspace; /* as it is now, deleted ones too */
};

struct changes {
	struct change *v; /* one per workspace, by its newest seq */
	size_t n;
	int64_t next; /* ask after this one the next time */
	bool reload;  /* there is a gap: nothing in v; list anew, go on at
			 next */
};

/* owner_id 0: of all. limit 0: 100; at most 1000. */
MUST_USE enum err change_after(struct cx *cx, struct db *db, int64_t owner_id,
			       int64_t after, int64_t limit,
			       struct changes *out);
/* The newest seq, 0 when there is none; very cheap. */
MUST_USE enum err change_newest(struct cx *cx, struct db *db, int64_t *seq);

/*
 * Whom the changes after `after` concern, a row per change in order of seq, so
 * that one look serves all parked waiters. Less than limit: the end.
 */
struct change_mark {
	int64_t seq, owner_id, rev;
	const char *workspace_id;
};
struct change_marks {
	struct change_mark *v;
	size_t n;
};
MUST_USE enum err change_marks(struct cx *cx, struct db *db, int64_t after,
			       int64_t limit, struct change_marks *out);

/* Keeps 7 days and the newest 100,000; never removes the newest. */
MUST_USE enum err change_trim(struct cx *cx, struct db *db);

#endif
