/*
 * When idleness puts a workspace to sleep: pure. SPEC F3, section 4.
 *
 * 1. Times are compared, passes are never counted. A TTL of 0 means never.
 * 2. A rule speaks only where the wish equals the status and nothing is being
 *    done or deleted.
 * 3. idle_since_ms decides whether connections hold an instance: 0 while those
 *    that count are open. `connections` is what people are told.
 * 4. Time for which somebody kept it counts as use: workspace_ttl_wish()
 *    moves last_access_ms there when it stops.
 */
#ifndef RULES_TTL_H
#define RULES_TTL_H

#include "rules/workspace.h"

enum hold {
#define X(hold, name, what) hold,
#include "rules/hold.def"
#undef X
	HOLD__MAX
};

const char *hold_name(enum hold h);
const char *hold_what(enum hold h);

/* Why it runs on, as the row says. */
enum hold ttl_hold(const struct workspace *w);

/*
 * The wish that a TTL rule sets now: STANDBY for a RUNNING one whose last
 * connection, request and start are standby_ttl ago and that nobody keeps;
 * PENDING for a STANDBY one whose last access is archive_ttl ago. False: none.
 */
bool ttl_wish(const struct workspace *w, int64_t now_ms, enum status *wish);

/* When the rules will stop or archive it if nobody does anything more; 0: not,
 * or not known (somebody is connected). The next pass after that moment does
 * it. A running one with a time to stop has one to be archived, too. */
int64_t ttl_stops_ms(const struct workspace *w);
int64_t ttl_archives_ms(const struct workspace *w);

#endif
