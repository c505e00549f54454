/* Who did what: logins, admin's acts, intents on other people's things. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/db.h"
#include "store/keyset.h"

/* A field that was changed. NULL: nothing was, or is, there. */
struct audit_change {
	const char *field, *from, *to;
};

struct audit {
	int64_t n;
	int64_t at_ms;
	int64_t user_id;    /* 0: nobody known, or roostctl */
	const char *actor;  /* name as it was, or "roostctl" */
	const char *action; /* "login", "user.disable", "workspace.delete" */
	const char *target; /* never NULL */
	const char *detail; /* never NULL; never a secret */
	struct audit_change *changes; /* only audit_page() reads them */
	size_t n_changes;
};

struct audits {
	struct audit *v;
	size_t n;
};

MUST_USE enum err audit_add(struct cx *cx, struct db *db, int64_t user_id,
			    const char *actor, const char *action,
			    const char *target, const char *detail);
/* The same with the fields that differ; values are cut at 300 characters. */
MUST_USE enum err audit_add_changes(struct cx *cx, struct db *db,
				    int64_t user_id, const char *actor,
				    const char *action, const char *target,
				    const char *detail,
				    const struct audit_change *v, size_t n);
/* Newest first; those with n < before (0: from the newest). */
MUST_USE enum err audit_list(struct cx *cx, struct db *db, int64_t before,
			     int64_t limit, struct audits *out);

struct audit_query {
	const char *actor, *action, *target; /* exact but for case; NULL: all */
	int64_t from_ms, to_ms;		     /* from <= at < to; 0: open */
	const char *cursor;		     /* of a page's ends, or NULL */
	int64_t limit;			     /* 0: 50 */
};
struct audit_page {
	struct audit *v;
	size_t n;
	struct keyset_ends ends;
};
/* Newest first, each with what it changed. ERR_INVALID (cursor). */
MUST_USE enum err audit_page(struct cx *cx, struct db *db,
			     const struct audit_query *q,
			     struct audit_page *out);

struct audit_actions {
	const char **v;
	size_t n;
};
/* Those that occur, in order. */
MUST_USE enum err audit_actions(struct cx *cx, struct db *db,
				struct audit_actions *out);
/* Older ones than before_ms go. */
MUST_USE enum err audit_trim(struct cx *cx, struct db *db, int64_t before_ms);

#endif
