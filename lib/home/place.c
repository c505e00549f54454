#include "home/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/id.h"
#include "rules/names.h"

enum err
place_ids(struct cx *cx, const char *id, const char *op_id)
{
	if (!id || !id_is_uuid(id))
		return cx_fail(cx, ERR_INVALID, "not the id of a workspace");
	if (op_id && !id_is_uuid(op_id))
		return cx_fail(cx, ERR_INVALID, "not the id of an operation");
	return OK;
}

const char *
place_in(struct cx *cx, const char *sub, const char *name)
{
	return arena_printf(&cx->arena, "%s%s%s%s%s", cx->site->homes_dir,
			    sub ? "/" : "", sub ? sub : "", name ? "/" : "",
			    name ? name : "");
}

const char *
place_home(struct cx *cx, const char *id)
{
	char name[NAME_MAX_LEN];

	return place_in(cx, NULL, name_home(id, name));
}

const char *
home_place_of(struct cx *cx, const char *sub, const char *id, const char *op_id)
{
	char name[NAME_MAX_LEN];

	return place_in(cx, sub, name_trash(id, op_id, name));
}

const char *
place_aside(struct cx *cx, const char *path)
{
	unsigned char r[8];
	char hex[17];

	id_random(r, sizeof(r));
	id_hex(r, sizeof(r), hex);
	return arena_printf(&cx->arena, "%s.%s", path, hex);
}

enum err
place_look(struct cx *cx, const char *path, mode_t type, bool *there)
{
	struct stat st;

	if (lstat(path, &st)) {
		if (errno != ENOENT)
			return cx_errno(cx, errno, "look for %s", path);
		*there = false;
		return OK;
	}
	if ((st.st_mode & S_IFMT) != type)
		return cx_fail(cx, ERR_IO, "%s is there but %s", path,
			       type == S_IFDIR ? "no directory"
					       : "no note of a volume");
	*there = true;
	return OK;
}

enum err
place_ready(struct cx *cx)
{
	const char *sub[] = {PLACE_TRASH, PLACE_UNPACK};
	bool there = false;
	enum err e;
	size_t i;

	for (i = 0; i < sizeof(sub) / sizeof(sub[0]); i++) {
		if ((e = place_look(cx, place_in(cx, sub[i], NULL), S_IFDIR,
				    &there)))
			return e;
		if (!there)
			return cx_fail(cx, ERR_UNREACHABLE,
				       "%s has no %s: its disk is not mounted,"
				       " or roostctl doctor has not set it up",
				       cx->site->homes_dir, sub[i]);
	}
	return OK;
}

/* Not every filesystem knows RENAME_NOREPLACE. Only the holder of the
 * workspace's lock moves its home, so looking first is enough there. */
static int
rename_free(const char *from, const char *to)
{
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	/* Its ".." changes, so its owner must be able to write in it. */
	if (errno == EACCES &&
	    !fchmodat(AT_FDCWD, from, 0700, AT_SYMLINK_NOFOLLOW) &&
	    !renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fs_exists(to)) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

static const char *
parent_of(struct cx *cx, const char *path)
{
	return arena_strndup(&cx->arena, path,
			     (size_t)(strrchr(path, '/') - path));
}

enum err
place_move(struct cx *cx, const char *from, const char *to)
{
	const char *old = parent_of(cx, from), *new = parent_of(cx, to);
	enum err e;

	if (rename_free(from, to)) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return cx_fail(cx, ERR_EXISTS, "%s is there already",
				       to);
		if (errno == ENOENT)
			return cx_fail(cx, ERR_NOT_FOUND, "%s is not there",
				       from);
		return cx_errno(cx, errno, "move %s to %s", from, to);
	}
	if ((e = fs_sync_dir(cx, new)))
		return e;
	return strcmp(old, new) ? fs_sync_dir(cx, old) : OK;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
keep_name(struct cx *cx, struct home_names *l, size_t *cap, const char *name)
{
	if (l->n == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		const char **v = arena_array(&cx->arena, more, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		*cap = more;
	}
	l->v[l->n++] = name;
}

enum err
place_list(struct cx *cx, const char *sub, mode_t type,
	   bool (*take)(struct cx *cx, const char **name),
	   struct home_names *out)
{
	const char *path = place_in(cx, sub, NULL);
	struct home_names l = {0};
	DIR *d = opendir(path);
	struct dirent *de;
	enum err e = OK;
	size_t cap = 0;

	if (!d)
		return cx_errno(cx, errno, "list %s", path);
	while ((errno = 0, de = readdir(d))) {
		const char *name = de->d_name;

		if (de->d_type != IFTODT(type) && de->d_type != DT_UNKNOWN)
			continue;
		if (take(cx, &name))
			keep_name(cx, &l, &cap, name);
	}
	if (errno)
		e = cx_errno(cx, errno, "list %s", path);
	closedir(d);
	if (e)
		return e;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_name);
	*out = l;
	return OK;
}

/* As root, instances of other uids must get through to their own home. */
static mode_t
mode_of_homes(struct cx *cx)
{
	return cx->site->instance_uid_base > 0 ? 0711 : 0700;
}

static enum err
check_device(struct cx *cx, const char *sub)
{
	const char *path = place_in(cx, sub, NULL);
	struct stat a, b;

	if (stat(cx->site->homes_dir, &a) || stat(path, &b))
		return cx_errno(cx, errno, "look at %s", path);
	if (a.st_dev != b.st_dev)
		return cx_fail(cx, ERR_CONFIG,
			       "%s must be on the same filesystem as %s, so"
			       " that homes can be renamed into it",
			       path, cx->site->homes_dir);
	if (access(path, W_OK | X_OK))
		return cx_fail(cx, ERR_CONFIG,
			       "%s is not writable for uid %u: chown it", path,
			       (unsigned)geteuid());
	return OK;
}

enum err
place_probe(struct cx *cx)
{
	const char *homes = cx->site->homes_dir;
	const char *trash = place_in(cx, PLACE_TRASH, NULL);
	const char *unpack = place_in(cx, PLACE_UNPACK, NULL);
	enum err e;

	if ((e = fs_mkdirs(cx, homes, mode_of_homes(cx))) ||
	    (e = fs_mkdir(cx, trash, 0700)) ||
	    (e = fs_mkdir(cx, unpack, 0700)) ||
	    (e = check_device(cx, PLACE_TRASH)) ||
	    (e = check_device(cx, PLACE_UNPACK)))
		return e;
	return fs_sync_dir(cx, homes);
}
