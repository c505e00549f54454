/*
 * A disk that remembers what it was told and when it was told to keep it:
 * the calls of this program, and of the libraries it links with, that change
 * files below one directory. They are done as asked, and written down with
 * what they did. diskreplay.h makes of it what a power cut could leave.
 *
 * For one test program: these functions take the place of the C library's.
 * What goes past them (writes through mmap, a stream's own writes) is missed,
 * and disk_same() finds out.
 */
#ifndef SUPPORT_DISKLOG_H
#define SUPPORT_DISKLOG_H

#undef _FORTIFY_SOURCE

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FIX_DISK __attribute__((unused)) static

enum disk_what {
	DISK_ADD,   /* name in directory `at` is `node` */
	DISK_DEL,   /* name leaves `at` */
	DISK_MOVE,  /* name of `at` is name2 of `at2` from now on */
	DISK_WRITE, /* len bytes at off of `node` */
	DISK_SIZE,  /* `node` is `off` long */
	DISK_SYNC,  /* of what came before: `node`, or all (-1) */
	DISK_MARK,  /* something was promised to somebody: `mark` */
};

enum disk_call { DISK_HONEST, DISK_FSYNC, DISK_FDATASYNC, DISK_SYNCFS };

struct disk_op {
	enum disk_what what;
	int node, at, at2;
	char *name, *name2;
	char *data;
	size_t off, len;
	int mark;
	size_t kept_at; /* the DISK_SYNC that made it last; or SIZE_MAX */
};

struct disk_node {
	dev_t dev;
	ino_t ino; /* 0: it is gone, the number may come again */
	mode_t type;
	char *target; /* of a symbolic link */
	char *base;   /* content when the log began */
	size_t base_len;
};

FIX_DISK struct {
	bool on;
	enum disk_call lie; /* this one does not do what it says */
	int fd;		    /* of the root, node 0 */
	struct disk_node *node;
	size_t n_nodes, max_nodes;
	struct disk_op *op;
	size_t n, max;
	size_t n_base; /* the first ops: what was there already */
	pthread_mutex_t lock;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

FIX_DISK void *
disk_grow(void *p, size_t n, size_t *max, size_t each)
{
	if (n < *max)
		return p;
	*max = *max ? *max * 2 : 1024;
	p = realloc(p, *max * each);
	if (!p)
		abort();
	return p;
}

FIX_DISK struct disk_op *
disk_note(enum disk_what what)
{
	disk.op = disk_grow(disk.op, disk.n, &disk.max, sizeof *disk.op);
	disk.op[disk.n] = (struct disk_op){.what = what,
					   .node = -1,
					   .at = -1,
					   .at2 = -1,
					   .kept_at = SIZE_MAX};
	return &disk.op[disk.n++];
}

/* -1: not of ours. */
FIX_DISK int
disk_find(const struct stat *st)
{
	for (size_t i = disk.n_nodes; i-- > 0;)
		if (disk.node[i].ino == st->st_ino &&
		    disk.node[i].dev == st->st_dev)
			return (int)i;
	return -1;
}

FIX_DISK int
disk_node(const struct stat *st)
{
	disk.node = disk_grow(disk.node, disk.n_nodes, &disk.max_nodes,
			      sizeof *disk.node);
	disk.node[disk.n_nodes] =
		(struct disk_node){.dev = st->st_dev,
				   .ino = st->st_ino,
				   .type = st->st_mode & S_IFMT};
	return (int)disk.n_nodes++;
}

FIX_DISK int
disk_fd(int fd)
{
	struct stat st;
	int e = errno, n;

	n = disk.on && !fstat(fd, &st) ? disk_find(&st) : -1;
	errno = e;
	return n;
}

/* The directory of a path and the name in it; -1: not of ours. */
FIX_DISK int
disk_place(int at, const char *path, const char **name)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;
	int e = errno, n = -1;

	*name = slash ? slash + 1 : path;
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1,
		 slash ? path : ".");
	if (disk.on && !fstatat(at, dir, &st, 0))
		n = disk_find(&st);
	errno = e;
	return n;
}

/* What is at a path itself; false: nothing. */
FIX_DISK bool
disk_look(int at, const char *path, struct stat *st)
{
	int e = errno;
	bool there = !fstatat(at, path, st, AT_SYMLINK_NOFOLLOW);

	errno = e;
	return there;
}

/* Its last name has gone: the next file may get its number. */
FIX_DISK void
disk_forget(const struct stat *st)
{
	int n = disk_find(st);

	if (n >= 0 && (st->st_nlink < 2 || S_ISDIR(st->st_mode)))
		disk.node[n].ino = 0;
}

FIX_DISK void
disk_added(int at, const char *path)
{
	const char *name;
	int dir = disk_place(at, path, &name);
	struct stat st;
	struct disk_op *op;
	int n;

	if (dir < 0 || !disk_look(at, path, &st))
		return;
	n = disk_find(&st);
	if (n < 0)
		n = disk_node(&st);
	op = disk_note(DISK_ADD);
	op->node = n;
	op->at = dir;
	op->name = strdup(name);
}

FIX_DISK void
disk_gone(int at, const char *path, const struct stat *was)
{
	const char *name;
	int dir = disk_place(at, path, &name);
	struct disk_op *op;

	if (dir < 0)
		return;
	op = disk_note(DISK_DEL);
	op->at = dir;
	op->name = strdup(name);
	disk_forget(was);
}

FIX_DISK void
disk_written(int fd, const void *p, size_t len, off_t off)
{
	int n = disk_fd(fd);
	struct disk_op *op;

	if (n < 0)
		return;
	op = disk_note(DISK_WRITE);
	op->node = n;
	op->off = (size_t)off;
	op->len = len;
	op->data = malloc(len + 1);
	if (!op->data)
		abort();
	memcpy(op->data, p, len);
}

FIX_DISK void
disk_sized(int fd, off_t size)
{
	int n = disk_fd(fd);
	struct disk_op *op;

	if (n < 0)
		return;
	op = disk_note(DISK_SIZE);
	op->node = n;
	op->off = (size_t)size;
}

/* From here on this is promised: it must outlive a power cut. */
FIX_DISK void
disk_mark(int mark)
{
	pthread_mutex_lock(&disk.lock);
	disk_note(DISK_MARK)->mark = mark;
	pthread_mutex_unlock(&disk.lock);
}

/* ---- In the place of the C library's ---- */

#define DISK_DO(result, call)                                                  \
	pthread_mutex_lock(&disk.lock);                                        \
	result = (call)

#define DISK_DONE(result)                                                      \
	pthread_mutex_unlock(&disk.lock);                                      \
	return result

static int
disk_open(int at, const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool there, made = flags & O_CREAT;
	int fd;

	there = made && disk_look(at, path, &st);
	DISK_DO(fd, (int)syscall(SYS_openat, at, path, flags, mode));
	if (fd >= 0 && disk.on) {
		if ((flags & O_TMPFILE) == O_TMPFILE)
			abort(); /* is nowhere until it is linked */
		if (made && !there)
			disk_added(at, path);
		else if (flags & O_TRUNC)
			disk_sized(fd, 0);
	}
	DISK_DONE(fd);
}

#define DISK_MODE(flags, mode)                                                 \
	mode_t mode = 0;                                                       \
	if (flags & (O_CREAT | O_TMPFILE)) {                                   \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		mode = va_arg(ap, mode_t);                                     \
		va_end(ap);                                                    \
	}

int
open(const char *path, int flags, ...)
{
	DISK_MODE(flags, mode)
	return disk_open(AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	DISK_MODE(flags, mode)
	return disk_open(AT_FDCWD, path, flags, mode);
}

int
openat(int at, const char *path, int flags, ...)
{
	DISK_MODE(flags, mode)
	return disk_open(at, path, flags, mode);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t did;

	DISK_DO(did, syscall(SYS_write, fd, p, n));
	if (did > 0 && disk_fd(fd) >= 0)
		disk_written(fd, p, (size_t)did, lseek(fd, 0, SEEK_CUR) - did);
	DISK_DONE(did);
}

__attribute__((used)) static ssize_t
disk_pwrite(int fd, const void *p, size_t n, off_t off)
{
	ssize_t did;

	DISK_DO(did, syscall(SYS_pwrite64, fd, p, n, off));
	if (did > 0)
		disk_written(fd, p, (size_t)did, off);
	DISK_DONE(did);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
	__attribute__((alias("disk_pwrite")));
ssize_t pwrite64(int fd, const void *p, size_t n, off_t off)
	__attribute__((alias("disk_pwrite")));

__attribute__((used)) static int
disk_truncate(int fd, off_t size)
{
	int r;

	DISK_DO(r, (int)syscall(SYS_ftruncate, fd, size));
	if (!r)
		disk_sized(fd, size);
	DISK_DONE(r);
}

int ftruncate(int fd, off_t size) __attribute__((alias("disk_truncate")));
int ftruncate64(int fd, off_t size) __attribute__((alias("disk_truncate")));

/* Nothing of a test has to last: it is written down, and not waited for. */
static int
disk_sync(enum disk_call call, int fd)
{
	int r, node;

	DISK_DO(r, fcntl(fd, F_GETFD) < 0 ? -1 : 0);
	node = disk_fd(fd);
	if (node >= 0 && call != disk.lie)
		disk_note(DISK_SYNC)->node = call == DISK_SYNCFS ? -1 : node;
	DISK_DONE(r);
}

int
fsync(int fd)
{
	return disk_sync(DISK_FSYNC, fd);
}

int
fdatasync(int fd)
{
	return disk_sync(DISK_FDATASYNC, fd);
}

int
syncfs(int fd)
{
	return disk_sync(DISK_SYNCFS, fd);
}

int
mkdirat(int at, const char *path, mode_t mode)
{
	int r;

	DISK_DO(r, (int)syscall(SYS_mkdirat, at, path, mode));
	if (!r)
		disk_added(at, path);
	DISK_DONE(r);
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
symlinkat(const char *to, int at, const char *path)
{
	int r;

	DISK_DO(r, (int)syscall(SYS_symlinkat, to, at, path));
	if (!r) {
		disk_added(at, path);
		if (disk.on && disk.op[disk.n - 1].what == DISK_ADD)
			disk.node[disk.op[disk.n - 1].node].target = strdup(to);
	}
	DISK_DONE(r);
}

int
symlink(const char *to, const char *path)
{
	return symlinkat(to, AT_FDCWD, path);
}

int
linkat(int from, const char *old, int at, const char *path, int flags)
{
	int r;

	DISK_DO(r, (int)syscall(SYS_linkat, from, old, at, path, flags));
	if (!r)
		disk_added(at, path);
	DISK_DONE(r);
}

int
unlinkat(int at, const char *path, int flags)
{
	struct stat was = {0};
	int r;

	DISK_DO(r, disk_look(at, path, &was));
	r = (int)syscall(SYS_unlinkat, at, path, flags);
	if (!r)
		disk_gone(at, path, &was);
	DISK_DONE(r);
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
renameat2(int from, const char *old, int at, const char *path, unsigned flags)
{
	struct stat was = {0};
	const char *name, *name2;
	int r, dir, dir2;
	bool over;

	DISK_DO(over, disk_look(at, path, &was));
	dir = disk_place(from, old, &name);
	dir2 = disk_place(at, path, &name2);
	if ((dir < 0) != (dir2 < 0) || flags & ~(unsigned)RENAME_NOREPLACE)
		abort(); /* in or out of the tree, or an exchange */
	r = (int)syscall(SYS_renameat2, from, old, at, path, flags);
	if (!r && dir >= 0) {
		struct disk_op *op = disk_note(DISK_MOVE);

		op->at = dir;
		op->at2 = dir2;
		op->name = strdup(name);
		op->name2 = strdup(name2);
		if (over)
			disk_forget(&was);
	}
	DISK_DONE(r);
}

int
renameat(int from, const char *old, int at, const char *path)
{
	return renameat2(from, old, at, path, 0);
}

int
rename(const char *old, const char *path)
{
	return renameat2(AT_FDCWD, old, AT_FDCWD, path, 0);
}

/* ---- Beginning ---- */

FIX_DISK void
disk_content(struct disk_node *n, int at, const char *name)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;
	int fd;

	if (S_ISLNK(n->type)) {
		len = readlinkat(at, name, target, sizeof target - 1);
		ck_assert_int_ge(len, 0);
		n->target = strndup(target, (size_t)len);
	}
	if (!S_ISREG(n->type))
		return;
	fd = openat(at, name, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	n->base_len = (size_t)st.st_size;
	n->base = malloc(n->base_len + 1);
	ck_assert_int_eq(pread(fd, n->base, n->base_len, 0),
			 (ssize_t)n->base_len);
	close(fd);
}

FIX_DISK void
disk_take(int at, int node)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		struct stat st;
		struct disk_op *op;
		int n;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		ck_assert(disk_look(fd, e->d_name, &st));
		n = disk_find(&st);
		if (n < 0) {
			n = disk_node(&st);
			disk_content(&disk.node[n], fd, e->d_name);
		}
		op = disk_note(DISK_ADD);
		op->node = n;
		op->at = node;
		op->name = strdup(e->d_name);
		op->kept_at = 0;
		if (S_ISDIR(st.st_mode)) {
			int sub = openat(fd, e->d_name,
					 O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			disk_take(sub, n);
			close(sub);
		}
	}
	closedir(d);
}

/* What is there now counts as kept. */
FIX_DISK void
disk_begin(const char *root)
{
	struct stat st;

	disk.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(disk.fd, 0);
	ck_assert_int_eq(fstat(disk.fd, &st), 0);
	disk_node(&st);
	disk_take(disk.fd, 0);
	disk.n_base = disk.n;
	disk.on = true;
}

/* When each thing was made to last. */
FIX_DISK void
disk_end(void)
{
	disk.on = false;
	for (size_t j = disk.n_base; j < disk.n; j++) {
		const struct disk_op *s = &disk.op[j];

		if (s->what != DISK_SYNC)
			continue;
		for (size_t i = disk.n_base; i < j; i++) {
			struct disk_op *o = &disk.op[i];

			if (o->kept_at == SIZE_MAX &&
			    (s->node < 0 || s->node == o->node ||
			     s->node == o->at || s->node == o->at2) &&
			    !(o->what == DISK_ADD && s->node >= 0 &&
			      s->node != o->at))
				o->kept_at = j;
		}
	}
}

#endif
