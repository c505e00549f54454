/* Directory homes: looking, making, trash. Stages are in dir_stage.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs.h"
#include "home/dir_stage.h"
#include "home/place.h"
#include "rules/names.h"

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

static enum err
dir_probe(struct cx *cx)
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

static enum err
dir_look(struct cx *cx, const char *const ids[], size_t n, bool there[])
{
	bool *seen = arena_array(&cx->arena, n ? n : 1, sizeof(*seen));
	enum err e;
	size_t i;

	if (FAULT(FAULT_HOME_LOOK))
		return cx_fail(cx, ERR_IO, "fault: look for homes");
	if ((e = place_ready(cx)))
		return e;
	for (i = 0; i < n; i++)
		if ((e = place_ids(cx, ids[i], NULL)) ||
		    (e = place_look(cx, place_home(cx, ids[i]), &seen[i])))
			return e;
	if (n)
		memcpy(there, seen, n * sizeof(*seen));
	return OK;
}

static bool
take_home(struct cx *cx, const char **name)
{
	char id[37];

	if (!name_home_id(*name, id))
		return false;
	*name = arena_strdup(&cx->arena, id);
	return true;
}

static enum err
dir_list(struct cx *cx, struct home_names *ids)
{
	enum err e;

	if (FAULT(FAULT_HOME_LOOK))
		return cx_fail(cx, ERR_IO, "fault: list homes");
	if ((e = place_ready(cx)))
		return e;
	return place_list(cx, NULL, take_home, ids);
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
	if ((e = place_look(cx, home, &there)) || there)
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

static enum err
dir_trash(struct cx *cx, const char *id, const char *op_id)
{
	const char *home, *entry;
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	entry = home_place_of(cx, PLACE_TRASH, id, op_id);
	if (FAULT(FAULT_HOME_TRASH_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: trash %s", home);
	e = place_move(cx, home, entry);
	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		/* Gone before: a crash may have lost the syncs. */
		if (!(e = fs_sync_dir(cx, place_in(cx, PLACE_TRASH, NULL))))
			e = fs_sync_dir(cx, cx->site->homes_dir);
	}
	if (!e && FAULT(FAULT_HOME_TRASH_AFTER))
		return cx_fail(cx, ERR_IO, "fault: trashed %s", home);
	return e;
}

static enum err
dir_untrash(struct cx *cx, const char *id, const char *op_id)
{
	const char *home, *entry;
	bool there;
	enum err e, look;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	entry = home_place_of(cx, PLACE_TRASH, id, op_id);
	e = place_move(cx, entry, home);
	if (e != ERR_NOT_FOUND)
		return e;
	if ((look = place_look(cx, home, &there)))
		return look;
	if (there)
		cx_clear(cx);
	return there ? OK : e;
}

static bool
take_trash(struct cx *cx, const char **name)
{
	char id[37], op_id[37];

	if (!name_trash_ids(*name, id, op_id))
		return false;
	*name = arena_strdup(&cx->arena, *name);
	return true;
}

static enum err
dir_trash_list(struct cx *cx, struct home_names *names)
{
	enum err e = place_ready(cx);

	return e ? e : place_list(cx, PLACE_TRASH, take_trash, names);
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
	.name = "dir",
	.probe = dir_probe,
	.look = dir_look,
	.list = dir_list,
	.create = dir_create,
	.stage = dir_stage,
	.publish = dir_publish,
	.unstage = dir_unstage,
	.path = dir_path,
	.trash = dir_trash,
	.untrash = dir_untrash,
	.trash_list = dir_trash_list,
	.purge = dir_purge,
	.sweep_stages = dir_sweep_stages,
};
