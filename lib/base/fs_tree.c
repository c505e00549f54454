/*
 * Removing a tree of any depth. Each directory that is met inside another
 * is first moved up to the root of the removal under a name of its own, so
 * that depth never grows past two and no path is ever built.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

struct removal {
	struct cx *cx;
	const char *path; /* of the root, for messages */
	int root;
	unsigned long moved; /* names given so far */
	unsigned long seen;
	bool (*stop)(void *);
	void *arg;
};

static enum err
ask_stop(struct removal *r)
{
	if (r->stop && r->seen++ % 64 == 0 && r->stop(r->arg))
		return cx_fail(r->cx, ERR_ABANDONED, "removal of %s", r->path);
	return OK;
}

static int
open_dir(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(at, name, flags);

	if (fd < 0 && errno == EACCES && !fchmodat(at, name, 0700, 0))
		fd = openat(at, name, flags);
	return fd;
}

/* A directory inside a directory goes up to the root, by a free name. */
static enum err
move_up(struct removal *r, int dir, const char *name)
{
	char to[48];

	for (;;) {
		snprintf(to, sizeof(to), ".rm-%d-%lu", (int)getpid(),
			 r->moved++);
		if (!renameat2(dir, name, r->root, to, RENAME_NOREPLACE))
			return OK;
		/* A directory without write permission for us: its ".."
		 * entry must change. */
		if (errno == EACCES && !fchmodat(dir, name, 0700, 0) &&
		    !renameat2(dir, name, r->root, to, RENAME_NOREPLACE))
			return OK;
		if (errno == EINVAL &&
		    !faccessat(r->root, to, F_OK, AT_SYMLINK_NOFOLLOW))
			continue;
		/* No RENAME_NOREPLACE here: the name is ours alone. */
		if (errno == EINVAL && !renameat(dir, name, r->root, to))
			return OK;
		if (errno != EEXIST)
			return cx_errno(r->cx, errno, "remove in %s", r->path);
	}
}

static bool
is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* One pass over one directory: files go, directories go or move up. */
static enum err
empty_dir(struct removal *r, int fd, bool at_root, unsigned long *dirs)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	enum err e = OK;

	if (!d) {
		e = cx_errno(r->cx, errno, "read %s", r->path);
		close(fd);
		return e;
	}
	fchmod(fd, 0700);
	while (!e && (errno = 0, de = readdir(d))) {
		if (is_dot(de->d_name) || (e = ask_stop(r)))
			continue;
		if (!unlinkat(fd, de->d_name, 0) || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			e = cx_errno(r->cx, errno, "remove in %s", r->path);
		else if (!unlinkat(fd, de->d_name, AT_REMOVEDIR))
			continue;
		else if (errno != ENOTEMPTY && errno != EEXIST)
			e = cx_errno(r->cx, errno, "remove in %s", r->path);
		else if (at_root)
			(*dirs)++;
		else
			e = move_up(r, fd, de->d_name);
	}
	if (!e && errno)
		e = cx_errno(r->cx, errno, "read %s", r->path);
	closedir(d);
	return e;
}

/* Empties each directory of the root; what was inside is at the root then. */
static enum err
empty_children(struct removal *r)
{
	int fd = openat(r->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	enum err e = OK;

	if (!d) {
		e = cx_errno(r->cx, errno, "read %s", r->path);
		if (fd >= 0)
			close(fd);
		return e;
	}
	while (!e && (errno = 0, de = readdir(d))) {
		int child;

		if (is_dot(de->d_name))
			continue;
		child = open_dir(r->root, de->d_name);
		if (child < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (child < 0)
			e = cx_errno(r->cx, errno, "open in %s", r->path);
		else if (!(e = empty_dir(r, child, false, NULL)) &&
			 unlinkat(r->root, de->d_name, AT_REMOVEDIR) &&
			 errno != ENOENT && errno != ENOTEMPTY)
			e = cx_errno(r->cx, errno, "remove in %s", r->path);
	}
	closedir(d);
	return e;
}

static enum err
remove_below(struct removal *r)
{
	enum err e;

	for (;;) {
		unsigned long dirs = 0;
		int fd = openat(r->root, ".",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return cx_errno(r->cx, errno, "open %s", r->path);
		if ((e = empty_dir(r, fd, true, &dirs)) || !dirs)
			return e;
		if ((e = empty_children(r)))
			return e;
	}
}

enum err
fs_remove_tree(struct cx *cx, const char *path, bool (*stop)(void *), void *arg)
{
	struct removal r = {.cx = cx, .path = path, .stop = stop, .arg = arg};
	enum err e;

	r.root = open_dir(AT_FDCWD, path);
	if (r.root < 0 && errno == ENOENT)
		return OK;
	if (r.root < 0 && (errno == ENOTDIR || errno == ELOOP))
		return unlink(path) && errno != ENOENT
			       ? cx_errno(cx, errno, "remove %s", path)
			       : OK;
	if (r.root < 0)
		return cx_errno(cx, errno, "open %s", path);
	e = remove_below(&r);
	close(r.root);
	if (!e && rmdir(path) && errno != ENOENT)
		e = cx_errno(cx, errno, "remove %s", path);
	return e;
}
