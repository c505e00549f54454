#include "engine/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GENERATIONS 1000 /* no chain of parents is longer */

/* /proc/PID/name as text; false when it cannot be read. */
static bool
read_text(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		return false;
	out[n] = '\0';
	return true;
}

bool
procfs_first_of_namespace(pid_t pid)
{
	char text[4096], *line, *last;

	if (!read_text(pid, "status", text, sizeof(text)) ||
	    !(line = strstr(text, "\nNSpid:")))
		return false;
	line += strlen("\nNSpid:");
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last && last != line && !strcmp(last, "\t1");
}

bool
procfs_is_ours_by_name(pid_t pid)
{
	char comm[32];

	if (!read_text(pid, "comm", comm, sizeof(comm)))
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	return !strcmp(comm, "bwrap") || !strcmp(comm, PROCFS_SUPERVISOR);
}

pid_t
procfs_parent(pid_t pid)
{
	char text[1024], *p;
	int parent = 0;

	if (!read_text(pid, "stat", text, sizeof(text)) ||
	    !(p = strrchr(text, ')')) || sscanf(p + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

ino_t
procfs_namespace(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

bool
procfs_tree(pid_t root, struct procfs_tree *out)
{
	struct procfs_tree t = {.root = root};

	if (!root)
		return false;
	if (procfs_first_of_namespace(root) && !(t.ns = procfs_namespace(root)))
		return false;
	*out = t;
	return true;
}

bool
procfs_in_tree(pid_t pid, const struct procfs_tree *t)
{
	int depth;

	if (t->ns)
		return procfs_namespace(pid) == t->ns;
	for (depth = 0; pid > 1 && depth < GENERATIONS; depth++) {
		if (pid == t->root)
			return true;
		pid = procfs_parent(pid);
	}
	return false;
}

bool
procfs_sockets(pid_t pid, bool (*fn)(int fd, unsigned inode, void *arg),
	       void *arg)
{
	char name[64], target[64];
	bool more = true;
	struct dirent *d;
	unsigned inode;
	ssize_t n;
	DIR *dir;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
	if (!(dir = opendir(name)))
		return errno != EACCES && errno != EPERM;
	while (more && (d = readdir(dir))) {
		n = readlinkat(dirfd(dir), d->d_name, target,
			       sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		if (sscanf(target, "socket:[%u]", &inode) == 1)
			more = fn((int)strtol(d->d_name, NULL, 10), inode, arg);
	}
	closedir(dir);
	return true;
}

struct wanted {
	unsigned inode;
	bool found;
};

static bool
not_it(int fd, unsigned inode, void *arg)
{
	struct wanted *w = arg;

	(void)fd;
	w->found = inode == w->inode;
	return !w->found;
}

static int64_t
number_after(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoll(p + strlen(name), NULL, 10) : 0;
}

bool
procfs_work(pid_t pid, int64_t *bytes, int64_t *ticks)
{
	char io[1024], stat[1024], *p;
	long long user, sys;

	if (!read_text(pid, "io", io, sizeof(io)) ||
	    !read_text(pid, "stat", stat, sizeof(stat)) ||
	    !(p = strrchr(stat, ')')) ||
	    sscanf(p + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld",
		   &user, &sys) != 2)
		return false;
	*bytes = number_after(io, "rchar: ") + number_after(io, "wchar: ");
	*ticks = user + sys;
	return true;
}

bool
procfs_has_socket(pid_t pid, unsigned inode)
{
	struct wanted w = {.inode = inode};

	return procfs_sockets(pid, not_it, &w) && w.found;
}

/* The open file behind that descriptor, not just the file, has the lock. */
static bool
fd_has_lock(pid_t pid, const char *fd)
{
	char name[300], text[2048];

	snprintf(name, sizeof(name), "fdinfo/%s", fd);
	return read_text(pid, name, text, sizeof(text)) &&
	       strstr(text, "FLOCK") && strstr(text, "WRITE");
}

static bool
fd_is_file(int dir, const char *fd, const char *path, const struct stat *want)
{
	char target[1024];
	struct stat st;
	ssize_t n;

	if (want->st_ino && !fstatat(dir, fd, &st, 0) &&
	    st.st_dev == want->st_dev && st.st_ino == want->st_ino)
		return true;
	n = readlinkat(dir, fd, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return !strncmp(target, path, strlen(path)) &&
	       !strcmp(target + strlen(path), " (deleted)");
}

bool
procfs_holds_lock(pid_t pid, const char *path)
{
	struct stat want = {0};
	char name[64];
	struct dirent *d;
	bool found = false;
	DIR *dir;

	if (lstat(path, &want))
		memset(&want, 0, sizeof(want));
	snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
	if (!(dir = opendir(name)))
		return false;
	while (!found && (d = readdir(dir)))
		found = d->d_name[0] != '.' &&
			fd_is_file(dirfd(dir), d->d_name, path, &want) &&
			fd_has_lock(pid, d->d_name);
	closedir(dir);
	return found;
}

bool
procfs_each(bool (*fn)(pid_t pid, void *arg), void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	if (!dir)
		return false;
	while ((d = readdir(dir))) {
		long pid = strtol(d->d_name, NULL, 10);

		if (pid > 0 && !fn((pid_t)pid, arg))
			break;
	}
	closedir(dir);
	return true;
}
