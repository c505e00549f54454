#include "rules/plan.h"

#include <stddef.h>

/*
 * [what exists][what is wanted]: SPEC section 1. RESTORING stands for both
 * ways up from PENDING; without an archive it is PROVISIONING.
 */
static const enum operation table[STATUS__MAX][STATUS__MAX] = {
	[STATUS_PENDING] =
		{
			[STATUS_STANDBY] = OPERATION_RESTORING,
			[STATUS_RUNNING] = OPERATION_RESTORING,
		},
	[STATUS_STANDBY] =
		{
			[STATUS_PENDING] = OPERATION_ARCHIVING,
			[STATUS_RUNNING] = OPERATION_STARTING,
		},
	[STATUS_RUNNING] =
		{
			[STATUS_PENDING] = OPERATION_STOPPING,
			[STATUS_STANDBY] = OPERATION_STOPPING,
		},
};

/* A home that another archive shall take the place of is packed first. */
static enum status
wanted(const struct workspace *w, enum status judged)
{
	return w->restore_key && judged != STATUS_PENDING ? STATUS_PENDING
							  : w->desired;
}

enum operation
plan(const struct workspace *w, enum status judged)
{
	enum operation o;

	if (w->deleted_ms)
		return w->status == STATUS_DELETED && judged == STATUS_DELETED
			       ? OPERATION_NONE
			       : OPERATION_DELETING;
	/* Undo of a delete: the home comes back from the trash. */
	if (judged == STATUS_DELETED)
		return OPERATION_RESTORING;
	o = table[judged][wanted(w, judged)];
	if (o == OPERATION_RESTORING && !w->archive_key && !w->restore_key)
		return OPERATION_PROVISIONING;
	return o;
}

bool
plan_abandons(const struct workspace *w)
{
	switch (w->operation) {
	case OPERATION_ARCHIVING:
		/* The key is the commit point: after it the home goes. */
		return !workspace_key_is_of_op(w) &&
		       (w->deleted_ms ||
			(w->desired != STATUS_PENDING && !w->restore_key));
	case OPERATION_RESTORING:
		/* Its begin has taken restore_key: this is a newer one. */
		return w->deleted_ms ||
		       ((w->desired == STATUS_PENDING || w->restore_key) &&
			w->status != STATUS_DELETED);
	case OPERATION_STARTING:
		return w->deleted_ms || w->desired != STATUS_RUNNING ||
		       w->restore_key;
	case OPERATION_NONE:
	case OPERATION_PROVISIONING:
	case OPERATION_STOPPING:
	case OPERATION_DELETING:
	case OPERATION__MAX:
	default:
		return false;
	}
}

bool
retry_over(const struct workspace *w, const struct settings *s)
{
	return w->status == STATUS_ERROR &&
	       (!reason_retries(w->error_reason) ||
		w->error_count >= s->v[SETTING_MAX_RETRIES]);
}

bool
retry_due(const struct workspace *w, const struct settings *s, int64_t now_ms)
{
	return w->status == STATUS_ERROR && !retry_over(w, s) &&
	       w->next_retry_ms <= now_ms;
}

int64_t
retry_pause_ms(int64_t count, int64_t base_s, uint32_t random)
{
	const int64_t most = INT64_C(3600) * 1000;
	int64_t pause = base_s * 1000, half;

	while (--count > 0 && pause < most)
		pause *= 2;
	if (pause > most)
		pause = most;
	half = pause / 2;
	return half + (int64_t)((uint64_t)half * random / UINT32_MAX);
}
