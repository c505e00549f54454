/*
 * The world of a pass: the database and the outside, as tables of functions,
 * so that a test can bring its own. SPEC section 3.
 *
 * 1. Nothing in here is remembered between passes; what must last is in the
 *    database or on the disk.
 * 2. Only the top level logs: what is worth a line goes through `note`.
 */
#ifndef RECONCILE_WORLD_H
#define RECONCILE_WORLD_H

#include "archive/archive.h"
#include "base/cx.h"
#include "engine/engine.h"
#include "home/home.h"
#include "rules/workspace.h"
#include "store/db.h"

struct world {
	struct db *db;
	const struct engine_ops *engine;
	const struct home_ops *home;
	const struct store_ops *store;
	struct settings set; /* read anew each round */
	/*
	 * Lets a worker do the operation that the row names now. lock_fd holds
	 * run/{id}.lock; it belongs to the callee, also when this fails.
	 */
	enum err (*spawn)(struct cx *cx, struct world *w,
			  const struct workspace *ws, int lock_fd);
	/* A line for the person who reads cron's mail. May be NULL. */
	void (*say)(void *arg, const char *line);
	/* An event for the log: what, which workspace, detail. May be NULL. */
	void (*note)(void *arg, const struct cx *cx, const char *event,
		     const char *id, const char *detail);
	void *arg;
};

static inline void
world_note(const struct world *w, const struct cx *cx, const char *event,
	   const char *id, const char *detail)
{
	if (w->note)
		w->note(w->arg, cx, event, id, detail);
}

#endif
