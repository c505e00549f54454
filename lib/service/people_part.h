/* What the files of people share. Only for lib/service/people*.c. */
#ifndef SERVICE_PEOPLE_PART_H
#define SERVICE_PEOPLE_PART_H

#include "service/people.h"

/* people.h, invariants 1 and 2: u is about to be no administrator who can
 * come in. Inside the transaction that does it. */
MUST_USE enum err people_may_fall(struct cx *cx, struct db *db,
				  const struct who *who, const struct user *u);

#endif
