/* Archives that belong to nobody, and since when. SPEC section 6 (GC). */
#ifndef STORE_ORPHAN_H
#define STORE_ORPHAN_H

#include "store/db.h"

struct orphan {
	const char *key; /* "{id}/{op_id}", or whatever the store calls it */
	int64_t first_seen_ms, bytes;
};

struct orphans {
	struct orphan *v;
	size_t n;
};

/* Notes it; the first time counts. *first_seen_ms may be NULL. */
MUST_USE enum err orphan_seen(struct cx *cx, struct db *db, const char *key,
			      int64_t bytes, int64_t *first_seen_ms);
/* In order of key; those with key > after ("" for the first page). */
MUST_USE enum err orphan_list(struct cx *cx, struct db *db, const char *after,
			      int64_t limit, struct orphans *out);
/* It is protected again, or gone. Absent is fine. */
MUST_USE enum err orphan_clear(struct cx *cx, struct db *db, const char *key);

#endif
