/* Who did what: logins, admin's acts, intents on other people's things. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/db.h"

struct audit {
	int64_t n;
	int64_t at_ms;
	int64_t user_id;    /* 0: nobody known, or roostctl */
	const char *actor;  /* name as it was, or "roostctl" */
	const char *action; /* "login", "user.disable", "workspace.delete" */
	const char *target; /* never NULL */
	const char *detail; /* never NULL; never a secret */
};

struct audits {
	struct audit *v;
	size_t n;
};

MUST_USE enum err audit_add(struct cx *cx, struct db *db, int64_t user_id,
			    const char *actor, const char *action,
			    const char *target, const char *detail);
/* Newest first; those with n < before (0: from the newest). */
MUST_USE enum err audit_list(struct cx *cx, struct db *db, int64_t before,
			     int64_t limit, struct audits *out);
/* Older ones than before_ms go. */
MUST_USE enum err audit_trim(struct cx *cx, struct db *db, int64_t before_ms);

#endif
