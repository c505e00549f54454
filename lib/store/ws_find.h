/*
 * All workspaces that a filter fits, of every owner, a page at a time: for
 * administrators. SPEC section 9.
 *
 * A page costs what it shows where the filter names an owner, a phase, an app
 * or a time of use; parts of names and the rest are looked for row by row.
 */
#ifndef STORE_WS_FIND_H
#define STORE_WS_FIND_H

#include "rules/filter.h"
#include "store/keyset.h"
#include "store/workspace.h"

struct ws_find {
	const struct filter *filter;
	int64_t owner_id;   /* who filter->owner is; 0: of all */
	bool unused_first;  /* not used for the longest time first; else the
				newest first */
	const char *cursor; /* of store/keyset.h */
	int64_t limit;
};

struct ws_found {
	struct workspace *v;
	size_t n;
	int64_t total; /* of all that fit */
	struct keyset_ends ends;
};

/* ERR_INVALID (cursor). */
MUST_USE enum err workspace_find(struct cx *cx, struct db *db,
				 const struct ws_find *q, struct ws_found *out);

/* How many living workspaces each app has: names that the site may not know
 * any more. */
struct ws_app {
	const char *app;
	int64_t workspaces, running;
};
struct ws_apps {
	struct ws_app *v; /* by name */
	size_t n;
};
MUST_USE enum err workspace_apps(struct cx *cx, struct db *db,
				 struct ws_apps *out);

#endif
