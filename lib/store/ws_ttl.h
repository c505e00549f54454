/* TTLs of many workspaces at once: what a change of the settings may do. */
#ifndef STORE_WS_TTL_H
#define STORE_WS_TTL_H

#include "store/workspace.h"

/* Of one of the two TTLs. */
struct ws_ttl_change {
	bool change;
	int64_t to;   /* seconds */
	int64_t only; /* only where it is that; -1: everywhere */
};

/* Of living workspaces: how many get another TTL. */
MUST_USE enum err workspace_ttl_touched(struct cx *cx, struct db *db,
					const struct ws_ttl_change *standby,
					const struct ws_ttl_change *archive,
					int64_t *n);
/* They get it. */
MUST_USE enum err workspace_ttl_set(struct cx *cx, struct db *db,
				    const struct ws_ttl_change *standby,
				    const struct ws_ttl_change *archive);
/* At most limit of those with that status (RUNNING or STANDBY), and of each no
 * more than what the TTL rules ask for; the rest is zeroed. */
MUST_USE enum err workspace_ttl_rows(struct cx *cx, struct db *db,
				     enum status status, int64_t limit,
				     struct workspaces *out);
/* Owners of whom more count as running than they may, were the setting
 * per_user; and how many count in all. */
MUST_USE enum err workspace_count_over(struct cx *cx, struct db *db,
				       int64_t per_user, int64_t *owners,
				       int64_t *running);

#endif
