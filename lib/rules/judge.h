/*
 * From what was seen to a status: pure. SPEC section 1, invariants 1, 2, 7.
 *
 * 1. A failed look is LOOK_UNKNOWN, never LOOK_ABSENT; nothing is concluded
 *    from it.
 * 2. A home that was known and is absent without an operation that takes it
 *    away is DataLost; it is never taken for PENDING.
 */
#ifndef RULES_JUDGE_H
#define RULES_JUDGE_H

#include "rules/workspace.h"

enum look { LOOK_UNKNOWN, LOOK_ABSENT, LOOK_PRESENT };

struct seen {
	enum look home;	    /* the home in its place */
	enum look instance; /* alive by its lock */
	enum look trash; /* workspace's trash_key, or this op's, in the trash */
};

struct judgement {
	bool known;	    /* false: a look failed; leave the row alone */
	enum status status; /* PENDING, STANDBY, RUNNING, ERROR, DELETED */
	enum reason reason; /* why, when ERROR */
};

/* What the row's status should say, given what was seen. */
struct judgement judge(const struct workspace *w, const struct seen *seen);

#endif
