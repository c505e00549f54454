/*
 * Fault points, the one facility for sweeps. In release builds FAULT() is
 * constant false. Otherwise the environment arms it for any of our programs:
 *   ROOST_FAULT=N        the N-th point reached (1..) in this process fails
 *   ROOST_FAULT_POINT=P  only points of this name count
 *   ROOST_FAULT_KILL=1   die by SIGKILL there instead of failing
 *   ROOST_FAULT_FILE=F   the count is kept in F, across processes; the name
 *                        of the point that fired is appended to F.fired
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

enum fault {
#define X(point, what) point,
#include "base/fault.def"
#undef X
	FAULT__MAX
};

const char *fault_name(enum fault f);

#ifdef ROOST_NO_FAULTS
#define FAULT(p) (false)
#else
bool fault_hit(enum fault f);
#define FAULT(p) fault_hit(p)
#endif

/*
 * In-process arming for unit sweeps: the n-th point from now fires (0 disarms;
 * also turns the environment's arming off).
 */
void fault_arm(long n);
void fault_arm_from(long n); /* the n-th and all that follow it fire */
long fault_count(void);	     /* points reached since fault_arm */
bool fault_fired(void);

#endif
