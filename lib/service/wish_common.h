/* What the wishes share. Only for lib/service/. */
#ifndef SERVICE_WISH_COMMON_H
#define SERVICE_WISH_COMMON_H

#include "service/wish.h"

/* Is there a place for one more of this owner's, with so many more than those
 * that count? */
MUST_USE enum err limit_look(struct cx *cx, struct db *db, int64_t owner_id,
			     int64_t more_of_user, int64_t more_of_all,
			     enum limit_verdict *verdict);
/* ERR_RUNNING_LIMIT when one more of this owner's may not be wanted running.
 * Inside the transaction that takes the place. */
MUST_USE enum err limit_admit(struct cx *cx, struct db *db, int64_t owner_id);
MUST_USE enum err wish_audit(struct cx *cx, struct db *db,
			     const struct who *who, const char *action,
			     const struct workspace *w, const char *detail);
/* Ends a transaction: commits when e is OK, else rolls back; returns e. */
MUST_USE enum err wish_end(struct cx *cx, struct db *db, enum err e);

#endif
