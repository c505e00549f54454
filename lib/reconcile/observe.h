/*
 * What there is: the rows that need something and what was seen of each.
 * SPEC section 3 (observe).
 *
 * 1. The rows are read before the world is looked at: a row that says
 *    RUNNING was so before the listing, and who begins operations is only
 *    the pass itself.
 * 2. One listing of instances and one batch of homes per round.
 * 3. What could not be seen is LOOK_UNKNOWN, and the round says so.
 * 4. A row with an operation comes with its lock, taken: its worker is dead;
 *    or it is `held`: a worker lives, and nothing is concluded about it.
 */
#ifndef RECONCILE_OBSERVE_H
#define RECONCILE_OBSERVE_H

#include "reconcile/world.h"
#include "rules/judge.h"
#include "store/workspace.h"

/* Who uses an instance, as one look tells. */
struct use {
	int64_t connections; /* -1: not known */
	bool silent;	     /* none of them counts */
	int64_t used_ms;     /* when those that do last did; silent: until
				when */
};

struct sight {
	struct workspace ws;
	struct seen seen;
	const struct instance *inst; /* NULL: none, or not known */
	int lock_fd;		     /* -1: not taken */
	bool held;
	struct use use;	   /* set before the activity is weighed */
	enum operation op; /* planned by the pass: NONE or the next one */
	enum status judged;
};

struct view {
	struct sight *v; /* in cx's arena */
	size_t n;
	struct instances instances;
	bool blind; /* a look failed; cx->why of it in why */
	char why[512];
	size_t homes;	/* seen in their place */
	size_t strange; /* instances whose workspace is not known */
};

/* full: also all that run and all whose archive is due, and `more` ids. */
MUST_USE enum err observe(struct cx *cx, struct world *w, bool full,
			  const char *const more[], size_t n_more,
			  struct view *out);
/* Gives back the locks that nobody took over, and their files. */
void view_release(struct cx *cx, struct view *v);

#endif
