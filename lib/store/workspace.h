/*
 * Workspaces: what people and the pass ask and write. SPEC sections 1-4.
 *
 * 1. Every write makes rev one greater and puts a row into the change feed; a
 *    trigger refuses a statement that forgets.
 * 2. status, operation and what belongs to them are written only by the
 *    functions under "The pass"; people's functions write wishes.
 * 3. A compare-and-set that found something else changed nothing and answers
 *    ERR_CONFLICT (ERR_PRECONDITION where a person's rev was compared).
 * 4. Nothing here checks who asks: `service` does.
 */
#ifndef STORE_WORKSPACE_H
#define STORE_WORKSPACE_H

#include "rules/workspace.h"
#include "store/operation.h"

struct workspaces {
	struct workspace *v;
	size_t n;
};

/* ---- Reading ---- */

/* Deleted ones too (deleted_ms says so). ERR_WS_NOT_FOUND. */
MUST_USE enum err workspace_get(struct cx *cx, struct db *db, const char *id,
				struct workspace *out);

enum ws_sort { WS_BY_NAME, WS_BY_CREATED, WS_BY_UPDATED, WS_BY_ACCESS };
/* "name", "created", "updated", "last_access", with "-" before: descending. */
bool ws_sort_parse(const char *s, enum ws_sort *sort, bool *desc);

enum ws_which {
	WS_LIVING,  /* not deleted */
	WS_DELETED, /* deleted, and the home can still be brought back */
	WS_ALL
};

struct ws_query {
	int64_t owner_id; /* 0: of all */
	enum ws_which which;
	const char *q;	   /* part of the name, ASCII case ignored; NULL any */
	const char *phase; /* as workspace_phase() says; NULL any */
	const char *app;   /* NULL any */
	int64_t unused_since_ms; /* last access before; 0 any */
	enum ws_sort sort;
	bool desc;
	int64_t limit, offset; /* limit 0: 50; at most 1000 */
	const char *cursor;    /* `next` or `prev` of a page; then no offset */
};

struct ws_page {
	struct workspace *v;
	size_t n;
	int64_t total;	  /* of all that match, whatever the page */
	const char *next; /* cursor of the next page; NULL: this is the last */
	const char *prev; /* of the one before; NULL: this is the first */
	bool beyond;	  /* it is not (sure to be) the first */
};

/* ERR_INVALID with field "cursor" when that is not one of ours. */
MUST_USE enum err workspace_list(struct cx *cx, struct db *db,
				 const struct ws_query *q, struct ws_page *out);

/* How many count against the limits (limit_counts()): of owner, of all. */
MUST_USE enum err workspace_counts(struct cx *cx, struct db *db,
				   int64_t owner_id, int64_t *of_user,
				   int64_t *of_all);
/* Those that count for this owner (0: of all), for the 429 and the 502. */
MUST_USE enum err workspace_counting(struct cx *cx, struct db *db,
				     int64_t owner_id, struct workspaces *out);

/* ---- Wishes: people and TTL ---- */

/*
 * Makes a row from id, owner_id, name, description, memo, app, desired and
 * the TTLs; status PENDING, last access now. `out` (may be NULL) gets the row.
 * Check the limit in the same transaction: db_begin(), workspace_counts(),
 * limit_judge(), workspace_add(), db_commit().
 */
MUST_USE enum err workspace_add(struct cx *cx, struct db *db,
				const struct workspace *w,
				struct workspace *out);

struct ws_patch {
	const char *name, *description, *memo; /* NULL: as it is */
	int64_t standby_ttl_s, archive_ttl_s;  /* -1: as it is */
};

/*
 * All below: rev 0 compares nothing; another one must be the row's, else
 * ERR_PRECONDITION. ERR_WS_NOT_FOUND when absent or (but for undelete) deleted.
 * `out` (may be NULL) gets the row as it is now.
 */
MUST_USE enum err workspace_patch(struct cx *cx, struct db *db, const char *id,
				  int64_t rev, const struct ws_patch *p,
				  struct workspace *out);
/* The newest intent. RUNNING and STANDBY count as access; those that end its
 * running end its being kept, too. */
MUST_USE enum err workspace_wish(struct cx *cx, struct db *db, const char *id,
				 int64_t rev, enum status desired,
				 struct workspace *out);
/* It shall not be stopped by itself before until_ms; 0: that is over. ERR_STATE
 * when it is not wanted RUNNING. */
MUST_USE enum err workspace_keep(struct cx *cx, struct db *db, const char *id,
				 int64_t rev, int64_t until_ms,
				 struct workspace *out);
/*
 * RUNNING, on what this archive of it holds. A home that is there is archived
 * first; the RESTORING makes the key its archive_key when it begins. Any newer
 * wish takes it back.
 */
MUST_USE enum err workspace_wish_archive(struct cx *cx, struct db *db,
					 const char *id, const char *key,
					 struct workspace *out);
MUST_USE enum err workspace_delete(struct cx *cx, struct db *db, const char *id,
				   int64_t rev, struct workspace *out);
/* ERR_STATE when it is not deleted. Counts as access. */
MUST_USE enum err workspace_undelete(struct cx *cx, struct db *db,
				     const char *id, int64_t rev,
				     enum status desired,
				     struct workspace *out);
/* Gives it to somebody. */
MUST_USE enum err workspace_set_owner(struct cx *cx, struct db *db,
				      const char *id, int64_t owner_id,
				      struct workspace *out);
/*
 * Error cleared, count 0, to be looked at now: status stays ERROR with reason
 * NONE until the pass has observed. After DataLost and InstanceWithoutHome
 * previous_status is PENDING: the home that was known is forgotten. ERR_STATE
 * when it is not in ERROR.
 */
MUST_USE enum err workspace_recover(struct cx *cx, struct db *db,
				    const char *id, int64_t rev,
				    struct workspace *out);
/* Of a TTL rule: ERR_CONFLICT when rev is not the row's any more. The time for
 * which it was kept has counted as access. */
MUST_USE enum err workspace_ttl_wish(struct cx *cx, struct db *db,
				     const char *id, int64_t rev,
				     enum status desired);

/* ---- The pass: questions, each answered by a partial index ---- */

/*
 * Everything that needs something now: an operation is set; deleted and not
 * DELETED, or DELETED and not deleted; ERROR; status is not the wish. By n.
 */
MUST_USE enum err workspace_work(struct cx *cx, struct db *db,
				 struct workspaces *out);
/* All of status RUNNING. */
MUST_USE enum err workspace_running(struct cx *cx, struct db *db,
				    struct workspaces *out);
/* STANDBY, wanted STANDBY, idle for its archive_ttl; the most overdue first;
 * at most `limit`. */
MUST_USE enum err workspace_archive_due(struct cx *cx, struct db *db,
					int64_t limit, struct workspaces *out);
/* All with a trash_key; those to purge have deleted_ms and purge_ms <= now. */
MUST_USE enum err workspace_trash(struct cx *cx, struct db *db,
				  struct workspaces *out);
/* For audit and GC: all rows in order of id, a page at a time, few columns. */
struct ws_brief {
	const char *id;
	enum status status, desired, previous_status;
	enum operation operation;
	enum reason error_reason;
	const char *archive_key, *op_id, *trash_key;
	int64_t purge_ms, deleted_ms, rev;
};
struct ws_briefs {
	struct ws_brief *v;
	size_t n; /* less than limit: the end */
};
/* Those with id > after ("" for the first page). */
MUST_USE enum err workspace_briefs(struct cx *cx, struct db *db,
				   const char *after, int64_t limit,
				   struct ws_briefs *out);

/* ---- The pass: writing ---- */

enum ws_error {
	WS_ERROR_KEEP,	/* leave reason, message, count as they are */
	WS_ERROR_CLEAR, /* none; count 0 */
	WS_ERROR_SET	/* reason, message, error_count, next_retry_ms */
};

/*
 * What is known after a look or an operation. When status becomes ERROR, the
 * one before is kept in previous_status, and what is known of the instance
 * stays: it may live on. When it becomes RUNNING, that counts as access and
 * idle_since_ms is now; so does a home that has just been made count. When it
 * becomes PENDING, STANDBY or DELETED, then endpoint, slot, boot_id,
 * connections and idle_since_ms are emptied.
 */
struct ws_outcome {
	enum status status;
	enum ws_error error;
	enum reason reason;
	const char *message;
	int64_t error_count, next_retry_ms;
	bool set_instance; /* endpoint, slot, boot_id below */
	const char *endpoint;
	int64_t slot;
	const char *boot_id;
	bool set_archive; /* archive_key below (NULL: none) */
	const char *archive_key;
	bool set_trash; /* trash_key, purge_ms below (NULL: none) */
	const char *trash_key;
	int64_t purge_ms;
};

/* By observation alone, no operation: compare-and-set on rev. */
MUST_USE enum err workspace_observe(struct cx *cx, struct db *db,
				    const char *id, int64_t rev,
				    const struct ws_outcome *o,
				    struct workspace *out);

/*
 * Begins an operation on a row that has none: compare-and-set on rev; sets the
 * judged status, writes the history row. Error columns stay until it ends. The
 * same op_id again is fine.
 */
MUST_USE enum err op_begin(struct cx *cx, struct db *db, const char *id,
			   int64_t rev, enum status judged, enum operation op,
			   const char *op_id, struct workspace *out);
/*
 * What a worker asks each 100 ms: is the row still ours? ERR_CONFLICT when
 * another op_id is set or none is at work; otherwise the row. Reads only.
 */
MUST_USE enum err op_watch(struct cx *cx, struct db *db, const char *id,
			   const char *op_id, struct workspace *out);
/* Writes progress (not more than once a second, please), and answers as
 * op_watch. unit: "bytes", "files" or NULL. */
MUST_USE enum err op_progress(struct cx *cx, struct db *db, const char *id,
			      const char *op_id, int64_t done, int64_t total,
			      const char *unit, struct workspace *out);
/* Before the rename of a home into the trash: where it will be found. */
MUST_USE enum err op_trash(struct cx *cx, struct db *db, const char *id,
			   const char *op_id, const char *trash_key,
			   int64_t purge_ms);
/* Commits archive_key while ARCHIVING goes on (the home is still there). */
MUST_USE enum err op_archived(struct cx *cx, struct db *db, const char *id,
			      const char *op_id, const char *archive_key);
/* The same for an instance just started: endpoint, slot, boot id. */
MUST_USE enum err op_instance(struct cx *cx, struct db *db, const char *id,
			      const char *op_id, const char *endpoint,
			      int64_t slot, const char *boot_id);

/*
 * Ends the operation: operation NONE, the outcome, the end of the history row,
 * in one transaction; compare-and-set on op_id. To compare the intent too:
 * db_begin(), op_watch(), decide, op_end(), db_commit().
 */
MUST_USE enum err op_end(struct cx *cx, struct db *db, const char *id,
			 const char *op_id, enum result result, int64_t bytes,
			 const struct ws_outcome *o, struct workspace *out);

struct ws_activity {
	const char *id;
	int64_t last_access_ms; /* never goes back */
	int64_t connections;
	int64_t idle_since_ms; /* 0: somebody is connected */
};
/* One transaction; only RUNNING rows where something differs are written. */
MUST_USE enum err workspace_activity(struct cx *cx, struct db *db,
				     const struct ws_activity *v, size_t n);
/* The mail line of this incident is ours to say; ERR_CONFLICT: was said. */
MUST_USE enum err workspace_report(struct cx *cx, struct db *db,
				   const char *id);
/* The trash entry is gone. ERR_CONFLICT when the row names another. */
MUST_USE enum err workspace_purged(struct cx *cx, struct db *db, const char *id,
				   const char *trash_key);

#endif
