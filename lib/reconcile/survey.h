/*
 * A look at all archives, at homes and at instances, for an administrator who
 * has asked for it (store/survey.h). A web program never touches these; the
 * next pass does, and writes down what it found.
 *
 * 1. A look changes nothing. A collection takes away what gc.h lets go, by
 *    the same code, and ends instances that no workspace knows: what they ran
 *    on stays. A home without a workspace is reported and never touched.
 * 2. It may be killed at any point and is then done again: the survey is open
 *    until its report is written, in one transaction.
 * 3. When the store cannot be read nothing is touched, and the report says so.
 */
#ifndef RECONCILE_SURVEY_H
#define RECONCILE_SURVEY_H

#include "reconcile/world.h"

/* Has somebody asked? */
MUST_USE enum err survey_due(struct cx *cx, struct world *w, bool *due);
/* Answers all that were asked for. w->set must have been read. What fails is
 * told to who asked, and returned. */
MUST_USE enum err survey_run(struct cx *cx, struct world *w);

#endif
