#include "rules/bulk.h"

#include <string.h>

static const char *const verbs[BULK_VERB__MAX] = {
#define X(verb, name) [verb] = name,
#include "rules/bulk.def"
#undef X
};

static const struct {
	const char *name;
	int weight;
} verdicts[BULK_VERDICT__MAX] = {
#define X(verdict, name, weight) [verdict] = {name, weight},
#include "rules/bulkverdict.def"
#undef X
};

static const char *const results[BULK_RESULT__MAX] = {
#define X(result, name) [result] = name,
#include "rules/bulkresult.def"
#undef X
};

const char *
bulk_verb_name(enum bulk_verb v)
{
	return verbs[v];
}

bool
bulk_verb_parse(const char *name, enum bulk_verb *v)
{
	for (unsigned i = 0; i < BULK_VERB__MAX; i++)
		if (strcmp(verbs[i], name) == 0) {
			*v = i;
			return true;
		}
	return false;
}

const char *
bulk_verdict_name(enum bulk_verdict v)
{
	return verdicts[v].name;
}

bool
bulk_verdict_parse(const char *name, enum bulk_verdict *v)
{
	for (unsigned i = 0; i < BULK_VERDICT__MAX; i++)
		if (strcmp(verdicts[i].name, name) == 0) {
			*v = i;
			return true;
		}
	return false;
}

bool
bulk_does(enum bulk_verdict v)
{
	return verdicts[v].weight > 0;
}

const char *
bulk_result_name(enum bulk_result r)
{
	return results[r];
}

bool
bulk_result_parse(const char *name, enum bulk_result *r)
{
	for (unsigned i = 0; i < BULK_RESULT__MAX; i++)
		if (strcmp(results[i], name) == 0) {
			*r = i;
			return true;
		}
	return false;
}

static bool
used(const struct workspace *w)
{
	return w->connections > 0;
}

/* In error it holds its place too, and can give it up. */
static enum bulk_verdict
judge_stop(const struct workspace *w)
{
	if (w->desired != STATUS_RUNNING)
		return BULK_ALREADY;
	return used(w) ? BULK_STOPS_USED : BULK_STOPS;
}

static enum bulk_verdict
judge_start(const struct workspace *w)
{
	if (w->status == STATUS_ERROR)
		return BULK_IN_ERROR;
	if (w->desired == STATUS_RUNNING)
		return BULK_ALREADY;
	return w->status == STATUS_PENDING && w->archive_key != NULL
		       ? BULK_RESTORES
		       : BULK_STARTS;
}

static enum bulk_verdict
judge_archive(const struct workspace *w)
{
	if (w->status == STATUS_ERROR)
		return BULK_IN_ERROR;
	if (w->desired == STATUS_PENDING)
		return BULK_ALREADY;
	if (w->status == STATUS_PENDING)
		return BULK_NO_HOME;
	if (used(w))
		return BULK_ARCHIVES_USED;
	return w->status == STATUS_RUNNING ? BULK_STOPS_ARCHIVES
					   : BULK_ARCHIVES;
}

/* With the reason gone it was pressed already, and is about to be looked at. */
static enum bulk_verdict
judge_recover(const struct workspace *w)
{
	if (w->status != STATUS_ERROR)
		return BULK_NOT_IN_ERROR;
	return w->error_reason == REASON_NONE ? BULK_ALREADY : BULK_RECOVERS;
}

enum bulk_verdict
bulk_judge(enum bulk_verb verb, const struct workspace *w)
{
	if (w->deleted_ms != 0)
		return BULK_IS_DELETED;
	switch (verb) {
	case BULK_STOP:
		return judge_stop(w);
	case BULK_START:
		return judge_start(w);
	case BULK_ARCHIVE:
		return judge_archive(w);
	case BULK_DELETE:
		return used(w) ? BULK_DELETES_USED : BULK_DELETES;
	case BULK_RECOVER:
	case BULK_VERB__MAX:
	default:
		return judge_recover(w);
	}
}

bool
bulk_covers(enum bulk_verdict said, enum bulk_verdict now)
{
	return bulk_does(now) && verdicts[now].weight <= verdicts[said].weight;
}
