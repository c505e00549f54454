/* How finely a sweep goes through the points that can fail. */
#ifndef SUPPORT_SWEEP_H
#define SUPPORT_SWEEP_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* 1: each point. With SWEEP_STEP=n every n-th: for slow builds, whose news is
 * in what the points have in common. */
static inline long
sweep_step(void)
{
	const char *v = getenv("SWEEP_STEP");
	long n = v ? strtol(v, NULL, 10) : 1;

	return n > 0 ? n : 1;
}

/* Of a sweep that takes minutes with each point: every n-th at least, unless
 * SWEEP_ALL is set. It begins at another point in each of its cases. */
static inline long
sweep_part(long n)
{
	long step = sweep_step();

	return getenv("SWEEP_ALL") || step > n ? step : n;
}

/* This program once more, as a worker on the site dir that goes one way
 * (SWEEP_DIR, SWEEP_WAY) and is killed at the n-th point. Its wait status; -1:
 * there was none. */
static inline int
sweep_killed(const char *dir, const char *way, long n)
{
	char number[24];
	int status;
	pid_t pid = fork();

	if (pid)
		return waitpid(pid, &status, 0) == pid ? status : -1;
	snprintf(number, sizeof(number), "%ld", n);
	setenv("ROOST_FAULT", number, 1);
	setenv("ROOST_FAULT_KILL", "1", 1);
	setenv("SWEEP_DIR", dir, 1);
	setenv("SWEEP_WAY", way, 1);
	execl("/proc/self/exe", "sweep", (char *)NULL);
	_exit(3);
}

#endif
