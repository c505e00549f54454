/*
 * Whose open connections to instances are to be cut. The gate is asked once
 * for a WebSocket; who lost the right to it meanwhile keeps it, until a pass
 * cuts it. Who still has a session comes in again at once.
 */
#ifndef STORE_CUT_H
#define STORE_CUT_H

#include "store/db.h"

/* In the transaction that ends a session, a password or a user. */
MUST_USE enum err cut_ask(struct cx *cx, struct db *db, int64_t user_id);
/* The same, if that was the last session: nobody of theirs comes in again. */
MUST_USE enum err cut_ask_last(struct cx *cx, struct db *db, int64_t user_id);

struct cut {
	int64_t user_id, at_ms;
	const char *id; /* a running workspace of theirs; NULL: none */
};

struct cuts {
	struct cut *v; /* by user */
	size_t n;
};

MUST_USE enum err cut_list(struct cx *cx, struct db *db, struct cuts *out);
/* Not, when it was asked for again meanwhile. */
MUST_USE enum err cut_done(struct cx *cx, struct db *db, const struct cut *c);

#endif
