#include "rules/limits.h"

/* What is just starting takes a place even when it was deleted meanwhile; and
 * one that comes back from the trash does, whatever its status still says. */
bool
limit_counts(const struct workspace *w)
{
	return w->status == STATUS_RUNNING ||
	       w->operation == OPERATION_STARTING ||
	       (!w->deleted_ms && w->desired == STATUS_RUNNING);
}

enum limit_verdict
limit_judge(const struct settings *s, int64_t of_user, int64_t of_all)
{
	if (of_user >= s->v[SETTING_MAX_RUNNING_PER_USER])
		return LIMIT_USER;
	if (of_all >= s->v[SETTING_MAX_RUNNING_GLOBAL])
		return LIMIT_GLOBAL;
	return LIMIT_OK;
}
