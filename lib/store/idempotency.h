/*
 * Idempotency-Key: the answer to a create that was already given.
 *
 * In one transaction: idempotency_find(); when absent do the work and
 * idempotency_add() the answer. Kept for 24 hours.
 */
#ifndef STORE_IDEMPOTENCY_H
#define STORE_IDEMPOTENCY_H

#include "store/db.h"

struct idempotency {
	const char *request_hash; /* compare: another request with this key is
				     the client's mistake */
	int64_t status;		  /* HTTP */
	const char *body;	  /* what was answered, or its workspace id */
	int64_t created_ms;
};

/* ERR_NOT_FOUND when absent or expired. */
MUST_USE enum err idempotency_find(struct cx *cx, struct db *db,
				   int64_t user_id, const char *key,
				   struct idempotency *out);
/* ERR_EXISTS when there is one that has not expired. */
MUST_USE enum err idempotency_add(struct cx *cx, struct db *db, int64_t user_id,
				  const char *key, const char *request_hash,
				  int64_t status, const char *body);
MUST_USE enum err idempotency_expire(struct cx *cx, struct db *db);

#endif
