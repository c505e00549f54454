/*
 * When idleness puts a workspace to sleep: pure. SPEC F3, section 4.
 * Times are compared, passes are never counted. A TTL of 0 means never.
 */
#ifndef RULES_TTL_H
#define RULES_TTL_H

#include "rules/workspace.h"

/*
 * The wish that a TTL rule sets now: STANDBY for a RUNNING one whose last
 * connection, request and start are standby_ttl ago; PENDING for a STANDBY
 * one whose last access is archive_ttl ago. False: none. Only where the
 * wish still equals the status and nothing is being done or deleted.
 */
bool ttl_wish(const struct workspace *w, int64_t now_ms, enum status *wish);

/* When the rules will stop or archive it as it stands now; 0: not. */
int64_t ttl_stops_ms(const struct workspace *w);
int64_t ttl_archives_ms(const struct workspace *w);

#endif
