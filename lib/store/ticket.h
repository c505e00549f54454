/*
 * The ways of a session to workspaces that have hosts of their own: one-time
 * codes and, in exchange for one, tickets. Only hashes are stored.
 * docs/decisions/0010-host-names.md.
 *
 * 1. A code is taken out by the first who asks for it, right or wrong.
 * 2. A ticket is worth what its session is, and opens one workspace: an
 *    expired session, one that is gone and one of a disabled user have none.
 */
#ifndef STORE_TICKET_H
#define STORE_TICKET_H

#include "store/session.h"

struct code {
	const char *session_hash, *state;
	int64_t expires_ms;
	const char *workspace_id;
};

/* ERR_NOT_FOUND: no such workspace. */
MUST_USE enum err code_add(struct cx *cx, struct db *db, const char *hash,
			   const char *session_hash, const char *id,
			   const char *state, int64_t expires_ms);
/* Out it comes, expired ones too; ERR_NOT_FOUND when somebody was first. */
MUST_USE enum err code_take(struct cx *cx, struct db *db, const char *hash,
			    struct code *out);
MUST_USE enum err code_expire(struct cx *cx, struct db *db);

/* ERR_NOT_FOUND: no such workspace. */
MUST_USE enum err ticket_add(struct cx *cx, struct db *db, const char *hash,
			     const char *session_hash, const char *id);
/* The session behind a ticket for that workspace. ERR_NOT_FOUND. */
MUST_USE enum err ticket_find(struct cx *cx, struct db *db, const char *hash,
			      const char *id, struct session *out);
/* Removes those of a session for a workspace that are older than before_ms. */
MUST_USE enum err ticket_trim(struct cx *cx, struct db *db,
			      const char *session_hash, const char *id,
			      int64_t before_ms);

#endif
