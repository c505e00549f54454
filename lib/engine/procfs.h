/* What /proc says of a process. A process that is gone says nothing. */
#ifndef ENGINE_PROCFS_H
#define ENGINE_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* First process of a PID namespace inside ours. */
bool procfs_first_of_namespace(pid_t pid);
/* Its name (comm) is one of those that a first process of an instance has. */
bool procfs_is_ours_by_name(pid_t pid);
pid_t procfs_parent(pid_t pid); /* 0: gone */
/* All that one process has begun: its PID namespace where it is the first
 * of one, else its descendants. */
struct procfs_tree {
	pid_t root;
	ino_t ns; /* 0: by descent */
};
bool procfs_tree(pid_t root, struct procfs_tree *out); /* false: gone */
ino_t procfs_namespace(pid_t pid);		       /* of PIDs; 0: gone */
bool procfs_in_tree(pid_t pid, const struct procfs_tree *t);
/* Calls fn for each of its open files that is a socket, until it says false.
 * False: they are not ours to know (errno). */
bool procfs_sockets(pid_t pid, bool (*fn)(int fd, unsigned inode, void *arg),
		    void *arg);
/* What it has read and written (all files, pipes and sockets that it uses read
 * and write for), and computed, in ticks of 10 ms. False: gone, or not ours
 * to know. */
bool procfs_work(pid_t pid, int64_t *bytes, int64_t *ticks);
/* The socket of this inode is among its open files. */
bool procfs_has_socket(pid_t pid, unsigned inode);
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
