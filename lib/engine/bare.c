/*
 * Without a sandbox: a supervisor of ours holds the lock and is the parent
 * of all that the application leaves behind, so that it can end it all. It
 * isolates nothing. If it is itself killed by SIGKILL, its tree leaks.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "engine/procfs.h"
#include "engine/sandbox.h"

static void __attribute__((noreturn))
application(const struct launch *l, int pipe_fd)
{
	union {
		const char *const *in;
		char *const *out;
	} argv = {.in = l->argv}, envp = {.in = l->envp};

	setsid();
	launch_signals();
	launch_limits(l, pipe_fd);
	if (chdir(l->cwd))
		launch_fail(pipe_fd, errno, l->cwd);
	proc_close_from(3, &pipe_fd, 1);
	execve(l->program, argv.out, envp.out);
	launch_fail(pipe_fd, errno, l->program);
	_exit(126);
}

static bool
kill_child(pid_t pid, void *arg)
{
	const pid_t *me = arg;

	if (procfs_parent(pid) == *me)
		kill(pid, SIGKILL);
	return true;
}

/* The children of what is killed become ours, and are next. */
static void
end_all(void)
{
	pid_t me = getpid();

	for (;;) {
		pid_t pid;

		procfs_each(kill_child, &me);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return;
		clock_sleep_ms(1);
	}
}

/* Waits for the application's end or for being told; its exit code, or -1. */
static int
wait_for_end(pid_t app, const sigset_t *set)
{
	for (;;) {
		int st, sig = sigwaitinfo(set, NULL);
		pid_t pid;

		if (sig == SIGTERM)
			return -1;
		while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
			if (pid == app)
				return WIFSIGNALED(st) ? 128 + WTERMSIG(st)
						       : WEXITSTATUS(st);
	}
}

void
launch_supervise(const struct launch *l, int pipe_fd)
{
	sigset_t set;
	pid_t app;
	int code;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		launch_fail(pipe_fd, errno, "subreaper");
	app = fork();
	if (app == 0)
		application(l, pipe_fd);
	if (app < 0)
		launch_fail(pipe_fd, errno, "fork");
	close(pipe_fd);
	code = wait_for_end(app, &set);
	end_all();
	if (code >= 0 && !record_write_exit(l->status, code))
		_exit(1);
	_exit(0);
}
