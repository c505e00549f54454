/*
 * What administrators do about people. SPEC section 8.
 *
 * 1. There is always an administrator who can come in: what would leave none
 *    is ERR_LAST_ADMIN, looked at in the transaction that does it.
 * 2. Nobody locks out themself: to disable, to demote, to delete oneself and to
 *    hand oneself a password is ERR_YOURSELF. (roostctl is nobody.)
 * 3. A password that somebody else chose must be changed by its owner before
 *    a session can do anything else: ERR_PASSWORD_GIVEN, where requests are
 *    admitted.
 * 4. What changes something writes its audit row, with what differs, in the
 *    same transaction. Nothing is written when nothing differs.
 *
 * All: ERR_NOT_FOUND when there is no such user, or it is gone.
 */
#ifndef SERVICE_PEOPLE_H
#define SERVICE_PEOPLE_H

#include "service/auth.h"
#include "store/leave.h"

MUST_USE enum err people_get(struct cx *cx, struct db *db, int64_t id,
			     struct user *out);

/*
 * A user. password NULL: one is made up. Either is to be changed at the first
 * login. *secret: the one that was made up, shown this once, or NULL.
 * ERR_EXISTS, ERR_INVALID (name, password).
 */
MUST_USE enum err people_add(struct cx *cx, struct db *db,
			     const struct who *who, const char *name,
			     const char *password, enum role role,
			     struct user *out, const char **secret);

struct people_edit {
	bool set_role, set_limit, set_disabled;
	enum role role;
	int64_t max_running; /* -1: the setting */
	bool disabled;
	/* What both were when it was asked for; ERR_CONFLICT when they are
	 * others now. */
	bool set_seen;
	enum role role_seen;
	int64_t limit_seen;
};
/* Disabling ends the sessions. */
MUST_USE enum err people_edit(struct cx *cx, struct db *db,
			      const struct who *who, int64_t id,
			      const struct people_edit *edit, struct user *out);

/* Another password, as with people_add(). Ends the sessions. */
MUST_USE enum err people_password(struct cx *cx, struct db *db,
				  const struct who *who, int64_t id,
				  const char *password, const char **secret);
/* All of them; of oneself all but the one that asks. */
MUST_USE enum err people_sessions_end(struct cx *cx, struct db *db,
				      const struct who *who, int64_t id);
/* One of theirs (its number as it came), or all. */
MUST_USE enum err people_token_revoke(struct cx *cx, struct db *db,
				      const struct who *who, int64_t id,
				      const char *token);
MUST_USE enum err people_tokens_revoke(struct cx *cx, struct db *db,
				       const struct who *who, int64_t id);

/*
 * The user goes, in one transaction: see store/leave.h. heir: who gets the
 * workspaces; NULL: they are deleted, into the trash. expect: how many there
 * were when it was asked for; ERR_CONFLICT when there are others now; -1: any.
 * ERR_INVALID (to): no such heir, or one who is disabled or is the user.
 */
MUST_USE enum err people_delete(struct cx *cx, struct db *db,
				const struct who *who, int64_t id,
				const char *heir, int64_t expect,
				struct leave *out);
/* What would become of them: ERR_... as people_delete() would say. */
MUST_USE enum err people_delete_look(struct cx *cx, struct db *db,
				     const struct who *who, int64_t id,
				     const char *heir, struct leave *out);

#endif
