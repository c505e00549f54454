/* What /proc says of a process. A process that is gone says nothing. */
#ifndef ENGINE_PROCFS_H
#define ENGINE_PROCFS_H

#include <stdbool.h>
#include <sys/types.h>

/* First process of a PID namespace inside ours. */
bool procfs_first_of_namespace(pid_t pid);
/* Its name (comm) is one of those that a first process of an instance has. */
bool procfs_is_ours_by_name(pid_t pid);
pid_t procfs_parent(pid_t pid); /* 0: gone */
/*
 * It has the flock of the file at path, open through a descriptor of its own;
 * a file that has been removed is known by its path.
 */
bool procfs_holds_lock(pid_t pid, const char *path);
/* Calls fn for every process until it says false; false: /proc is not
 * readable. */
bool procfs_each(bool (*fn)(pid_t pid, void *arg), void *arg);

/* What the supervisor of an instance without a sandbox calls itself. */
#define PROCFS_SUPERVISOR "roost-ws"

#endif
