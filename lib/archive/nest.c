#include "archive/nest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/traits.h"

#define OPEN_MAX_DIRS 64
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

enum err
nest_failed(struct cx *cx, const char *what, const char *name)
{
	switch (errno) {
	case EEXIST:
		return cx_fail(cx, ERR_CORRUPT,
			       "%.200s is twice in the archive", name);
	case ELOOP:
	case ENOTDIR:
		return cx_fail(cx, ERR_CORRUPT,
			       "the archive has a path through %.200s, which"
			       " is no directory",
			       name);
	case ENAMETOOLONG:
		return cx_fail(cx, ERR_CORRUPT,
			       "a name in the archive is too long: %.200s",
			       name);
	case ENOSPC:
	case EDQUOT:
		return cx_fail(cx, ERR_NO_SPACE,
			       "the disk of the homes became full while"
			       " unpacking %.200s",
			       name);
	default:
		return cx_errno(cx, errno, "%s %.200s", what, name);
	}
}

static enum err
bad_path(struct cx *cx, const char *raw)
{
	return cx_fail(cx, ERR_CORRUPT,
		       "the archive has a path that leads outside or nowhere:"
		       " %.200s",
		       raw);
}

enum err
nest_clean(struct cx *cx, const char *raw, struct buf *out)
{
	const char *p = raw;

	buf_clear(out);
	if (*raw == '/' || !*raw)
		return bad_path(cx, raw);
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n > NAME_MAX || (n == 2 && p[0] == '.' && p[1] == '.'))
			return bad_path(cx, raw);
		if (n && !(n == 1 && *p == '.')) {
			if (out->len)
				buf_putc(out, '/');
			buf_add(out, p, n);
		}
		p += n + (p[n] == '/');
	}
	return out->over ? bad_path(cx, raw) : OK;
}

static struct nest_dir *
top(struct nest *ns)
{
	assert(ns->depth && ns->dirs);
	return &ns->dirs[ns->depth - 1];
}

static struct nest_dir *
add_dir(struct nest *ns)
{
	if (ns->depth == ns->cap) {
		ns->cap = ns->cap ? ns->cap * 2 : 64;
		ns->dirs = reallocarray(ns->dirs, ns->cap, sizeof(*ns->dirs));
		if (!ns->dirs)
			abort(); /* out of memory: crash-only */
	}
	return &ns->dirs[ns->depth++];
}

/* Until it is left it can be written to; then it is as it was found. */
static enum err
take_dir(struct nest *ns, int fd, const char *name, struct nest_dir *d)
{
	struct stat st;

	if (fstat(fd, &st))
		return cx_errno(ns->cx, errno, "look at %.200s", name);
	*d = (struct nest_dir){.fd = fd,
			       .len = ns->path.len,
			       .mode = st.st_mode & 07777,
			       .mtime = st.st_mtim};
	if ((d->mode & 0700) != 0700 && fchmod(fd, d->mode | 0700))
		return cx_errno(ns->cx, errno, "open up %.200s", name);
	return OK;
}

static enum err
push(struct nest *ns, int fd, const char *name)
{
	struct nest_dir d;
	enum err e;

	if ((e = take_dir(ns, fd, name, &d))) {
		close(fd);
		return e;
	}
	*add_dir(ns) = d;
	if (ns->depth - ns->lowest > OPEN_MAX_DIRS) {
		close(ns->dirs[ns->lowest].fd);
		ns->dirs[ns->lowest++].fd = -1;
	}
	return OK;
}

static int
own(const struct nest *ns, int fd)
{
	if (ns->uid < 0 || (uid_t)ns->uid == geteuid())
		return 0;
	return fchown(fd, (uid_t)ns->uid, (gid_t)ns->uid);
}

/* Also one whose mode keeps its owner out, from an entry before. */
static int
open_child(int at, const char *name)
{
	int fd = openat(at, name, DIR_FLAGS);

	if (fd < 0 && errno == EACCES &&
	    !fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW))
		fd = openat(at, name, DIR_FLAGS);
	return fd;
}

static enum err
descend(struct nest *ns, const char *name)
{
	int at = top(ns)->fd, fd = open_child(at, name);
	bool made = false;

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(at, name, 0700))
			return nest_failed(ns->cx, "make directory", name);
		made = true;
		fd = open_child(at, name);
	}
	if (fd < 0)
		return nest_failed(ns->cx, "open directory", name);
	if (made && own(ns, fd)) {
		close(fd);
		return cx_errno(ns->cx, errno, "give %.200s away", name);
	}
	if (ns->path.len)
		buf_putc(&ns->path, '/');
	buf_puts(&ns->path, name);
	return push(ns, fd, name);
}

static enum err
settle(struct nest *ns, struct nest_dir *d)
{
	struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, d->mtime};
	enum err e;
	int i;

	if (fchmod(d->fd, d->mode))
		return cx_errno(ns->cx, errno, "set the mode of %.200s",
				buf_str(&ns->path));
	for (i = 0; i < 2; i++)
		if ((e = traits_set_acl(ns->cx, d->fd, i, d->acl[i],
					d->n_acl[i])))
			return e;
	if (futimens(d->fd, t))
		return cx_errno(ns->cx, errno, "set the times of %.200s",
				buf_str(&ns->path));
	return OK;
}

static void
drop(struct nest_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->acl[0]);
	free(d->acl[1]);
}

static void
cut_path(struct nest *ns, size_t len)
{
	if (ns->path.data) {
		ns->path.data[len] = '\0';
		ns->path.len = len;
	}
}

/* Leaves the lowest directory; the one above is open again after it. */
static enum err
leave(struct nest *ns)
{
	struct nest_dir *d = top(ns), *up = ns->depth > 1 ? d - 1 : NULL;
	enum err e;

	if (up && up->fd < 0) {
		up->fd = openat(d->fd, "..", DIR_FLAGS);
		if (up->fd < 0)
			return cx_errno(ns->cx, errno, "go up from %.200s",
					buf_str(&ns->path));
		ns->lowest--;
	}
	e = settle(ns, d);
	drop(d);
	ns->depth--;
	cut_path(ns, up ? up->len : 0);
	return e;
}

/* How much of the path is the same, up to the end of a name. */
static bool
is_on_way(const struct nest_dir *d, const char *path, size_t n, size_t same)
{
	return !d->len ||
	       (d->len <= same && (d->len == n || path[d->len] == '/'));
}

/* Goes to the directory that is the first n bytes of path. */
static enum err
go(struct nest *ns, const char *path, size_t n)
{
	const char *here = buf_str(&ns->path);
	char name[NAME_MAX + 1];
	size_t same = 0;
	enum err e;

	while (same < n && same < ns->path.len && here[same] == path[same])
		same++;
	while (!is_on_way(top(ns), path, n, same))
		if ((e = leave(ns)))
			return e;
	while (ns->path.len < n) {
		const char *p = path + ns->path.len + (ns->path.len > 0);
		size_t len = strcspn(p, "/");

		memcpy(name, p, len);
		name[len] = '\0';
		if ((e = descend(ns, name)))
			return e;
	}
	return OK;
}

static size_t
parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

enum err
nest_go(struct nest *ns, const char *path, int *fd, const char **name)
{
	size_t n = parent_len(path);
	enum err e;

	if (!*path)
		return cx_fail(ns->cx, ERR_CORRUPT,
			       "the root of the archive is no directory");
	if ((e = go(ns, path, n)))
		return e;
	*fd = top(ns)->fd;
	*name = path + n + (n > 0);
	return OK;
}

enum err
nest_enter(struct nest *ns, const char *path, struct nest_dir **dir)
{
	enum err e = go(ns, path, strlen(path));

	if (!e)
		*dir = top(ns);
	return e;
}

static int
open_root(struct nest *ns)
{
	int fd = -1, up;
	size_t i;

	if (ns->dirs[0].fd >= 0)
		return openat(ns->dirs[0].fd, ".", DIR_FLAGS);
	for (i = ns->lowest; i > 0; i--) {
		up = openat(fd < 0 ? ns->dirs[ns->lowest].fd : fd, "..",
			    DIR_FLAGS);
		if (fd >= 0)
			close(fd);
		if (up < 0)
			return -1;
		fd = up;
	}
	return fd;
}

/* A link's first name: the way down again from the root, step by step. */
enum err
nest_find(struct nest *ns, const char *path, int *fd, const char **name)
{
	int at = open_root(ns), next;
	const char *p = path, *slash;
	char part[NAME_MAX + 1];

	while (at >= 0 && (slash = strchr(p, '/'))) {
		memcpy(part, p, (size_t)(slash - p));
		part[slash - p] = '\0';
		next = openat(at, part,
			      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		p = slash + 1;
	}
	if (at < 0 && errno == ENOENT)
		return cx_fail(ns->cx, ERR_CORRUPT,
			       "the archive links to what it does not have:"
			       " %.200s",
			       path);
	if (at < 0)
		return nest_failed(ns->cx, "look up", path);
	*fd = at;
	*name = p;
	return OK;
}

enum err
nest_open(struct nest *ns, struct cx *cx, const char *root, int64_t uid)
{
	int fd;

	*ns = (struct nest){.cx = cx, .uid = uid};
	buf_init(&ns->path, NEST_PATH_MAX);
	fd = open(root, DIR_FLAGS);
	if (fd < 0)
		return cx_errno(cx, errno, "open %s", root);
	if (own(ns, fd)) {
		close(fd);
		return cx_errno(cx, errno, "give %s to uid %lld", root,
				(long long)uid);
	}
	return push(ns, fd, root);
}

enum err
nest_finish(struct nest *ns)
{
	enum err e = OK;

	while (!e && ns->depth)
		e = leave(ns);
	return e;
}

void
nest_close(struct nest *ns)
{
	while (ns->depth)
		drop(&ns->dirs[--ns->depth]);
	free(ns->dirs);
	buf_free(&ns->path);
	*ns = (struct nest){0};
}
