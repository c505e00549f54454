/*
 * The same wish for many workspaces: a plan that is kept while it is shown,
 * and what became of it. Nothing here changes a workspace.
 */
#ifndef STORE_BULK_H
#define STORE_BULK_H

#include "rules/bulk.h"
#include "store/db.h"

struct bulk {
	const char *id;
	int64_t user_id; /* whose plan: nobody else sees it */
	enum bulk_verb verb;
	const char *filter;	  /* how they were found; "" they were picked */
	int64_t more;		  /* as many fit the filter beside these */
	int64_t made_ms, done_ms; /* 0: not yet */
};

struct bulk_item {
	int64_t pos;
	enum bulk_verdict verdict; /* what was shown */
	enum bulk_result result;   /* BULK_OPEN: nothing yet */
	const char *id;		   /* the workspace */
};
struct bulk_items {
	struct bulk_item *v; /* by pos */
	size_t n;
};

/* A plan: b->id to b->more, its items' ws_n and verdicts. All or nothing. */
struct bulk_pick {
	int64_t ws_n;
	enum bulk_verdict verdict;
};
MUST_USE enum err bulk_add(struct cx *cx, struct db *db, const struct bulk *b,
			   const struct bulk_pick *v, size_t n);
/* ERR_NOT_FOUND; also for another's. */
MUST_USE enum err bulk_get(struct cx *cx, struct db *db, const char *id,
			   int64_t user_id, struct bulk *out);
MUST_USE enum err bulk_items(struct cx *cx, struct db *db, const char *id,
			     struct bulk_items *out);
/* Writes the results of v[n] that are not BULK_OPEN where there is none yet;
 * done: the plan is done. */
MUST_USE enum err bulk_results(struct cx *cx, struct db *db, const char *id,
			       const struct bulk_item *v, size_t n, bool done);
MUST_USE enum err bulk_trim(struct cx *cx, struct db *db, int64_t before_ms);

#endif
