/*
 * API tokens: named, hashed, expiring, revocable. SPEC section 8.
 *
 * 1. An expired token and one of a disabled user are not found.
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "store/user.h"

struct token {
	int64_t id;
	const char *name;
	int64_t created_ms;
	int64_t expires_ms; /* 0: never */
	int64_t used_ms;    /* to the minute; 0: never used */
	struct user user;   /* id, name, role, max_running; rest zeroed */
};

struct tokens {
	struct token *v;
	size_t n;
};

/* ERR_EXISTS when the user has one of that name. id may be NULL. */
MUST_USE enum err token_add(struct cx *cx, struct db *db, int64_t user_id,
			    const char *name, const char *hash,
			    int64_t expires_ms, int64_t *id);
/* One statement for the token and its user. ERR_NOT_FOUND. */
MUST_USE enum err token_find(struct cx *cx, struct db *db, const char *hash,
			     struct token *out);
/* Must token_touch() be called? At most once a minute. */
bool token_stale(const struct cx *cx, const struct token *t);
MUST_USE enum err token_touch(struct cx *cx, struct db *db, int64_t id);
/* user_id 0: of all. By user, then name. */
MUST_USE enum err token_list(struct cx *cx, struct db *db, int64_t user_id,
			     struct tokens *out);
/* ERR_NOT_FOUND unless it is that user's (0: anybody's). */
MUST_USE enum err token_revoke(struct cx *cx, struct db *db, int64_t user_id,
			       int64_t id);
/* All of a user; none is fine. */
MUST_USE enum err token_clear(struct cx *cx, struct db *db, int64_t user_id);

#endif
