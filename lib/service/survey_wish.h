/* An administrator asks for a look at stores, homes, instances. SPEC 6, 9. */
#ifndef SERVICE_SURVEY_WISH_H
#define SERVICE_SURVEY_WISH_H

#include "service/auth.h"
#include "store/survey.h"

/* The next pass does it; who asked for what is in the audit. */
MUST_USE enum err survey_wish(struct cx *cx, struct db *db,
			      const struct who *who, enum survey_what what);

#endif
