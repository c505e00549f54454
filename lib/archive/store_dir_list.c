#include "archive/store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs.h"
#include "base/id.h"
#include "rules/names.h"

const char *
spot_path(struct cx *cx, const char *key, const char *file)
{
	return arena_printf(&cx->arena, "%s/%s%s%s", cx->site->archives_dir,
			    key, file ? "/" : "", file ? file : "");
}

const char *
spot_above(struct cx *cx, const char *key)
{
	return spot_path(cx, arena_strndup(&cx->arena, key, ID_UUID_LEN), NULL);
}

enum err
spot_root(struct cx *cx)
{
	const char *root = cx->site->archives_dir;
	struct stat st;

	if (stat(root, &st))
		return cx_errno(cx, errno, "look at archives_dir %s", root);
	if (!S_ISDIR(st.st_mode))
		return cx_fail(cx, ERR_CONFIG,
			       "archives_dir %s is no directory", root);
	return OK;
}

enum err
spot_unlink(struct cx *cx, const char *path)
{
	if (unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "remove %s", path);
	return OK;
}

/* Everything of ours in the key's directory; the marker goes before. */
static enum err
clear_dir(struct cx *cx, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	enum err e = OK;

	if (!d)
		return errno == ENOENT ? OK
				       : cx_errno(cx, errno, "list %s", dir);
	while (!e && (errno = 0, de = readdir(d))) {
		if (!strncmp(de->d_name, SPOT_OBJECT, strlen(SPOT_OBJECT)) &&
		    unlinkat(dirfd(d), de->d_name, 0) && errno != ENOENT)
			e = cx_errno(cx, errno, "remove %s/%s", dir,
				     de->d_name);
	}
	if (!e && errno)
		e = cx_errno(cx, errno, "list %s", dir);
	closedir(d);
	return e;
}

static enum err
remove_empty(struct cx *cx, const char *path, bool must)
{
	if (!rmdir(path) || errno == ENOENT)
		return OK;
	if ((errno == ENOTEMPTY || errno == EEXIST) && !must)
		return OK;
	return cx_errno(cx, errno, "remove %s", path);
}

enum err
dir_remove(struct cx *cx, const char *key)
{
	const char *dir, *up;
	enum err e;

	if ((e = spot_key(cx, key)) || (e = spot_root(cx)))
		return e;
	if (FAULT(FAULT_STORE_DELETE))
		return cx_fail(cx, ERR_IO, "fault: delete archive %s", key);
	dir = spot_path(cx, key, NULL);
	up = spot_above(cx, key);
	if (fs_exists(spot_path(cx, key, SPOT_META)) &&
	    ((e = spot_unlink(cx, spot_path(cx, key, SPOT_META))) ||
	     (e = fs_sync_dir(cx, dir))))
		return e;
	if ((e = clear_dir(cx, dir)) || (e = remove_empty(cx, dir, true)) ||
	    (e = remove_empty(cx, up, false)))
		return e;
	return fs_sync_dir(cx, cx->site->archives_dir);
}

/* A failed look is never "absent". A file in the place of the directory has
 * certainly nothing in it. */
static enum err
look_at(struct cx *cx, const char *path, bool *there, struct stat *st)
{
	*there = !lstat(path, st);
	return *there || errno == ENOENT || errno == ENOTDIR
		       ? OK
		       : cx_errno(cx, errno, "look at %s", path);
}

/* What is in the directory of one archive. */
static enum err
look(struct cx *cx, const char *id, const char *op_id, struct archive_fact *f)
{
	char key[NAME_MAX_LEN];
	struct stat st;
	bool there;
	enum err e;

	name_archive(id, op_id, key);
	if ((e = look_at(cx, spot_path(cx, key, SPOT_META), &f->marked, &st)) ||
	    (e = look_at(cx, spot_path(cx, key, SPOT_OBJECT), &there, &st)))
		return e;
	if (there)
		f->size = st.st_size;
	return OK;
}

/* Keys below a directory: of all workspaces, or (id) of one. Names that are
 * no UUIDs are not ours. */
static enum err
list_uuids(struct cx *cx, const char *path, const char *id, struct spots *l)
{
	DIR *d = opendir(path);
	struct dirent *de;
	enum err e = OK;

	/* It may have been removed since it was seen in its parent. */
	if (!d)
		return id && (errno == ENOENT || errno == ENOTDIR)
			       ? OK
			       : cx_errno(cx, errno, "list %s", path);
	while (!e && (errno = 0, de = readdir(d))) {
		if (!id_is_uuid(de->d_name))
			continue;
		if (id)
			e = look(cx, id, de->d_name,
				 &spots_add(cx, l, id, de->d_name)->fact);
		else
			e = list_uuids(cx, spot_path(cx, de->d_name, NULL),
				       de->d_name, l);
	}
	if (!e && errno)
		e = cx_errno(cx, errno, "list %s", path);
	closedir(d);
	return e;
}

enum err
dir_list(struct cx *cx, struct archive_names *out)
{
	struct spots l = {0};
	enum err e;

	if (FAULT(FAULT_STORE_LIST))
		return cx_fail(cx, ERR_IO, "fault: list archives");
	if ((e = list_uuids(cx, cx->site->archives_dir, NULL, &l)))
		return e;
	spots_list(cx, &l, out);
	return OK;
}
