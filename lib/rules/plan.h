/*
 * From a status and a wish to the next operation: pure. SPEC sections 1, F8.
 */
#ifndef RULES_PLAN_H
#define RULES_PLAN_H

#include "rules/workspace.h"

/*
 * The operation that brings a workspace of that (judged) status one level
 * nearer to what is wanted; NONE when it is there or must not be touched
 * (ERROR). A delete goes before everything.
 */
enum operation plan(const struct workspace *w, enum status judged);

/*
 * Must the operation at work be given up, because the newest intent wants
 * something else? Only before its commit point. SPEC 1 (abandonment).
 */
bool plan_abandons(const struct workspace *w);

/* May an ERROR be tried again by itself now? */
bool retry_due(const struct workspace *w, const struct settings *s,
	       int64_t now_ms);
/* Must a person act (count reached, or a reason that does not retry)? */
bool retry_over(const struct workspace *w, const struct settings *s);
/* Pause before the retry after failure number count (1..): base *
 * 2^(count-1), half of it random (random: 0..UINT32_MAX), at most an hour.
 * Milliseconds. */
int64_t retry_pause_ms(int64_t count, int64_t base_s, uint32_t random);

#endif
