/* A site in a temporary directory, for tests. */
#ifndef SUPPORT_TMPSITE_H
#define SUPPORT_TMPSITE_H

#include "base/config.h"

struct tmpsite {
	char dir[128];
	struct site site;
	struct cx cx; /* begun on that site */
};

/* Makes the directories (homes, archives, run, log) and roost.conf with
 * `more` (may be NULL) in it. Aborts the test when that fails. */
void tmpsite_open(struct tmpsite *t, const char *more);
void tmpsite_close(struct tmpsite *t); /* removes all of it */

#endif
