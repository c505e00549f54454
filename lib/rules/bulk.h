/* The same wish for many workspaces: what it means to each. Pure. */
#ifndef RULES_BULK_H
#define RULES_BULK_H

#include "rules/workspace.h"

#define BULK_MOST 200 /* workspaces at once */

enum bulk_verb {
#define X(verb, name) verb,
#include "rules/bulk.def"
#undef X
	BULK_VERB__MAX
};
const char *bulk_verb_name(enum bulk_verb v);
bool bulk_verb_parse(const char *name, enum bulk_verb *v);

enum bulk_verdict {
#define X(verdict, name, weight) verdict,
#include "rules/bulkverdict.def"
#undef X
	BULK_VERDICT__MAX
};
const char *bulk_verdict_name(enum bulk_verdict v);
bool bulk_verdict_parse(const char *name, enum bulk_verdict *v);
bool bulk_does(enum bulk_verdict v); /* false: it says why not */

enum bulk_result {
#define X(result, name) result,
#include "rules/bulkresult.def"
#undef X
	BULK_RESULT__MAX
};
const char *bulk_result_name(enum bulk_result r);
bool bulk_result_parse(const char *name, enum bulk_result *r);

/* What the verb would do to it as it stands. Limits are not looked at: they
 * are not of one workspace. */
enum bulk_verdict bulk_judge(enum bulk_verb verb, const struct workspace *w);
/* Who agreed to `said` has agreed to `now` too (both of the same verb). */
bool bulk_covers(enum bulk_verdict said, enum bulk_verdict now);

#endif
