/*
 * From the control plane to a workspace's own host: a session gets a one-time
 * code here, and a ticket for it there. docs/decisions/0010-host-names.md.
 *
 * 1. A code is good once, for ENTER_CODE_MS, for one workspace, and only in the
 *    browser that began: there it left a key in a cookie, and the code is
 *    made for that key's hash (the state). A code that somebody else sees, or
 *    gives to somebody else, opens nothing.
 * 2. A ticket is a session's: it opens its workspace as long as the session
 *    stands, and slides it.
 */
#ifndef SERVICE_ENTER_H
#define SERVICE_ENTER_H

#include "base/id.h"
#include "service/auth.h"

#define ENTER_CODE_MS 60000

/* A new key, and its state: what travels in an address. */
void enter_key(char key[ID_SECRET_LEN + 1]);
bool enter_key_shaped(const char *key); /* NULL is not */
void enter_state(const char *key, char state[ID_HASH_LEN + 1]);
bool enter_state_shaped(const char *state);

/* *code is shown this once. ERR_FORBIDDEN: not the owner, or who came with a
 * token: it opens the workspace's host itself. ERR_WS_NOT_FOUND. */
MUST_USE enum err enter_code(struct cx *cx, struct db *db,
			     const struct who *who, const char *id,
			     const char *state, const char **code);
/* *ticket is shown this once. ERR_UNAUTHORIZED: the code is not, or no more,
 * good for this workspace and key; it is used up then, too. */
MUST_USE enum err enter_ticket(struct cx *cx, struct db *db, const char *code,
			       const char *id, const char *key, struct who *who,
			       const char **ticket);
/* As auth_load(), for a ticket on the host of the workspace id. */
MUST_USE enum err enter_load(struct cx *cx, struct db *db, const char *ticket,
			     const char *id, struct who *who);

#endif
