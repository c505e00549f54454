#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

void
proc_close_from(int first, const int *keep, size_t n)
{
	int at = first;

	for (;;) {
		int next = -1;
		size_t i;

		/* The lowest kept descriptor at or above `at` splits the
		 * range; quadratic, but n is two or three. */
		for (i = 0; i < n; i++)
			if (keep[i] >= at && (next < 0 || keep[i] < next))
				next = keep[i];
		if (next != at)
			close_range((unsigned)at,
				    next < 0 ? ~0U : (unsigned)next - 1, 0);
		if (next < 0)
			return;
		at = next + 1;
	}
}

static void
reset_signals(void)
{
	sigset_t none;
	int s;

	for (s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* argv of exec is not const by tradition only. */
static void
exec_argv(const char *const argv[])
{
	union {
		const char *const *in;
		char *const *out;
	} u = {.in = argv};

	execvp(argv[0], u.out);
}

static void
child_stdio(int out_fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 ||
	    dup2(out_fd >= 0 ? out_fd : null, 1) < 0 || dup2(1, 2) < 0)
		_exit(126);
}

/* Reads what the child says until it closes; false at the deadline. */
static bool
drain(int fd, int64_t until, struct buf *out)
{
	char chunk[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = until - clock_mono_ms();
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&p, 1, left > 1000 ? 1000 : (int)left) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		if (out)
			buf_add(out, chunk, (size_t)n);
	}
}

/* Waits for pid; false at the deadline. */
static bool
reap(pid_t pid, int64_t until, int *st)
{
	while (waitpid(pid, st, WNOHANG) == 0) {
		if (clock_mono_ms() >= until)
			return false;
		clock_sleep_ms(1);
	}
	return true;
}

static enum err
finish(struct cx *cx, const char *name, pid_t pid, int64_t until, bool drained,
       int *status)
{
	int st = 0;

	if (!drained || !reap(pid, until, &st)) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		waitpid(pid, &st, 0);
		return cx_fail(cx, ERR_TIMEOUT, "%s took too long", name);
	}
	*status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
	return OK;
}

enum err
proc_run(struct cx *cx, const char *const argv[], int64_t deadline_ms,
	 struct buf *out, int *status)
{
	int64_t until = clock_mono_ms() + deadline_ms;
	enum err e;
	int fd[2];
	pid_t pid;
	bool ok;

	if (pipe2(fd, O_CLOEXEC))
		return cx_errno(cx, errno, "pipe for %s", argv[0]);
	pid = fork();
	if (pid < 0) {
		e = cx_errno(cx, errno, "fork for %s", argv[0]);
		close(fd[0]);
		close(fd[1]);
		return e;
	}
	if (pid == 0) {
		setpgid(0, 0);
		reset_signals();
		child_stdio(fd[1]);
		proc_close_from(3, NULL, 0);
		exec_argv(argv);
		_exit(127);
	}
	close(fd[1]);
	ok = drain(fd[0], until, out);
	close(fd[0]);
	return finish(cx, argv[0], pid, until, ok, status);
}

enum err
proc_detach(struct cx *cx, const char *const argv[], int log_fd)
{
	int st = 0;
	pid_t pid = fork();

	if (pid < 0)
		return cx_errno(cx, errno, "fork for %s", argv[0]);
	if (pid == 0) {
		setsid();
		/* The second fork makes init the parent. */
		pid = fork();
		if (pid != 0)
			_exit(pid < 0 ? 125 : 0);
		reset_signals();
		child_stdio(log_fd);
		proc_close_from(3, NULL, 0);
		exec_argv(argv);
		_exit(127);
	}
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(st) || WEXITSTATUS(st))
		return cx_fail(cx, ERR_IO, "starting %s failed", argv[0]);
	return OK;
}

uint64_t
proc_start_time(pid_t pid)
{
	char path[64], text[1024], *p;
	unsigned long long start = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The command may hold spaces and brackets: count from its end. */
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1,
			 " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u"
			 " %*u %*d %*d %*d %*d %*d %*d %llu",
			 &start) != 1)
		return 0;
	return p[2] == 'Z' || p[2] == 'X' ? 0 : start;
}
