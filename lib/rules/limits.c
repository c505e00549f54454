#include "rules/limits.h"

bool
limit_counts(const struct workspace *w)
{
	if (w->status == STATUS_DELETED || w->deleted_ms)
		return w->status == STATUS_RUNNING;
	return w->status == STATUS_RUNNING || w->desired == STATUS_RUNNING ||
	       w->operation == OPERATION_STARTING;
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
