/*
 * One operation at work: what a worker does. SPEC sections 1, 3.
 *
 * 1. The caller holds run/{id}.lock for as long as it works.
 * 2. Every step may be done again after a crash at any point.
 * 3. The newest intent is looked at every 100 ms; an operation that nobody
 *    wants any more is given up before its commit point, without an error.
 * 4. What is committed at the end is what was seen, not what was asked for.
 * 5. A row whose op_id is not ours any more is left alone.
 */
#ifndef RECONCILE_JOB_H
#define RECONCILE_JOB_H

#include "reconcile/world.h"
#include "store/operation.h"

struct job {
	struct cx *cx;
	struct world *w;
	struct workspace ws; /* the row as the work began */
	int64_t deadline_ms; /* clock_mono_ms */
	int64_t limit_s;     /* of this operation, for the message */
	int64_t looked_ms, told_ms;
	int64_t done, total;
	const char *unit;
	bool abandoned;	    /* the intent changed */
	bool taken;	    /* the row has another op_id: not ours */
	enum reason reason; /* set by job_fail; else taken from the error */
};

/* How an operation ended, for the commit. */
struct outcome {
	enum result result;	  /* RUNNING: not concluded by us */
	enum status status;	  /* seen at the end */
	struct endpoint endpoint; /* of a start; address "" when none */
	int64_t bytes;		  /* moved by it, for the history */
	bool untrashed;		  /* its home is not in the trash any more */
	const char *purge;	  /* this trash entry is to go at once; NULL */
};

/* Does the operation of the row; OK whenever the row was left in a state
 * that a pass can go on from (ERROR included). */
MUST_USE enum err job_run(struct cx *cx, struct world *w, const char *id,
			  const char *op_id, struct outcome *out);
/* What may follow when the row's lock is free again: purging the trash. */
void job_after(struct cx *cx, struct world *w, const struct outcome *out);

/* The level where an operation ends when it went well; of this row, since an
 * undo of one that had no home comes back to PENDING: *seen says so then. */
enum status job_target(const struct workspace *ws, enum status *seen);
/* A row's time limit has passed since its operation began, the time before
 * this boot of the machine not counted. */
bool job_late(const struct cx *cx, const struct world *w,
	      const struct workspace *ws);

/* For the steps. */
bool job_quit(void *arg);
bool job_quit_now(struct job *j); /* looks at the row in any case */
bool job_tell(void *arg, int64_t done, int64_t total);
struct progress job_progress(struct job *j, const char *unit);
enum err job_fail(struct job *j, enum reason reason, const char *fmt, ...)
	PRINTF(3, 4);
/* Is the home there, is the instance alive? */
MUST_USE enum err job_home(struct job *j, bool *there);
MUST_USE enum err job_alive(struct job *j, bool *alive);

MUST_USE enum err job_provision(struct job *j, struct outcome *out);
MUST_USE enum err job_restore(struct job *j, struct outcome *out);
MUST_USE enum err job_start(struct job *j, struct outcome *out);
MUST_USE enum err job_stop(struct job *j, struct outcome *out);
MUST_USE enum err job_archive(struct job *j, struct outcome *out);
MUST_USE enum err job_delete(struct job *j, struct outcome *out);

#endif
