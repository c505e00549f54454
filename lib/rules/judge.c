#include "rules/judge.h"

static struct judgement
is(enum status status)
{
	return (struct judgement){.known = true, .status = status};
}

static struct judgement
wrong(enum reason reason)
{
	return (struct judgement){.known = true,
				  .status = STATUS_ERROR,
				  .reason = reason};
}

/* The last status that says whether there was a home. */
static enum status
last_level(const struct workspace *w)
{
	return w->status == STATUS_ERROR ? w->previous_status : w->status;
}

/*
 * Is the home's absence explained? Nothing was there yet; or the operation
 * at work takes it away: a delete, or an archive that is committed under
 * this operation's own key (invariant 3: the key comes first).
 */
static bool
absence_explained(const struct workspace *w)
{
	if (status_level(last_level(w)) < status_level(STATUS_STANDBY))
		return true;
	if (w->deleted_ms || w->operation == OPERATION_DELETING)
		return true;
	return w->operation == OPERATION_ARCHIVING && workspace_key_is_of_op(w);
}

static struct judgement
judge_without_home(const struct workspace *w, const struct seen *seen)
{
	if (seen->instance == LOOK_PRESENT)
		return w->deleted_ms ? is(STATUS_RUNNING)
				     : wrong(REASON_INSTANCE_WITHOUT_HOME);
	if (!absence_explained(w))
		return wrong(REASON_DATA_LOST);
	return is(STATUS_PENDING);
}

struct judgement
judge(const struct workspace *w, const struct seen *seen)
{
	if (seen->home == LOOK_UNKNOWN || seen->instance == LOOK_UNKNOWN)
		return (struct judgement){.known = false, .status = w->status};
	/* DELETED is said by the DELETING operation, and holds while nothing
	 * came back, also while an undo is at work. */
	if (w->status == STATUS_DELETED && seen->home == LOOK_ABSENT &&
	    seen->instance == LOOK_ABSENT)
		return is(STATUS_DELETED);
	if (seen->home == LOOK_ABSENT)
		return judge_without_home(w, seen);
	return is(seen->instance == LOOK_PRESENT ? STATUS_RUNNING
						 : STATUS_STANDBY);
}
