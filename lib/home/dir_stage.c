#include "home/dir_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "home/place.h"
#include "rules/names.h"

/* Deleting a tree and unpacking in the same place right after is far slower
 * than renaming it aside; sweep_stages deletes it later. */
enum err
dir_stage(struct cx *cx, const char *id, const char *op_id, const char **path)
{
	const char *stage;
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	stage = home_place_of(cx, PLACE_UNPACK, id, op_id);
	e = place_move(cx, stage, place_aside(cx, stage));
	if (e && e != ERR_NOT_FOUND)
		return e;
	cx_clear(cx);
	if (mkdir(stage, 0700))
		return cx_errno(cx, errno, "make %s", stage);
	*path = stage;
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
published_before(struct cx *cx, const char *home)
{
	bool there;
	enum err e;

	if ((e = place_look(cx, home, &there)))
		return e;
	if (!there)
		return cx_fail(cx, ERR_NOT_FOUND,
			       "neither %s nor a stage for it", home);
	cx_clear(cx);
	/* A crash may have come between the rename and its syncs. */
	return fs_sync_dir(cx, cx->site->homes_dir);
}

enum err
dir_publish(struct cx *cx, const char *id, const char *op_id)
{
	const char *home, *stage;
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	stage = home_place_of(cx, PLACE_UNPACK, id, op_id);
	e = sync_tree(cx, stage);
	if (e == ERR_NOT_FOUND)
		return published_before(cx, home);
	if (e)
		return e;
	if (FAULT(FAULT_HOME_PUBLISH_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: publish %s", home);
	if ((e = place_move(cx, stage, home)))
		return e;
	if (FAULT(FAULT_HOME_PUBLISH_AFTER))
		return cx_fail(cx, ERR_IO, "fault: published %s", home);
	return OK;
}

enum err
dir_unstage(struct cx *cx, const char *id, const char *op_id)
{
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	return fs_remove_tree(cx, home_place_of(cx, PLACE_UNPACK, id, op_id),
			      NULL, NULL);
}

static bool
take_any(struct cx *cx, const char **name)
{
	if (!strcmp(*name, ".") || !strcmp(*name, ".."))
		return false;
	*name = arena_strdup(&cx->arena, *name);
	return true;
}

static bool
is_kept(const char *name, const char *const keep[], size_t n)
{
	char id[37], op_id[37];
	size_t i;

	if (!name_trash_ids(name, id, op_id))
		return false;
	for (i = 0; i < n; i++)
		if (!strcmp(op_id, keep[i]))
			return true;
	return false;
}

/* Somebody is just making an empty home there: PLACE_NEW is moved into its
 * place within moments. A time in the future is no excuse. */
static bool
is_being_made(const char *path, const char *name)
{
	const int64_t moments_ms = 60000;
	struct stat st;
	int64_t age;

	if (strncmp(name, PLACE_NEW ".", sizeof(PLACE_NEW)) != 0 ||
	    lstat(path, &st))
		return false;
	age = clock_now_ms() - (int64_t)st.st_mtim.tv_sec * 1000;
	return age > -moments_ms && age < moments_ms;
}

enum err
dir_sweep_stages(struct cx *cx, const char *const keep[], size_t n)
{
	struct home_names all;
	enum err e;
	size_t i;

	if ((e = place_ready(cx)) ||
	    (e = place_list(cx, PLACE_UNPACK, take_any, &all)))
		return e;
	for (i = 0; i < all.n; i++) {
		const char *path = place_in(cx, PLACE_UNPACK, all.v[i]);

		if (is_kept(all.v[i], keep, n) || is_being_made(path, all.v[i]))
			continue;
		if ((e = fs_remove_tree(cx, path, NULL, NULL)))
			return e;
	}
	return OK;
}
