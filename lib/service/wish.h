/*
 * What people wish of workspaces: SPEC sections 1, 2, 7, 8.
 *
 * 1. A wish is rules, store and audit in one transaction: the limit is looked
 *    at in the transaction that takes a place, so it is exact.
 * 2. A wish is accepted at any moment, also while an operation runs, and may
 *    be repeated. ERR_STATE only where it makes no sense.
 * 3. Who may see the workspace (ws_of) was decided before. What more is asked
 *    of them (an admin for some recoveries) is decided here.
 * 4. After OK the caller kicks (kick.h): a wish itself starts nothing.
 *
 * All: ERR_WS_NOT_FOUND; ERR_STATE on a deleted one; ERR_PRECONDITION when rev
 * is not 0 and not the row's; ERR_RUNNING_LIMIT (then see wish_limit).
 */
#ifndef SERVICE_WISH_H
#define SERVICE_WISH_H

#include "rules/limits.h"
#include "service/auth.h"
#include "store/workspace.h"

struct wish_new {
	const char *name;	 /* checked by the form: 1-255 */
	const char *description; /* NULL: "" */
	const char *memo;	 /* NULL: "" */
	const char *app;	 /* NULL or "": the site's default */
	int64_t standby_ttl_s;	 /* -1: the setting */
	int64_t archive_ttl_s;
	const char *once; /* Idempotency-Key, or NULL */
};

/*
 * Makes one, wanted RUNNING. The same `once` again within 24 hours: the
 * workspace that was made then, *again true; with other fields ERR_CONFLICT.
 */
MUST_USE enum err wish_create(struct cx *cx, struct db *db,
			      const struct who *who, const struct wish_new *n,
			      struct workspace *out, bool *again);

struct wish_edit {
	struct ws_patch patch;
	bool set_desired;
	enum status desired; /* when set_desired */
};

/* All of it or nothing. */
MUST_USE enum err wish_edit(struct cx *cx, struct db *db, const struct who *who,
			    const char *id, int64_t rev,
			    const struct wish_edit *edit,
			    struct workspace *out);

MUST_USE enum err wish_start(struct cx *cx, struct db *db,
			     const struct who *who, const char *id, int64_t rev,
			     struct workspace *out);
MUST_USE enum err wish_stop(struct cx *cx, struct db *db, const struct who *who,
			    const char *id, int64_t rev, struct workspace *out);
MUST_USE enum err wish_archive(struct cx *cx, struct db *db,
			       const struct who *who, const char *id,
			       int64_t rev, struct workspace *out);
/*
 * It keeps running for so long from now on, also when nobody uses it; 0: no
 * more. Not longer than keep_max_hours: ERR_INVALID, field "seconds". ERR_STATE
 * when it is not wanted running.
 */
MUST_USE enum err wish_keep(struct cx *cx, struct db *db, const struct who *who,
			    const char *id, int64_t rev, int64_t seconds,
			    struct workspace *out);
/* ERR_STATE when there is no archive and none is being made. */
MUST_USE enum err wish_restore(struct cx *cx, struct db *db,
			       const struct who *who, const char *id,
			       int64_t rev, struct workspace *out);
/*
 * RUNNING, on what the archive key ("{id}/{op_id}", the caller has looked that
 * it is there) holds. A home that is there is archived first. From ERROR it
 * recovers too, and its owner may where the archive is what was wrong.
 */
MUST_USE enum err wish_restore_archive(struct cx *cx, struct db *db,
				       const struct who *who, const char *id,
				       int64_t rev, const char *key,
				       struct workspace *out);
/* May who choose an archive of it to restore? */
bool wish_can_choose(const struct who *who, const struct workspace *w);
/* ERR_STATE when it is not in ERROR; ERR_FORBIDDEN where the reason asks for
 * an admin. */
MUST_USE enum err wish_recover(struct cx *cx, struct db *db,
			       const struct who *who, const char *id,
			       int64_t rev, struct workspace *out);
/* Of a deleted one: OK, nothing changes. */
MUST_USE enum err wish_delete(struct cx *cx, struct db *db,
			      const struct who *who, const char *id,
			      int64_t rev, struct workspace *out);
/* It comes back as asleep. Of a living one: OK. ERR_STATE when its home is
 * gone for good. */
MUST_USE enum err wish_undelete(struct cx *cx, struct db *db,
				const struct who *who, const char *id,
				int64_t rev, struct workspace *out);

/*
 * Somebody visits: a sleeping one (status STANDBY) is wanted RUNNING, any
 * other is left as it is. *woken: a wish was written. SPEC F2.
 */
MUST_USE enum err wish_wake(struct cx *cx, struct db *db, const struct who *who,
			    const char *id, struct workspace *out, bool *woken);

struct limit {
	enum limit_verdict verdict;
	int64_t most;		   /* the limit that was reached */
	struct workspaces running; /* of this owner: those that count */
};
/* After ERR_RUNNING_LIMIT: what to tell the owner. Reads only. */
MUST_USE enum err wish_limit(struct cx *cx, struct db *db, int64_t owner_id,
			     struct limit *out);

/* Can the home of a deleted one still be brought back? */
bool wish_can_undelete(const struct cx *cx, const struct settings *s,
		       const struct workspace *w);
/* May who press Recover on it? */
bool wish_can_recover(const struct who *who, const struct workspace *w);

#endif
