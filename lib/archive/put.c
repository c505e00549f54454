#include "archive/put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/traits.h"

enum err
put_begin(struct put *pt, const char *root)
{
	buf_init(&pt->target, NEST_PATH_MAX);
	return nest_open(&pt->nest, pt->cx, root, pt->uid);
}

void
put_end(struct put *pt)
{
	nest_close(&pt->nest);
	buf_free(&pt->target);
}

/* Whatever the mode that was archived: a home is its owner's alone. */
enum err
put_finish(struct put *pt)
{
	struct nest_dir *root;
	enum err e;

	if ((e = nest_enter(&pt->nest, "", &root)))
		return e;
	root->mode = 0700;
	return nest_finish(&pt->nest);
}

/* Programs that become their owner: never for an owner who is not us, and
 * never for root. */
static mode_t
mode_of(const struct put *pt, struct archive_entry *entry)
{
	mode_t mode = archive_entry_perm(entry) & 07777;

	return pt->uid >= 0 || !geteuid() ? mode & ~(mode_t)06000 : mode;
}

static bool
must_own(const struct put *pt)
{
	return pt->uid >= 0 && (uid_t)pt->uid != geteuid();
}

static struct timespec
mtime_of(struct archive_entry *entry)
{
	struct timespec t = {.tv_nsec = UTIME_OMIT};

	if (archive_entry_mtime_is_set(entry)) {
		t.tv_sec = archive_entry_mtime(entry);
		t.tv_nsec = archive_entry_mtime_nsec(entry);
	}
	return t;
}

static enum err
write_at(struct put *pt, int fd, const char *p, size_t n, int64_t at)
{
	while (n) {
		ssize_t done = pwrite(fd, p, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return nest_failed(pt->cx, "write",
					   buf_str(&pt->b->path));
		p += done;
		at += done;
		n -= (size_t)done;
	}
	return OK;
}

/* Holes are not written: the size is set when all data is there. */
static enum err
put_data(struct put *pt, struct archive *a, int fd, int64_t size)
{
	const void *p;
	la_int64_t at;
	size_t n;
	enum err e;
	int r;

	while ((r = archive_read_data_block(a, &p, &n, &at)) == ARCHIVE_OK) {
		if ((e = bounds_content(pt->b, at, n, size)) ||
		    (e = write_at(pt, fd, p, n, at)))
			return e;
	}
	if (r != ARCHIVE_EOF)
		return bounds_unreadable(pt->b, a);
	if (size > 0 && ftruncate(fd, size))
		return nest_failed(pt->cx, "size", buf_str(&pt->b->path));
	return OK;
}

/* Owner before mode: a change of owner takes bits of the mode away. */
static enum err
finish_file(struct put *pt, int fd, struct archive_entry *entry)
{
	struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, mtime_of(entry)};
	unsigned char acl[TRAITS_ACL_BYTES];
	const char *path = buf_str(&pt->b->path);
	enum err e;

	if (must_own(pt) && fchown(fd, (uid_t)pt->uid, (gid_t)pt->uid))
		return cx_errno(pt->cx, errno, "give %.200s away", path);
	if ((e = traits_write(pt->cx, fd, entry)))
		return e;
	if (fchmod(fd, mode_of(pt, entry)))
		return cx_errno(pt->cx, errno, "set the mode of %.200s", path);
	if ((e = traits_set_acl(pt->cx, fd, false, acl,
				traits_acl(entry, false, acl))))
		return e;
	if (futimens(fd, t))
		return cx_errno(pt->cx, errno, "set the times of %.200s", path);
	return OK;
}

static enum err
put_file(struct put *pt, struct archive *a, struct archive_entry *entry)
{
	const char *name;
	enum err e;
	int at, fd;

	if ((e = nest_go(&pt->nest, buf_str(&pt->b->path), &at, &name)))
		return e;
	fd = openat(at, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return nest_failed(pt->cx, "make", buf_str(&pt->b->path));
	if (!(e = put_data(pt, a, fd, archive_entry_size(entry))))
		e = finish_file(pt, fd, entry);
	if (close(fd) && !e)
		e = nest_failed(pt->cx, "close", buf_str(&pt->b->path));
	return e;
}

static void
keep_acl(struct nest_dir *d, struct archive_entry *entry)
{
	unsigned char acl[TRAITS_ACL_BYTES];
	int i;

	for (i = 0; i < 2; i++) {
		size_t n = traits_acl(entry, i, acl);

		free(d->acl[i]);
		d->acl[i] = NULL;
		d->n_acl[i] = n;
		if (!n)
			continue;
		d->acl[i] = malloc(n);
		if (!d->acl[i])
			abort(); /* out of memory: crash-only */
		memcpy(d->acl[i], acl, n);
	}
}

static enum err
put_dir(struct put *pt, struct archive_entry *entry)
{
	struct nest_dir *d;
	enum err e;

	if ((e = nest_enter(&pt->nest, buf_str(&pt->b->path), &d)))
		return e;
	d->mode = archive_entry_perm(entry) & 07777;
	if (archive_entry_mtime_is_set(entry))
		d->mtime = mtime_of(entry);
	keep_acl(d, entry);
	return traits_write(pt->cx, d->fd, entry);
}

/* Owner and times of what cannot be opened. */
static enum err
finish_name(struct put *pt, int at, const char *name,
	    struct archive_entry *entry)
{
	struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, mtime_of(entry)};

	if (must_own(pt) && fchownat(at, name, (uid_t)pt->uid, (gid_t)pt->uid,
				     AT_SYMLINK_NOFOLLOW))
		return cx_errno(pt->cx, errno, "give %.200s away",
				buf_str(&pt->b->path));
	if (utimensat(at, name, t, AT_SYMLINK_NOFOLLOW))
		return cx_errno(pt->cx, errno, "set the times of %.200s",
				buf_str(&pt->b->path));
	return OK;
}

static enum err
put_symlink(struct put *pt, struct archive_entry *entry)
{
	const char *to = bounds_symlink(entry);
	const char *name;
	enum err e;
	int at;

	if (!to || !*to)
		return cx_fail(pt->cx, ERR_CORRUPT, "%.200s links to nothing",
			       buf_str(&pt->b->path));
	if ((e = nest_go(&pt->nest, buf_str(&pt->b->path), &at, &name)))
		return e;
	if (symlinkat(to, at, name))
		return nest_failed(pt->cx, "make", buf_str(&pt->b->path));
	return finish_name(pt, at, name, entry);
}

static enum err
put_pipe(struct put *pt, struct archive_entry *entry)
{
	const char *name;
	enum err e;
	int at;

	if ((e = nest_go(&pt->nest, buf_str(&pt->b->path), &at, &name)))
		return e;
	if (mkfifoat(at, name, 0600))
		return nest_failed(pt->cx, "make", buf_str(&pt->b->path));
	if (fchmodat(at, name, mode_of(pt, entry), AT_SYMLINK_NOFOLLOW))
		return cx_errno(pt->cx, errno, "set the mode of %.200s",
				buf_str(&pt->b->path));
	return finish_name(pt, at, name, entry);
}

/* Both names are looked up step by step inside the tree. */
static enum err
put_link(struct put *pt, const char *target)
{
	const char *name, *old;
	int at, from;
	enum err e;

	if ((e = nest_clean(pt->cx, target, &pt->target)) ||
	    (e = nest_go(&pt->nest, buf_str(&pt->b->path), &at, &name)) ||
	    (e = nest_find(&pt->nest, buf_str(&pt->target), &from, &old)))
		return e;
	if (!*old || linkat(from, old, at, name, 0)) {
		if (!*old || errno == ENOENT || errno == EPERM)
			e = cx_fail(pt->cx, ERR_CORRUPT,
				    "the archive links to what it does not"
				    " have as a file: %.200s",
				    buf_str(&pt->target));
		else
			e = nest_failed(pt->cx, "link", buf_str(&pt->b->path));
	}
	close(from);
	return e;
}

static enum err
put_typed(struct put *pt, struct archive *a, struct archive_entry *entry)
{
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return put_file(pt, a, entry);
	case AE_IFDIR:
		return put_dir(pt, entry);
	case AE_IFLNK:
		return put_symlink(pt, entry);
	case AE_IFIFO:
		return put_pipe(pt, entry);
	default:
		return cx_fail(pt->cx, ERR_CORRUPT,
			       "%.200s is of a kind that no home has",
			       buf_str(&pt->b->path));
	}
}

enum err
put_entry(void *put, struct archive *a, struct archive_entry *entry)
{
	struct put *pt = put;
	const char *link;
	enum err e;

	if ((e = bounds_entry(pt->b, entry, &link)))
		return e;
	return link ? put_link(pt, link) : put_typed(pt, a, entry);
}
