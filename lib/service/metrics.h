/* Numbers for Prometheus, text format 0.0.4: metrics.def. */
#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include "base/buf.h"
#include "store/db.h"

/* parked: how many requests this process has parked. */
MUST_USE enum err metrics_print(struct cx *cx, struct db *db, int64_t parked,
				struct buf *out);

#endif
