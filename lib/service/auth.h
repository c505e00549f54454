/*
 * Who is asking: passwords, sessions, tokens. SPEC section 8.
 *
 * 1. No answer and no time it takes tells whether a name exists.
 * 2. A secret (password, session, token) is stored only as a hash and never
 *    in a message.
 * 3. What changes something writes its audit row in the same transaction.
 */
#ifndef SERVICE_AUTH_H
#define SERVICE_AUTH_H

#include "store/session.h"
#include "store/token.h"
#include "store/user.h"

#define PASSWORD_LEAST 8  /* characters */
#define PASSWORD_MOST 500 /* bytes: crypt(3) takes 511 */

struct who {
	int64_t user_id; /* 0: nobody */
	const char *username;
	bool admin;
	bool password_given; /* by an admin, and not changed since */
	bool renew;	     /* due: auth_renew() or auth_token_used() */
	const char *session; /* its hash; NULL with a token */
	const char *csrf;    /* the session's; NULL with a token */
	int64_t token_id;    /* of the token that was used; 0: a session */
};

/* roostctl: may do everything, and the audit says who it was. */
extern const struct who who_ctl;

/*
 * Who a session's cookie or an API token belongs to; either may be NULL. The
 * token goes before. ERR_UNAUTHORIZED: none, unknown, expired, of a disabled
 * user. Reads only.
 */
MUST_USE enum err auth_load(struct cx *cx, struct db *db, const char *session,
			    const char *token, struct who *who);
/* Inside of service/: who a session that was found stands for. */
void auth_session(struct cx *cx, const struct session *s, struct who *who);
/* Slides the session that who came with, for session_hours from now. Writes. */
MUST_USE enum err auth_renew(struct cx *cx, struct db *db,
			     const struct who *who);

/* Notes that the token was used, to the minute. Writes. */
MUST_USE enum err auth_token_used(struct cx *cx, struct db *db,
				  const struct who *who);

struct login {
	struct who who;
	const char *session; /* the cookie's value: shown this once */
};

/*
 * ERR_UNAUTHORIZED, the same for a wrong name and a wrong password;
 * ERR_TOO_MANY with *retry_after_s while the name is locked.
 */
MUST_USE enum err auth_login(struct cx *cx, struct db *db, const char *name,
			     const char *password, const char *ip,
			     const char *ua, struct login *out,
			     int64_t *retry_after_s);
/* Ends the session; fine when it is gone already. */
MUST_USE enum err auth_logout(struct cx *cx, struct db *db,
			      const struct who *who, const char *session);

/* ERR_INVALID (field name or password), ERR_EXISTS. id may be NULL. */
MUST_USE enum err auth_user_add(struct cx *cx, struct db *db,
				const struct who *who, const char *name,
				const char *password, enum role role,
				int64_t *id);
/* Also ends the user's sessions. ERR_INVALID (password), ERR_NOT_FOUND. */
MUST_USE enum err auth_passwd(struct cx *cx, struct db *db,
			      const struct who *who, int64_t user_id,
			      const char *password);
/* *secret is shown this once. expires_ms 0: never. ERR_EXISTS. */
MUST_USE enum err auth_token_add(struct cx *cx, struct db *db,
				 const struct who *who, int64_t user_id,
				 const char *name, int64_t expires_ms,
				 const char **secret);

/* ERR_INVALID (name): of a user, of a token. */
MUST_USE enum err auth_name_rule(struct cx *cx, const char *name);
/* ERR_INVALID (password) when it is too short or long. */
MUST_USE enum err password_rule(struct cx *cx, const char *password);
/* crypt(3) yescrypt, about 30 ms, into the arena. */
MUST_USE enum err password_hash(struct cx *cx, const char *password,
				const char **hash);
/* In the same time for any hash; NULL never fits. */
bool password_fits(struct cx *cx, const char *password, const char *hash);

/*
 * The workspace of that id when who may see it: the owner or an admin. A
 * deleted one too (deleted_ms). ERR_WS_NOT_FOUND, ERR_FORBIDDEN.
 */
MUST_USE enum err ws_of(struct cx *cx, struct db *db, const char *id,
			const struct who *who, struct workspace *ws);

#endif
