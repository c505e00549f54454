/* One operation in a process of its own: SPEC section 3 (act, commit). */
#include <fcntl.h>
#include <unistd.h>

#include "base/config.h"
#include "base/lock.h"
#include "base/log.h"
#include "cron/bell.h"
#include "cron/cron.h"
#include "reconcile/job.h"
#include "reconcile/pass.h"
#include "reconcile/warm.h"
#include "store/setting.h"
#include "store/workspace.h"

/* Past its limit a worker that hangs where no deadline reaches is ended by
 * the kernel; its lock is free then and the pass says Timeout. */
#define GRACE_S 60
/* The chores go on with the next pass where they were. */
#define CHORES_S (6 * 3600)
/* All its requests have deadlines. */
#define WARM_S 60

static enum err
set_alarm(struct cx *cx, struct world *w, const char *id)
{
	struct workspace ws;
	enum err e;

	if ((e = workspace_get(cx, w->db, id, &ws)))
		return e;
	if (ws.operation != OPERATION_NONE)
		alarm((unsigned)w->set.v[operation_limit(ws.operation)] +
		      GRACE_S);
	return OK;
}

static int
exit_of(enum err e, const struct outcome *out)
{
	if (e)
		return WORKER_BROKEN;
	switch ((int)out->result) {
	case RESULT_OK:
		return WORKER_DONE;
	case RESULT_FAILED:
		return WORKER_FAILED;
	case RESULT_ABANDONED:
		return WORKER_ABANDONED;
	default:
		return WORKER_NOT_OURS;
	}
}

void
become_pass(struct cx *cx)
{
	const char *self = arena_printf(&cx->arena, "%s/roost-reconcile",
					site_libexec(cx));

	execl(self, self, "--site", cx->site->dir, "--kick", (char *)NULL);
}

static enum err
work(struct cx *cx, struct world *w, const char *id, const char *op_id,
     struct outcome *out)
{
	enum err e;

	if ((e = world_open(cx, DB_WRITE, w)) ||
	    (e = settings_load(cx, w->db, &w->set)) ||
	    (e = set_alarm(cx, w, id)))
		return e;
	return job_run(cx, w, id, op_id, out);
}

/*
 * The lock goes before what may take long and needs it no more. When the
 * pass that began us has gone, nobody else would go on from here before cron
 * does: so this process looks itself.
 */
int
worker_main(struct cx *cx, const char *id, const char *op_id, int lock_fd,
	    long parent)
{
	struct outcome out = {.result = RESULT_RUNNING};
	struct world w = {0};
	enum err e;

	fcntl(lock_fd, F_SETFD, FD_CLOEXEC);
	e = work(cx, &w, id, op_id, &out);
	if (e)
		log_fail(cx, "worker");
	alarm(0);
	/* Nobody needs the file of a lock that nobody holds: run/ would keep
	 * one for each workspace there ever was. */
	lock_remove(site_run_path(cx, id, ".lock"), lock_fd);
	if (!e)
		job_after(cx, &w, &out);
	world_close(&w);
	if (!e && parent != (long)getppid())
		become_pass(cx);
	return exit_of(e, &out);
}

int
chores_main(struct cx *cx)
{
	struct world w = {0};
	enum err e;

	alarm(CHORES_S);
	if (!(e = world_open(cx, DB_WRITE, &w)))
		e = pass_chores(cx, &w);
	if (e && e != ERR_BUSY)
		log_fail(cx, "chores");
	world_close(&w);
	return e && e != ERR_BUSY;
}

int
warm_main(struct cx *cx)
{
	enum err e;

	alarm(WARM_S);
	e = warm_round(cx);
	if (e && e != ERR_BUSY)
		log_fail(cx, "warm");
	return e && e != ERR_BUSY;
}
