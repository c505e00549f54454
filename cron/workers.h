/*
 * The processes that a pass has started: a worker per operation, and one for
 * the chores.
 *
 * 1. They are children with a session of their own and nothing of ours open
 *    but their lock; they go on when the pass ends.
 * 2. The same operation is begun at most twice by one pass: a worker that
 *    dies at once must not keep the pass busy. The next pass tries again.
 */
#ifndef CRON_WORKERS_H
#define CRON_WORKERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cx.h"

struct worker {
	pid_t pid;
	int pidfd;
	bool chores;
};

struct tried {
	char op_id[37];
	int times;
};

struct workers {
	struct worker *v;
	size_t n, cap;
	struct tried *tried;
	size_t n_tried, cap_tried;
	int64_t done, failed, abandoned, broken; /* of those that ended */
};

/* Takes lock_fd in any case. ERR_BUSY: begun twice already. */
MUST_USE enum err workers_start(struct cx *cx, struct workers *ws,
				const char *id, const char *op_id, int lock_fd);
MUST_USE enum err workers_start_chores(struct cx *cx, struct workers *ws);
/* Forgets those that ended, and counts how. True when there was one. */
bool workers_reap(struct workers *ws);
/* Those that work on operations. */
size_t workers_busy(const struct workers *ws);
void workers_free(struct workers *ws);

#endif
