/*
 * Whose turn it is: pure. SPEC section 3 (act).
 *
 * 1. What somebody waits for goes before what nobody waits for (ARCHIVING).
 * 2. Owners take turns; within one owner the oldest goes first. What an owner
 *    has at work already counts as turns taken.
 * 3. Of two or more places the last one is never given to an operation that
 *    may take long (ARCHIVING, RESTORING), so that these cannot starve
 *    wakes.
 */
#ifndef RECONCILE_SHARE_H
#define RECONCILE_SHARE_H

#include <stddef.h>

#include "rules/workspace.h"

struct bid {
	int64_t owner;
	int64_t since_ms; /* waits since */
	enum operation op;
	size_t at; /* the caller's own index */
	/* For share(). */
	int64_t turn;
};

/*
 * Puts the bids that get a place first, in order, and returns how many.
 * busy[n_busy]: what is at work already (op and owner).
 */
size_t share(struct bid *bids, size_t n, const struct bid *busy, size_t n_busy,
	     int64_t places);

#endif
