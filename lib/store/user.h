/*
 * People. SPEC section 8.
 *
 * 1. Names are unique without regard to case.
 * 2. The login lock is kept by name, known or not, so that it tells nothing
 *    about which names exist.
 *
 * All functions of store/ that write make a transaction of their own when none
 * was begun. Strings that come out live in cx->arena. Outputs are touched only
 * on success.
 */
#ifndef STORE_USER_H
#define STORE_USER_H

#include "rules/workspace.h"
#include "store/db.h"
#include "store/keyset.h"

enum role {
#define X(role, name) role,
#include "store/role.def"
#undef X
	ROLE__MAX
};
const char *role_name(enum role r);
bool role_parse(const char *name, enum role *r);

struct user {
	int64_t id;
	const char *name;
	const char *password_hash; /* crypt(3); NULL where a session, token or
				      list brought it */
	enum role role;
	int64_t max_running; /* -1: the setting */
	int64_t disabled_ms; /* 0: not disabled */
	int64_t created_ms, updated_ms;
	int64_t last_login_ms; /* 0: never */
	int64_t given_ms;      /* since when an admin's password waits to be
				  changed; 0: it is their own */
	int64_t gone_ms;       /* deleted then; found by id only */
	int64_t workspaces; /* living ones, and those of them that count as */
	int64_t running;    /* running; only lists count them */
};

struct users {
	struct user *v;
	size_t n;
};

/* ERR_EXISTS when there is one with this name. id may be NULL. */
MUST_USE enum err user_add(struct cx *cx, struct db *db, const char *name,
			   const char *password_hash, enum role role,
			   int64_t *id);
/* ERR_NOT_FOUND. Disabled ones are found too. */
MUST_USE enum err user_by_id(struct cx *cx, struct db *db, int64_t id,
			     struct user *out);
MUST_USE enum err user_by_name(struct cx *cx, struct db *db, const char *name,
			       struct user *out);
/* Ordered by name. */
MUST_USE enum err user_list(struct cx *cx, struct db *db, struct users *out);

enum user_which { USER_ALL, USER_ACTIVE, USER_DISABLED };
struct user_query {
	const char *q; /* part of the name, or NULL */
	bool set_role;
	enum role role;
	enum user_which which;
	const char *cursor; /* of a page's ends, or NULL */
	int64_t limit;	    /* 0: 50 */
};
struct user_page {
	struct user *v;
	size_t n;
	int64_t total; /* all that match */
	struct keyset_ends ends;
};
/* Ordered by name. ERR_INVALID (cursor). */
MUST_USE enum err user_page(struct cx *cx, struct db *db,
			    const struct user_query *q, struct user_page *out);

/* ERR_NOT_FOUND when there is no such user; so for all below. given: by an
 * admin, to be changed by its owner. */
MUST_USE enum err user_set_password(struct cx *cx, struct db *db, int64_t id,
				    const char *password_hash, bool given);
MUST_USE enum err user_set_role(struct cx *cx, struct db *db, int64_t id,
				enum role role);
/* max_running -1: the setting counts. */
MUST_USE enum err user_set_limit(struct cx *cx, struct db *db, int64_t id,
				 int64_t max_running);
/* Disabling ends the user's sessions and stops the tokens from working. */
MUST_USE enum err user_set_disabled(struct cx *cx, struct db *db, int64_t id,
				    bool disabled);
/* ERR_STATE while a workspace belongs to the user, a deleted one too. */
MUST_USE enum err user_delete(struct cx *cx, struct db *db, int64_t id);
/* Admins who are not disabled. */
MUST_USE enum err user_count_admins(struct cx *cx, struct db *db, int64_t *n);

/*
 * Counts an attempt to log in as failed before the password is looked at, so
 * that attempts at the same moment cannot pass the lock together; login_ok()
 * takes it back. *locked_until_ms is 0 when the attempt may go on; otherwise it
 * was not counted and must be refused until then. The lock: after 5 failures,
 * 30 s doubling to 30 min.
 */
MUST_USE enum err login_try(struct cx *cx, struct db *db, const char *name,
			    int64_t *locked_until_ms);
/* The password was right: forgets the failures, stamps last_login_ms. */
MUST_USE enum err login_ok(struct cx *cx, struct db *db, const char *name,
			   int64_t user_id);
/* Forgets failures that are older than a day. */
MUST_USE enum err login_expire(struct cx *cx, struct db *db);

#endif
