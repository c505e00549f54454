#include "cron/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "base/lock.h"
#include "base/proc.h"
#include "cron/cron.h"

#define TRIES 2

static void *
grow(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 16;
	v = reallocarray(v, *cap, size);
	if (!v)
		abort(); /* out of memory: crash-only */
	return v;
}

/* How often was it tried, this time included? */
static int
count_try(struct workers *ws, const char *op_id)
{
	for (size_t i = 0; i < ws->n_tried; i++)
		if (!strcmp(ws->tried[i].op_id, op_id))
			return ++ws->tried[i].times;
	ws->tried =
		grow(ws->tried, ws->n_tried, &ws->cap_tried, sizeof *ws->tried);
	snprintf(ws->tried[ws->n_tried].op_id, sizeof ws->tried->op_id, "%s",
		 op_id);
	ws->tried[ws->n_tried++].times = 1;
	return 1;
}

/* In the child: nothing of the parent but the lock and the log. */
static void
child(const char *const argv[], int lock_fd)
{
	union {
		const char *const *in;
		char *const *out;
	} u = {.in = argv};
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(log_file() >= 0 ? log_file() : null, 2) < 0)
		_exit(WORKER_BROKEN);
	if (lock_fd >= 0 && fcntl(lock_fd, F_SETFD, 0) < 0)
		_exit(WORKER_BROKEN);
	proc_close_from(3, &lock_fd, lock_fd >= 0 ? 1 : 0);
	execv(argv[0], u.out);
	_exit(WORKER_BROKEN);
}

static enum err
start(struct cx *cx, struct workers *ws, const char *const argv[], int lock_fd,
      bool chores)
{
	struct worker w = {.chores = chores};

	w.pid = fork();
	if (w.pid < 0)
		return cx_errno(cx, errno, "fork for a worker");
	if (w.pid == 0)
		child(argv, lock_fd);
	w.pidfd = (int)syscall(SYS_pidfd_open, w.pid, 0);
	if (w.pidfd < 0)
		return cx_errno(cx, errno, "pidfd of a worker");
	fcntl(w.pidfd, F_SETFD, FD_CLOEXEC);
	ws->v = grow(ws->v, ws->n, &ws->cap, sizeof *ws->v);
	ws->v[ws->n++] = w;
	return OK;
}

static const char *
program(struct cx *cx)
{
	return arena_printf(&cx->arena, "%s/roost-reconcile", site_libexec(cx));
}

enum err
workers_start(struct cx *cx, struct workers *ws, const char *id,
	      const char *op_id, int lock_fd)
{
	const char *fd = arena_printf(&cx->arena, "%d", lock_fd);
	const char *us = arena_printf(&cx->arena, "%ld", (long)getpid());
	const char *const argv[] = {program(cx), "--site", cx->site->dir,
				    "--worker",	 id,	   op_id,
				    "--lock",	 fd,	   "--parent",
				    us,		 NULL};
	enum err e;

	if (count_try(ws, op_id) > TRIES)
		e = cx_fail(cx, ERR_BUSY, "it was begun twice by this pass");
	else
		e = start(cx, ws, argv, lock_fd, false);
	lock_drop(lock_fd);
	return e;
}

enum err
workers_start_chores(struct cx *cx, struct workers *ws)
{
	const char *const argv[] = {program(cx), "--site", cx->site->dir,
				    "--chores", NULL};

	return start(cx, ws, argv, -1, true);
}

static void
count_end(struct workers *ws, const struct worker *w, int st)
{
	int code = WIFEXITED(st) ? WEXITSTATUS(st) : WORKER_BROKEN;

	if (w->chores)
		return;
	if (code == WORKER_DONE)
		ws->done++;
	else if (code == WORKER_FAILED)
		ws->failed++;
	else if (code == WORKER_ABANDONED)
		ws->abandoned++;
	else if (code != WORKER_NOT_OURS)
		ws->broken++;
}

bool
workers_reap(struct workers *ws)
{
	bool ended = false;

	for (size_t i = 0; i < ws->n;) {
		int st = -1;

		if (waitpid(ws->v[i].pid, &st, WNOHANG) == 0) {
			i++;
			continue;
		}
		count_end(ws, &ws->v[i], st);
		close(ws->v[i].pidfd);
		ws->v[i] = ws->v[--ws->n];
		ended = true;
	}
	return ended;
}

size_t
workers_busy(const struct workers *ws)
{
	size_t n = 0;

	for (size_t i = 0; i < ws->n; i++)
		n += !ws->v[i].chores;
	return n;
}

void
workers_free(struct workers *ws)
{
	for (size_t i = 0; i < ws->n; i++)
		close(ws->v[i].pidfd);
	free(ws->v);
	free(ws->tried);
	*ws = (struct workers){0};
}
