#include "archive/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN_MAX_DIRS 64
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

/* Only the owner may leave the access time alone. */
static int
open_quiet(int at, const char *name, int flags)
{
	int fd = openat(at, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(at, name, flags);
	return fd;
}

int
walk_read_file(int at, const char *name)
{
	int fd = open_quiet(at, name, READ_FLAGS);
	struct stat st;
	mode_t mode;

	if (fd >= 0 || errno != EACCES ||
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
		return fd;
	errno = EACCES;
	mode = st.st_mode & 07777;
	if (!S_ISREG(st.st_mode) || mode & 0400 ||
	    fchmodat(at, name, mode | 0400, AT_SYMLINK_NOFOLLOW))
		return -1;
	fd = open_quiet(at, name, READ_FLAGS);
	if (fchmodat(at, name, mode, AT_SYMLINK_NOFOLLOW) && fd >= 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static enum err
failed(struct walk *w, const char *what)
{
	int errnum = errno;

	if (errnum == ENOENT)
		return cx_fail(w->cx, ERR_ACTION,
			       "%s vanished while it was read: %.200s", w->root,
			       buf_str(&w->path));
	return cx_errno(w->cx, errnum, "%s %.200s in %s", what,
			*buf_str(&w->path) ? buf_str(&w->path) : ".", w->root);
}

static uint64_t
mount_of(int fd, const struct stat *st)
{
	struct statx sx;

	if (!statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) &&
	    sx.stx_mask & STATX_MNT_ID)
		return sx.stx_mnt_id;
	return st->st_dev;
}

/* Opens a directory so that its names can be looked up; st as it was. */
static int
open_dir(int at, const char *name, struct stat *st, bool *widened)
{
	int flags = READ_FLAGS | O_DIRECTORY, fd;

	*widened = false;
	if (fstatat(at, name, st, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (geteuid() && st->st_uid == geteuid() &&
	    (st->st_mode & 0500) != 0500) {
		if (fchmodat(at, name, (st->st_mode & 07777) | 0500,
			     AT_SYMLINK_NOFOLLOW))
			return -1;
		*widened = true;
	}
	fd = open_quiet(at, name, flags);
	if (fd < 0 && *widened)
		(void)!fchmodat(at, name, st->st_mode & 07777,
				AT_SYMLINK_NOFOLLOW);
	return fd;
}

/* Too many are open: the uppermost is closed, its place remembered. */
static void
close_lowest(struct walk *w)
{
	struct walk_dir *f = &w->dirs[w->lowest++];

	f->pos = telldir(f->d);
	closedir(f->d);
	f->d = NULL;
}

static struct walk_dir *
new_dir(struct walk *w)
{
	if (w->depth == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->dirs = reallocarray(w->dirs, w->cap, sizeof(*w->dirs));
		if (!w->dirs)
			abort(); /* out of memory: crash-only */
	}
	return &w->dirs[w->depth];
}

static enum err
push(struct walk *w, int at, const char *name)
{
	struct walk_dir *f = new_dir(w), n = {.len = w->path.len};
	int fd = open_dir(at, name, &n.st, &n.widened);

	if (fd < 0)
		return failed(w, "open directory");
	n.mode = n.st.st_mode & 07777;
	if (!w->depth)
		w->mount = mount_of(fd, &n.st);
	if (mount_of(fd, &n.st) != w->mount) {
		close(fd);
		return cx_fail(w->cx, ERR_ACTION,
			       "another filesystem is mounted in %s: %.200s",
			       w->root, buf_str(&w->path));
	}
	n.d = fdopendir(fd);
	if (!n.d) {
		close(fd);
		return failed(w, "read directory");
	}
	*f = n;
	w->depth++;
	if (w->depth - w->lowest > OPEN_MAX_DIRS)
		close_lowest(w);
	return OK;
}

/* The directory above, by ".." of the one that is open. */
static enum err
reopen(struct walk *w, struct walk_dir *up, int from)
{
	int fd = open_quiet(from, "..", READ_FLAGS | O_DIRECTORY);
	struct stat st;

	if (fd < 0)
		return failed(w, "open the directory above");
	if (fstat(fd, &st) || st.st_ino != up->st.st_ino ||
	    st.st_dev != up->st.st_dev) {
		close(fd);
		return cx_fail(w->cx, ERR_ACTION,
			       "%s was moved while it was read", w->root);
	}
	up->d = fdopendir(fd);
	if (!up->d) {
		close(fd);
		return failed(w, "read directory");
	}
	seekdir(up->d, up->pos);
	w->lowest--;
	return OK;
}

static enum err
check_same(struct walk *w, const struct walk_dir *f)
{
	struct stat st;

	if (fstat(dirfd(f->d), &st))
		return failed(w, "look at directory");
	if (st.st_mtim.tv_sec != f->st.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != f->st.st_mtim.tv_nsec)
		return cx_fail(w->cx, ERR_ACTION,
			       "a directory of %s changed while it was read:"
			       " %.200s",
			       w->root, buf_str(&w->path));
	return OK;
}

/* Leaves the lowest directory. It is gone from the stack in any case. */
static enum err
pop(struct walk *w)
{
	struct walk_dir *f = &w->dirs[--w->depth];
	enum err e = check_same(w, f), up = OK;

	if (w->depth && !w->dirs[w->depth - 1].d)
		up = reopen(w, &w->dirs[w->depth - 1], dirfd(f->d));
	if (f->widened)
		(void)!fchmod(dirfd(f->d), f->mode);
	closedir(f->d);
	return e ? e : up;
}

enum err
walk_open(struct walk *w, struct cx *cx, const char *root)
{
	*w = (struct walk){.cx = cx, .root = root};
	buf_init(&w->path, WALK_PATH_MAX);
	return OK;
}

static void
cut_path(struct walk *w, size_t len)
{
	if (w->path.data) {
		w->path.data[len] = '\0';
		w->path.len = len;
	}
}

static enum err
add_name(struct walk *w, const char *name)
{
	if (w->path.len)
		buf_putc(&w->path, '/');
	buf_puts(&w->path, name);
	if (w->path.over)
		return cx_fail(w->cx, ERR_ACTION,
			       "a path in %s is too long to be archived:"
			       " %.200s...",
			       w->root, buf_str(&w->path));
	return OK;
}

static enum err
find_type(struct walk *w, struct walk_item *it)
{
	struct stat st;

	if (it->type != DT_UNKNOWN)
		return OK;
	if (fstatat(it->at, it->name, &st, AT_SYMLINK_NOFOLLOW))
		return failed(w, "look at");
	it->type = (unsigned char)IFTODT(st.st_mode);
	return OK;
}

/* The next name of the lowest directory; NULL at its end. */
static enum err
next_name(struct walk *w, const struct dirent **out)
{
	struct walk_dir *f = &w->dirs[w->depth - 1];

	do {
		errno = 0;
		*out = readdir(f->d);
		if (!*out && errno)
			return failed(w, "read directory");
	} while (*out && (!strcmp((*out)->d_name, ".") ||
			  !strcmp((*out)->d_name, "..")));
	return OK;
}

static void
show_dir(struct walk *w, struct walk_item *it)
{
	const struct walk_dir *f = &w->dirs[w->depth - 1];

	it->type = DT_DIR;
	it->fd = dirfd(f->d);
	it->st = &f->st;
}

static enum err
first(struct walk *w, struct walk_item *it)
{
	enum err e = push(w, AT_FDCWD, w->root);

	if (!e)
		show_dir(w, it);
	return e;
}

enum err
walk_next(struct walk *w, struct walk_item *it, bool *more)
{
	const struct dirent *de = NULL;
	enum err e;

	*it = (struct walk_item){.at = -1, .fd = -1, .name = "", .path = ""};
	*more = true;
	if (!w->cap)
		return first(w, it);
	while (w->depth) {
		cut_path(w, w->dirs[w->depth - 1].len);
		if ((e = next_name(w, &de)))
			return e;
		if (de)
			break;
		if ((e = pop(w)))
			return e;
	}
	*more = w->depth > 0;
	if (!de)
		return OK;
	it->at = dirfd(w->dirs[w->depth - 1].d);
	it->name = de->d_name;
	it->type = de->d_type;
	if ((e = add_name(w, de->d_name)) || (e = find_type(w, it)))
		return e;
	it->path = buf_str(&w->path);
	if (it->type == DT_DIR) {
		if ((e = push(w, it->at, it->name)))
			return e;
		show_dir(w, it);
	}
	return OK;
}

/* The way up; what has failed before stays the failure that is told. */
static void
leave_all(struct walk *w)
{
	struct cx *cx = w->cx;
	char why[sizeof(cx->why)];
	enum err e = cx->err;

	memcpy(why, cx->why, sizeof(why));
	while (w->depth && w->dirs[w->depth - 1].d)
		(void)!pop(w);
	cx->err = e;
	memcpy(cx->why, why, sizeof(why));
}

void
walk_close(struct walk *w)
{
	if (w->depth)
		leave_all(w);
	free(w->dirs);
	buf_free(&w->path);
	*w = (struct walk){0};
}
