/*
 * A person leaves: what becomes of their workspaces. SPEC section 8, F7.
 *
 * 1. Rows of workspaces are kept for ever and name their owner. Who still
 *    owns one stays as a row that is gone: nobody can log in as it, no list
 *    shows it, and its name is free.
 * 2. All of it belongs into one transaction of the caller's, so that a crash
 *    leaves everything or nothing of it.
 */
#ifndef STORE_LEAVE_H
#define STORE_LEAVE_H

#include "store/user.h"

struct leave {
	int64_t living;	  /* workspaces that are not deleted */
	int64_t running;  /* of these: running, or wanted running */
	int64_t archived; /* of these: only an archive */
	int64_t trashed;  /* deleted, can still be brought back */
};

MUST_USE enum err leave_look(struct cx *cx, struct db *db, int64_t user_id,
			     struct leave *out);
/* An audit row for each living workspace. */
MUST_USE enum err leave_audit(struct cx *cx, struct db *db, int64_t user_id,
			      int64_t by_id, const char *by, const char *action,
			      const char *detail);
/* Those that live and those in the trash get another owner. Running ones are
 * wanted asleep: whoever is connected must not stay so. */
MUST_USE enum err leave_hand_over(struct cx *cx, struct db *db, int64_t user_id,
				  int64_t heir_id);
/* Those that live are deleted. */
MUST_USE enum err leave_delete(struct cx *cx, struct db *db, int64_t user_id);
/* The user goes, with sessions and tokens: invariant 1. */
MUST_USE enum err leave_end(struct cx *cx, struct db *db, int64_t user_id);

#endif
