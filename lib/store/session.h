/*
 * Sessions of browsers. Only the hash of the cookie is stored. SPEC section 8.
 *
 * 1. An expired session and one of a disabled user are not found.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "store/user.h"

struct session {
	const char *hash; /* sha256 of the cookie, hex */
	const char *csrf;
	int64_t created_ms, seen_ms, expires_ms;
	const char *ua, *ip; /* never NULL; only session_list() fills them */
	struct user user;    /* id, name, role, max_running; rest zeroed */
};

struct sessions {
	struct session *v;
	size_t n;
};

MUST_USE enum err session_add(struct cx *cx, struct db *db, const char *hash,
			      int64_t user_id, const char *csrf, const char *ua,
			      const char *ip, int64_t expires_ms);
/* One statement for the session and its user. ERR_NOT_FOUND. */
MUST_USE enum err session_find(struct cx *cx, struct db *db, const char *hash,
			       struct session *out);
/* Must session_touch() be called? At most once a minute. */
bool session_stale(const struct cx *cx, const struct session *s);
/* Slides the end; needs a writing handle. Absent is fine. */
MUST_USE enum err session_touch(struct cx *cx, struct db *db, const char *hash,
				int64_t expires_ms);
MUST_USE enum err session_delete(struct cx *cx, struct db *db,
				 const char *hash); /* absent is fine */
/* All of a user; `but` (a hash, or NULL) stays. */
MUST_USE enum err session_delete_user(struct cx *cx, struct db *db,
				      int64_t user_id, const char *but);
MUST_USE enum err session_list(struct cx *cx, struct db *db, int64_t user_id,
			       struct sessions *out);
/* Removes what has expired. */
MUST_USE enum err session_expire(struct cx *cx, struct db *db);

#endif
