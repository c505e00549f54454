/*
 * Is the site well? For /healthz, the admin page and roostctl doctor.
 *
 * 1. A look that failed makes a check false, it never fails the whole: a sick
 *    site must still be able to say so.
 */
#ifndef SERVICE_HEALTH_H
#define SERVICE_HEALTH_H

#include "store/db.h"
#include "store/pass.h"

#define HEALTH_CRON_LATE_MS INT64_C(180000) /* SPEC section 3 */

struct health {
	bool database; /* answers questions */
	bool cron;     /* ran within three minutes, or is not expected */
	bool cron_expected;
	int64_t cron_ms; /* start of its last pass; 0: never */
	bool disk;	 /* room for homes and archives */
	int64_t free_bytes, free_inodes;
	bool pass; /* the last pass ended without errors, or is at work */
	bool has_last;
	struct pass last; /* when has_last */
};

void health_look(struct cx *cx, struct db *db, struct health *out);
bool health_good(const struct health *h); /* all checks */

#endif
