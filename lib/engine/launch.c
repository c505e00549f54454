/*
 * From a plan to a running process that is nobody's child. What goes wrong
 * before the program runs comes back through a pipe that exec closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/proc.h"
#include "engine/procfs.h"
#include "engine/sandbox.h"

struct complaint {
	int errnum;
	char what[400];
};

void
launch_fail(int pipe_fd, int errnum, const char *what)
{
	struct complaint c = {.errnum = errnum};

	snprintf(c.what, sizeof(c.what), "%s", what);
	if (write(pipe_fd, &c, sizeof(c)) < 0)
		_exit(125);
	_exit(126);
}

void
launch_signals(void)
{
	sigset_t none;
	int s;

	for (s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
launch_limits(const struct launch *l, int pipe_fd)
{
	struct rlimit now;
	size_t i;

	for (i = 0; i < l->n_limits; i++) {
		const struct limit *want = &l->limits[i];

		/* Downwards only: more than we have cannot be given. */
		if (getrlimit(want->what, &now))
			launch_fail(pipe_fd, errno, "getrlimit");
		if (want->most < now.rlim_max)
			now.rlim_max = want->most;
		now.rlim_cur = now.rlim_max;
		if (setrlimit(want->what, &now))
			launch_fail(pipe_fd, errno, "setrlimit");
	}
}

static void
become(const struct launch *l, int pipe_fd)
{
	uid_t uid = (uid_t)l->uid;

	if (l->uid < 0 || (geteuid() != 0 && geteuid() == uid))
		return;
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		launch_fail(pipe_fd, errno, "becoming the workspace's user");
}

/* The first folder on the way that this user may not enter. */
static void
reach(const struct launch *l, const char *path, int pipe_fd)
{
	char part[4096], what[400];
	size_t n;

	for (n = 1; n <= strlen(path) && n < sizeof(part); n++) {
		if (path[n] && path[n] != '/')
			continue;
		memcpy(part, path, n);
		part[n] = '\0';
		if (!access(part, X_OK))
			continue;
		snprintf(what, sizeof(what),
			 "uid %lld, which the workspace runs as, may not enter "
			 "%.200s (chmod o+x it, or move the site)",
			 (long long)geteuid(), part);
		if (l->uid < 0)
			snprintf(what, sizeof(what), "entering %.300s", part);
		launch_fail(pipe_fd, errno, what);
	}
}

static void
stdio(const struct launch *l, int pipe_fd)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, 0) < 0 || dup2(l->log, 1) < 0 ||
	    dup2(l->log, 2) < 0)
		launch_fail(pipe_fd, errno, "standard descriptors");
}

/* All others are closed; these survive exec. */
static void
descriptors(const struct launch *l, int pipe_fd)
{
	int keep[8] = {pipe_fd, l->lock, l->status};
	size_t n = 3, i;

	for (i = 0; i < l->n_data; i++)
		keep[n++] = l->data[i];
	proc_close_from(3, keep, n);
	for (i = 1; !l->bare && i < n; i++)
		if (fcntl(keep[i], F_SETFD, 0) < 0)
			launch_fail(pipe_fd, errno, "fcntl");
}

/* argv and envp of exec are not const by tradition only. */
static void
execute(const struct launch *l)
{
	union {
		const char *const *in;
		char *const *out;
	} argv = {.in = l->argv}, envp = {.in = l->envp};

	execve(l->program, argv.out, envp.out);
}

/* A launcher counts on its own: only where the environment arms faults, which
 * can count across processes. */
static void
fault(bool hit, int pipe_fd)
{
	if (hit)
		launch_fail(pipe_fd, EIO, "fault in the launcher");
}

static void __attribute__((noreturn))
launcher(const struct launch *l, int pipe_fd)
{
	bool armed = getenv("ROOST_FAULT") != NULL;

	launch_signals();
	/* From here on a stop knows this process as the lock's holder. */
	prctl(PR_SET_NAME, PROCFS_SUPERVISOR);
	umask(022);
	fault(armed && FAULT(FAULT_ENGINE_LAUNCH), pipe_fd);
	if (!record_write(l->status, getpid(), clock_now_ms(), clock_boot_id(),
			  l->port))
		launch_fail(pipe_fd, errno, "writing the status file");
	stdio(l, pipe_fd);
	become(l, pipe_fd);
	reach(l, l->reach[0], pipe_fd);
	reach(l, l->reach[1], pipe_fd);
	descriptors(l, pipe_fd);
	fault(armed && FAULT(FAULT_ENGINE_EXEC), pipe_fd);
	if (l->bare)
		launch_supervise(l, pipe_fd);
	launch_limits(l, pipe_fd);
	execute(l);
	launch_fail(pipe_fd, errno, l->program);
	_exit(126);
}

/* Two forks, so that the launcher is a child of init; a session between, so
 * that no terminal is ever its own. */
static void __attribute__((noreturn))
middle(const struct launch *l, int pipe_fd)
{
	pid_t pid;

	setsid();
	pid = fork();
	if (pid == 0)
		launcher(l, pipe_fd);
	if (pid < 0)
		launch_fail(pipe_fd, errno, "fork");
	_exit(0);
}

/* Nothing in the pipe, and its end: the program runs. */
static enum err
listen_to(struct cx *cx, int fd, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct complaint c = {0};
	int64_t left;
	ssize_t n;

	for (;;) {
		left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return cx_fail(cx, ERR_TIMEOUT,
				       "the program was not executed in time");
		if (poll(&p, 1, left > 1000 ? 1000 : (int)left) <= 0)
			continue;
		n = read(fd, &c, sizeof(c));
		if (n >= 0 || errno != EINTR)
			break;
	}
	if (n == 0)
		return OK;
	c.what[sizeof(c.what) - 1] = '\0';
	if (c.errnum == EACCES)
		return cx_fail(cx, ERR_CONFIG, "%s", c.what);
	return cx_errno(cx, c.errnum, "starting the instance: %s", c.what);
}

enum err
launch_run(struct cx *cx, const struct launch *l, int64_t deadline_ms)
{
	int fd[2], st;
	enum err e;
	pid_t pid;

	if (l->uid >= 0 && geteuid() != 0 && geteuid() != (uid_t)l->uid)
		return cx_fail(cx, ERR_CONFIG,
			       "only root can run instances as other users: "
			       "set instance_uid_base = 0");
	if (pipe2(fd, O_CLOEXEC))
		return cx_errno(cx, errno, "pipe");
	pid = fork();
	if (pid == 0)
		middle(l, fd[1]);
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return cx_errno(cx, errno, "fork");
	}
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	e = listen_to(cx, fd[0], deadline_ms);
	close(fd[0]);
	return e;
}
