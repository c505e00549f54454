#include "reconcile/share.h"

#include <stdbool.h>
#include <stdlib.h>

static bool
is_long(enum operation op)
{
	return op == OPERATION_ARCHIVING || op == OPERATION_RESTORING;
}

/* The oldest of each owner first: makes the turns countable. */
static int
by_owner(const void *a, const void *b)
{
	const struct bid *x = a, *y = b;
	bool lx = x->op == OPERATION_ARCHIVING;
	bool ly = y->op == OPERATION_ARCHIVING;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (lx != ly)
		return lx ? 1 : -1;
	return (x->since_ms > y->since_ms) - (x->since_ms < y->since_ms);
}

static int
by_turn(const void *a, const void *b)
{
	const struct bid *x = a, *y = b;
	bool lx = x->op == OPERATION_ARCHIVING;
	bool ly = y->op == OPERATION_ARCHIVING;

	if (lx != ly)
		return lx ? 1 : -1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	if (x->since_ms != y->since_ms)
		return x->since_ms < y->since_ms ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int64_t
taken(const struct bid *busy, size_t n, int64_t owner)
{
	int64_t turns = 0;

	for (size_t i = 0; i < n; i++)
		turns += busy[i].owner == owner;
	return turns;
}

static void
number(struct bid *bids, size_t n, const struct bid *busy, size_t n_busy)
{
	for (size_t i = 0; i < n; i++)
		if (i && bids[i].owner == bids[i - 1].owner)
			bids[i].turn = bids[i - 1].turn + 1;
		else
			bids[i].turn = taken(busy, n_busy, bids[i].owner);
}

static void
swap_up(struct bid *bids, size_t from, size_t to)
{
	struct bid b = bids[from];

	for (; from > to; from--)
		bids[from] = bids[from - 1];
	bids[to] = b;
}

size_t
share(struct bid *bids, size_t n, const struct bid *busy, size_t n_busy,
      int64_t places)
{
	int64_t free_places = places - (int64_t)n_busy;
	int64_t free_long = places > 1 ? places - 1 : 1;
	size_t won = 0;

	for (size_t i = 0; i < n_busy; i++)
		free_long -= is_long(busy[i].op);
	if (n) {
		qsort(bids, n, sizeof *bids, by_owner);
		number(bids, n, busy, n_busy);
		qsort(bids, n, sizeof *bids, by_turn);
	}
	for (size_t i = 0; i < n && (int64_t)won < free_places; i++) {
		if (is_long(bids[i].op) && free_long-- <= 0)
			continue;
		swap_up(bids, i, won++);
	}
	return won;
}
