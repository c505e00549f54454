/*
 * What people do with their own account: password, tokens, sessions. SPEC
 * section 8.
 *
 * 1. A token makes no other token: one that leaks must not outlive the day
 *    it was given.
 * 2. Asking for the old password is guarded by the login lock: who has taken
 *    a session cannot try passwords with it.
 * 3. What changes something writes its audit row in the same transaction.
 */
#ifndef SERVICE_ACCOUNT_H
#define SERVICE_ACCOUNT_H

#include "service/auth.h"

/*
 * Ends every other session. session: the cookie's value that stays, or NULL.
 * ERR_INVALID (old_password; password: the rule; new_password: it is the one
 * that was given), ERR_TOO_MANY with *retry_after_s while the name is locked.
 */
MUST_USE enum err account_password(struct cx *cx, struct db *db,
				   const struct who *who, const char *session,
				   const char *old, const char *password,
				   int64_t *retry_after_s);

/* *secret is shown this once. days 0: never expires. ERR_FORBIDDEN with a
 * token, ERR_EXISTS, ERR_INVALID (name). */
MUST_USE enum err account_token_add(struct cx *cx, struct db *db,
				    const struct who *who, const char *name,
				    int64_t days, struct token *out,
				    const char **secret);
/* ERR_NOT_FOUND unless it is their own. id: as it came. */
MUST_USE enum err account_token_revoke(struct cx *cx, struct db *db,
				       const struct who *who, const char *id);

/* The token of that number, as it came. ERR_NOT_FOUND unless it is theirs. */
MUST_USE enum err account_token(struct cx *cx, struct db *db, int64_t user_id,
				const char *called, struct token *out);

#define SESSION_NAME_LEN 16 /* hex digits that tell sessions apart */

/* How a session is called: the beginning of its hash, in the arena. */
const char *session_called(struct cx *cx, const struct session *s);
/* Is it the one of this cookie (or NULL)? */
bool session_is(const struct session *s, const char *cookie);
/* ERR_NOT_FOUND unless it is their own. */
MUST_USE enum err account_session_end(struct cx *cx, struct db *db,
				      const struct who *who,
				      const char *called);
/* All but the one of this cookie (NULL: all). */
MUST_USE enum err account_sessions_end(struct cx *cx, struct db *db,
				       const struct who *who,
				       const char *cookie);

#endif
