/*
 * Is an open connection in use? Where the site says count_open_connections =
 * traffic, one holds its workspace only while bytes move: pure. SPEC 4.
 *
 * 1. Windows follow each other, each at least traffic_seconds long. Within one
 *    traffic_bytes must move for it to count as use; a longer one (cron was
 *    late) takes as many times more. So what beats steadily below that rate
 *    never adds up to use, however long it goes on.
 * 2. As soon as enough has moved it is in use, and the next window begins.
 * 3. A connection is silent when the last use is traffic_seconds ago. That
 *    which nobody has looked at yet is in use.
 */
#ifndef RULES_TRAFFIC_H
#define RULES_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/words.h"

struct traffic {
	int64_t began_ms; /* of the window at hand; 0: none */
	int64_t used_ms;  /* the end of the last one that counted */
};

/* `moved` bytes since the window began; true: a new one begins now, and what
 * has moved is counted from here. */
bool traffic_look(struct traffic *t, int64_t moved, const struct settings *s,
		  int64_t now_ms);
bool traffic_silent(const struct traffic *t, const struct settings *s,
		    int64_t now_ms);

#endif
