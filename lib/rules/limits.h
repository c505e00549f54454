/* How much may run: pure. SPEC section 8. */
#ifndef RULES_LIMITS_H
#define RULES_LIMITS_H

#include "rules/workspace.h"

/* Does it count: running, being started, or wanted running? */
bool limit_counts(const struct workspace *w);

enum limit_verdict { LIMIT_OK, LIMIT_USER, LIMIT_GLOBAL };
/* May one more be wanted running, when so many count already? 0: none. */
enum limit_verdict limit_judge(const struct settings *s, int64_t of_user,
			       int64_t of_all);

#endif
