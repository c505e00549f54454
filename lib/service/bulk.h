/*
 * An administrator's wish for many workspaces at once: first shown, then done.
 * SPEC section 9.
 *
 * 1. What was shown is what is done: to each workspace what its verdict said,
 *    or less (rules/bulk.h), and only while its row is the one that was just
 *    judged (rev). What has become something else meanwhile is left alone.
 * 2. Each is a wish of its own (wish.h): its limit, its audit, its
 *    transaction. A run that dies in the middle can be done again: what was
 *    done is left, the rest is done.
 * 3. A plan is its maker's, holds at most BULK_MOST, and is good for a day.
 */
#ifndef SERVICE_BULK_H
#define SERVICE_BULK_H

#include "service/auth.h"
#include "store/bulk.h"
#include "store/workspace.h"

struct bulk_one {
	struct bulk_item item;
	struct workspace ws; /* as it is now */
	/* Before it is done: what would be done as it stands now. */
	enum bulk_verdict now;
};

struct bulk_view {
	struct bulk plan;
	struct bulk_one *v;
	size_t n;
	size_t does; /* before: how many would change; after: how many did */
};

/* These workspaces; more: as many fit the filter beside them. ERR_INVALID
 * (id): none, or more than BULK_MOST; ERR_WS_NOT_FOUND. *id in cx's arena. */
MUST_USE enum err bulk_make(struct cx *cx, struct db *db, const struct who *who,
			    enum bulk_verb verb, const char *const ids[],
			    size_t n, const char *filter, int64_t more,
			    const char **id);
/* ERR_NOT_FOUND. */
MUST_USE enum err bulk_look(struct cx *cx, struct db *db, const struct who *who,
			    const char *id, struct bulk_view *out);
/* Again after it is done: nothing. ERR_STATE: the plan is too old. Otherwise
 * OK, whatever becomes of each; the caller kicks. */
MUST_USE enum err bulk_do(struct cx *cx, struct db *db, const struct who *who,
			  const char *id);

#endif
