/*
 * Badges: a secret that lets whoever has it do one thing, for a short while.
 * Who may write to the site's run directory issues one; every program of the
 * site can tell whether a secret that a stranger brings is it.
 *
 * 1. run/badge.NAME holds a hash of the secret, never the secret.
 * 2. It counts only when it is the site's user's (or root's) own plain file
 *    that nobody else may write, and for at most BADGE_MOST_MS.
 * 3. Who issued it drops it; one that was forgotten ends by itself.
 */
#ifndef BASE_BADGE_H
#define BASE_BADGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cx.h"
#include "base/id.h"

#define BADGE_MOST_MS INT64_C(180000)

enum badge {
#define X(badge, name, what) badge,
#include "base/badge.def"
#undef X
	BADGE__MAX
};

/* A new one in place of the old; note is one line for whoever checks it. */
MUST_USE enum err badge_issue(struct cx *cx, enum badge t, int64_t ttl_ms,
			      const char *note, char secret[ID_SECRET_LEN + 1]);
/* Is this its secret (NULL: no)? Then *note is in cx's arena. */
bool badge_holds(struct cx *cx, enum badge t, const char *secret,
		 const char **note);
void badge_drop(struct cx *cx, enum badge t);

#endif
