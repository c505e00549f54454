/*
 * Every change that the pass and its workers make to a row. SPEC 1, 3, F8.
 *
 * 1. The pass compares rev: what it concluded from a row holds only for that
 *    very row. Somebody else changed it: ERR_CONFLICT, nothing is written and
 *    the next round looks again.
 * 2. A worker compares op_id: people may change the row while it works.
 * 3. Nothing else in the reconciler writes a status; each change is noted.
 */
#ifndef RECONCILE_COMMIT_H
#define RECONCILE_COMMIT_H

#include "reconcile/job.h"
#include "reconcile/observe.h"
#include "store/workspace.h"

/* By the pass: ws is the row as it was read; on OK it is as it stands now. */

/* A status that was seen without an operation; clears an error when
 * `clear`, else keeps the count of failures. */
MUST_USE enum err commit_seen(struct cx *cx, struct world *w,
			      struct workspace *ws, enum status to, bool clear);
/* Something is wrong that no operation of ours did. */
MUST_USE enum err commit_wrong(struct cx *cx, struct world *w,
			       struct workspace *ws, enum reason reason,
			       const char *message);
/*
 * A TTL rule's wish. In the same transaction the row and the access stamp are
 * looked at again; with what is known of who uses it (-1 connections: as the
 * row says) it must still be due, else ERR_CONFLICT.
 */
MUST_USE enum err commit_wish(struct cx *cx, struct world *w, const char *id,
			      const struct use *use);
/* The operation begins, under a new op_id. */
MUST_USE enum err commit_begin(struct cx *cx, struct world *w,
			       struct workspace *ws, enum status judged,
			       enum operation op);

/*
 * How an operation ended; ws is the row with the operation at work. Used by
 * its worker, and by the pass (holding the lock) when that one died.
 */
MUST_USE enum err commit_done(struct cx *cx, struct world *w,
			      struct workspace *ws, const struct outcome *out);
MUST_USE enum err commit_failed(struct cx *cx, struct world *w,
				struct workspace *ws, enum reason reason,
				const char *message);
/* Given up: no error, no failure counted. */
MUST_USE enum err commit_abandoned(struct cx *cx, struct world *w,
				   struct workspace *ws, enum status seen);

/* By a worker, while it works. */

/* The archive is verified; ERR_ABANDONED when it is not wanted any more. */
MUST_USE enum err commit_key(struct job *j, const char *key);
MUST_USE enum err commit_trash(struct job *j, const char *name);

#endif
