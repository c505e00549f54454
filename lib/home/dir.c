/* Directory homes: what is more than moving an entry (entry.c). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs.h"
#include "home/place.h"
#include "rules/names.h"

static enum err
dir_look(struct cx *cx, const char *const ids[], size_t n, bool there[])
{
	return entry_look(cx, ids, n, S_IFDIR, there);
}

static enum err
dir_list(struct cx *cx, struct home_names *ids)
{
	return entry_list(cx, S_IFDIR, ids);
}

/* Owner and mode are right before anybody can see it in its place. */
static enum err
make_empty(struct cx *cx, const char *path, int64_t uid)
{
	if (mkdir(path, 0700))
		return cx_errno(cx, errno, "make %s", path);
	if (chmod(path, 0700))
		return cx_errno(cx, errno, "set the mode of %s", path);
	if (uid >= 0 && chown(path, (uid_t)uid, (gid_t)uid))
		return cx_errno(cx, errno, "give %s to uid %ld", path,
				(long)uid);
	return OK;
}

static enum err
create_beside(struct cx *cx, const char *home, const char *new, int64_t uid)
{
	enum err e;

	if ((e = make_empty(cx, new, uid)) || (e = place_move(cx, new, home)))
		rmdir(new);
	return e;
}

static enum err
dir_create(struct cx *cx, const char *id, int64_t uid)
{
	const char *home, *new;
	bool there;
	enum err e;

	if ((e = place_ids(cx, id, NULL)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	if ((e = place_look(cx, home, S_IFDIR, &there)) || there)
		return e;
	if (FAULT(FAULT_HOME_CREATE_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: make %s", home);
	new = place_in(cx, PLACE_UNPACK, PLACE_NEW);
	e = create_beside(cx, home, place_aside(cx, new), uid);
	if (e == ERR_EXISTS) {
		cx_clear(cx);
		return OK;
	}
	if (!e && FAULT(FAULT_HOME_CREATE_AFTER))
		return cx_fail(cx, ERR_IO, "fault: made %s", home);
	return e;
}

static const char *
dir_path(struct cx *cx, const char *id)
{
	return place_home(cx, id);
}

static struct tree
tree_at(const char *path)
{
	return (struct tree){.path = path, .disk = path};
}

static enum err
dir_tree(struct cx *cx, const char *id, struct tree *home)
{
	*home = tree_at(place_home(cx, id));
	return OK;
}

static const char *
dir_disk(struct cx *cx)
{
	return cx->site->homes_dir;
}

/* ---- Stages ---- */

static enum err
dir_stage(struct cx *cx, const char *id, const char *op_id, struct tree *stage)
{
	const char *path;
	enum err e;

	if ((e = entry_stage(cx, id, op_id, &path)))
		return e;
	if (mkdir(path, 0700))
		return cx_errno(cx, errno, "make %s", path);
	*stage = tree_at(path);
	return OK;
}

/* Everything that was unpacked reaches the disk before the home appears. */
static enum err
sync_tree(struct cx *cx, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	enum err e = OK;

	if (fd < 0 && errno == ENOENT)
		return cx_fail(cx, ERR_NOT_FOUND, "%s is not there", path);
	if (fd < 0)
		return cx_errno(cx, errno, "open %s", path);
	if (syncfs(fd))
		e = cx_errno(cx, errno, "sync the filesystem of %s", path);
	close(fd);
	return e;
}

static enum err
dir_publish(struct cx *cx, const char *id, const char *op_id)
{
	return entry_publish(cx, id, op_id, S_IFDIR, sync_tree);
}

static enum err
dir_unstage(struct cx *cx, const char *id, const char *op_id)
{
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	return fs_remove_tree(cx, home_place_of(cx, PLACE_UNPACK, id, op_id),
			      NULL, NULL);
}

static enum err
drop_tree(struct cx *cx, const char *path)
{
	return fs_remove_tree(cx, path, NULL, NULL);
}

static enum err
dir_sweep_stages(struct cx *cx, const char *const keep[], size_t n)
{
	return entry_sweep(cx, keep, n, S_IFDIR, drop_tree);
}

/* ---- Trash ---- */

static enum err
dir_untrash(struct cx *cx, const char *id, const char *op_id)
{
	return entry_untrash(cx, id, op_id, S_IFDIR);
}

static enum err
dir_trash_list(struct cx *cx, struct home_names *names)
{
	return entry_trash_list(cx, S_IFDIR, names);
}

static enum err
dir_purge(struct cx *cx, const char *name, bool (*quit)(void *), void *arg)
{
	char id[37], op_id[37];
	enum err e;

	if (!name || !name_trash_ids(name, id, op_id))
		return cx_fail(cx, ERR_INVALID, "not a name in the trash");
	if ((e = place_ready(cx)))
		return e;
	if (FAULT(FAULT_HOME_PURGE))
		return cx_fail(cx, ERR_IO, "fault: purge %s", name);
	return fs_remove_tree(cx, place_in(cx, PLACE_TRASH, name), quit, arg);
}

const struct home_ops home_dir = {
	.name = "directory",
	.probe = place_probe,
	.look = dir_look,
	.list = dir_list,
	.create = dir_create,
	.stage = dir_stage,
	.publish = dir_publish,
	.unstage = dir_unstage,
	.path = dir_path,
	.tree = dir_tree,
	.disk = dir_disk,
	.trash = entry_trash,
	.untrash = dir_untrash,
	.trash_list = dir_trash_list,
	.purge = dir_purge,
	.sweep_stages = dir_sweep_stages,
};
