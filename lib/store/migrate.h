/*
 * Inside of store/: from an older schema to the newest. SPEC section 10.
 *
 * 1. A database is either as it was or as the newest version wants it: all
 *    steps are one transaction.
 * 2. A newer database is refused and not written to.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/sql.h"

/* From version `from` to `from` + 1. */
struct migrate_step {
	int64_t from;
	const char *sql;
};

struct migrate_plan {
	int64_t newest;	    /* user_version that `schema` sets */
	const char *schema; /* makes an empty database the newest */
	const struct migrate_step *steps;
	size_t n_steps;
};

extern const struct migrate_plan migrate_plan;

/* ERR_VERSION when newer (or, unless `may`, older); ERR_CORRUPT when it is no
 * database of ours. OK with *todo when migrate_run() is needed. */
MUST_USE enum err migrate_look(struct cx *cx, struct db *db,
			       const struct migrate_plan *plan, bool may,
			       bool *todo);
MUST_USE enum err migrate_run(struct cx *cx, struct db *db,
			      const struct migrate_plan *plan);

#endif
