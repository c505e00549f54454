/*
 * roost-reconcile: what the parts of the program share. SPEC section 3.
 *
 *   roost-reconcile --site DIR [--kick]     a pass
 *   ... --worker ID OP_ID --lock FD         one operation, begun by a pass
 *   ... --chores                            archives and trash, by a pass
 *   ... --warm                              the web server's pools, by a pass
 *
 * Exit status of a pass: 0 when it did its work (or another one does it), 1
 * when it could not, 2 for a wrong command line. stderr is for the person
 * who reads cron's mail; the log is {log_dir}/reconcile.log.
 */
#ifndef CRON_CRON_H
#define CRON_CRON_H

#include "reconcile/world.h"
#include "store/pass.h"

/* Opens the database, finds engine, homes and store. */
MUST_USE enum err world_open(struct cx *cx, enum db_mode mode, struct world *w);
void world_close(struct world *w);
/* Sends the log to its file; a very long one becomes reconcile.log.1. */
MUST_USE enum err log_start(struct cx *cx);
int log_file(void); /* its descriptor */

/* The whole pass; returns the exit status. */
int pass_main(struct cx *cx, enum passkind kind);
/* One operation; returns the exit status, one of WORKER_*. */
int worker_main(struct cx *cx, const char *id, const char *op_id, int lock_fd,
		long parent);
int chores_main(struct cx *cx);
int warm_main(struct cx *cx);

enum worker_exit {
	WORKER_DONE = 0,
	WORKER_BROKEN = 1, /* it could not even write down how it ended */
	WORKER_FAILED = 10,
	WORKER_ABANDONED = 11,
	WORKER_NOT_OURS = 12
};

/* Becomes a pass, since nobody else may look again for a long time. */
void become_pass(struct cx *cx);

#endif
