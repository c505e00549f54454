#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/id.h"

enum err
fs_mkdir(struct cx *cx, const char *path, mode_t mode)
{
	struct stat st;

	if (!mkdir(path, mode))
		return OK;
	if (errno != EEXIST)
		return cx_errno(cx, errno, "make directory %s", path);
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return cx_fail(cx, ERR_IO,
			       "%s is in the way: it is not a directory", path);
	return OK;
}

enum err
fs_mkdirs(struct cx *cx, const char *path, mode_t mode)
{
	char *copy = arena_strdup(&cx->arena, path), *p;
	enum err e;

	for (p = copy + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if ((e = fs_mkdir(cx, copy, mode)))
			return e;
		*p = '/';
	}
	return fs_mkdir(cx, copy, mode);
}

enum err
fs_sync_dir(struct cx *cx, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = OK;

	if (fd < 0)
		return cx_errno(cx, errno, "open directory %s", path);
	/* EINVAL: a filesystem that cannot sync directories. */
	if (fsync(fd) && errno != EINVAL)
		e = cx_errno(cx, errno, "sync directory %s", path);
	close(fd);
	return e;
}

static const char *
parent_of(struct cx *cx, const char *path)
{
	return dirname(arena_strdup(&cx->arena, path));
}

enum err
fs_rename_sync(struct cx *cx, const char *from, const char *to)
{
	const char *old = parent_of(cx, from), *new = parent_of(cx, to);
	enum err e;

	if (rename(from, to))
		return cx_errno(cx, errno, "rename %s to %s", from, to);
	if ((e = fs_sync_dir(cx, new)))
		return e;
	return strcmp(old, new) ? fs_sync_dir(cx, old) : OK;
}

enum err
fs_read(struct cx *cx, const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[8192];
	enum err e = OK;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return cx_fail(cx, ERR_NOT_FOUND, "%s does not exist", path);
	if (fd < 0)
		return cx_errno(cx, errno, "open %s", path);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			e = cx_errno(cx, errno, "read %s", path);
			break;
		}
		buf_add(out, chunk, (size_t)n);
		if (out->over) {
			e = cx_fail(cx, ERR_TOO_LARGE, "%s is too large", path);
			break;
		}
	}
	close(fd);
	return e;
}

static enum err
write_all(struct cx *cx, int fd, const char *path, const char *p, size_t n,
	  bool sync)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return cx_errno(cx, errno, "write %s", path);
		p += done;
		n -= (size_t)done;
	}
	if (sync && fsync(fd))
		return cx_errno(cx, errno, "sync %s", path);
	return OK;
}

static enum err
rename_one(struct cx *cx, const char *from, const char *to)
{
	return rename(from, to)
		       ? cx_errno(cx, errno, "rename %s to %s", from, to)
		       : OK;
}

static enum err
write_beside(struct cx *cx, const char *path, const void *p, size_t n,
	     mode_t mode, bool sync)
{
	unsigned char r[4];
	char hex[9], *tmp;
	enum err e;
	int fd;

	id_random(r, sizeof(r));
	id_hex(r, sizeof(r), hex);
	tmp = arena_printf(&cx->arena, "%s.tmp-%s", path, hex);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return cx_errno(cx, errno, "make %s", tmp);
	e = write_all(cx, fd, tmp, p, n, sync);
	if (close(fd) && !e)
		e = cx_errno(cx, errno, "close %s", tmp);
	if (e || (e = sync ? fs_rename_sync(cx, tmp, path)
			   : rename_one(cx, tmp, path)))
		unlink(tmp);
	return e;
}

enum err
fs_write_sync(struct cx *cx, const char *path, const void *p, size_t n,
	      mode_t mode)
{
	return write_beside(cx, path, p, n, mode, true);
}

enum err
fs_write(struct cx *cx, const char *path, const void *p, size_t n, mode_t mode)
{
	return write_beside(cx, path, p, n, mode, false);
}

enum err
fs_hand_over(struct cx *cx, const char *path)
{
	struct stat st;

	if (geteuid() != 0 || stat(parent_of(cx, path), &st) || !st.st_uid)
		return OK;
	return lchown(path, st.st_uid, st.st_gid)
		       ? cx_errno(cx, errno, "chown %s", path)
		       : OK;
}

enum err
fs_touch(struct cx *cx, const char *path)
{
	int fd;

	if (!utimensat(AT_FDCWD, path, NULL, 0))
		return OK;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return cx_errno(cx, errno, "touch %s", path);
	futimens(fd, NULL);
	close(fd);
	return OK;
}

bool
fs_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st) || (errno != ENOENT && errno != ENOTDIR);
}

bool
fs_is_network(const char *path)
{
	static const unsigned long network[] = {
		NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
		SMB2_SUPER_MAGIC, V9FS_MAGIC,	   FUSE_SUPER_MAGIC,
		CODA_SUPER_MAGIC, AFS_SUPER_MAGIC, CEPH_SUPER_MAGIC,
	};
	struct statfs st;
	size_t i;

	if (statfs(path, &st))
		return false;
	for (i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if ((unsigned long)st.f_type == network[i])
			return true;
	return false;
}

enum err
fs_free(struct cx *cx, const char *path, uint64_t *bytes, uint64_t *inodes)
{
	struct statvfs st;

	if (statvfs(path, &st))
		return cx_errno(cx, errno, "look at the disk of %s", path);
	*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	/* A filesystem without inode limits reports none at all. */
	*inodes = st.f_files ? st.f_favail : UINT64_MAX;
	return OK;
}
