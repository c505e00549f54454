/* A look at a whole tree before it is archived. */
#ifndef ARCHIVE_MEASURE_H
#define ARCHIVE_MEASURE_H

#include "archive/tick.h"

struct measure {
	int64_t bytes;	    /* of files, holes and further names not counted */
	int64_t files;	    /* what an archive has as entries */
	int64_t changed_ms; /* newest change of anything in it */
};

MUST_USE enum err measure_tree(struct cx *cx, const char *path,
			       struct tick *tick, struct measure *out);

#endif
