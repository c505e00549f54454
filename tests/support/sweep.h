/* How finely a sweep goes through the points that can fail. */
#ifndef SUPPORT_SWEEP_H
#define SUPPORT_SWEEP_H

#include <stdlib.h>

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

#endif
