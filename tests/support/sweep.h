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

#endif
