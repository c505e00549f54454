/* Where the things of an instance are, and their beginning and end. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/lock.h"
#include "engine/process.h"
#include "rules/names.h"

void
place_of(struct cx *cx, const char *id, struct place *pl)
{
	const char *run = cx->site->run_dir;
	char name[NAME_MAX_LEN];

	pl->id = arena_strdup(&cx->arena, id);
	pl->alive = site_run_path(cx, id, ".alive");
	pl->status = site_run_path(cx, id, ".status");
	pl->ws = arena_printf(&cx->arena, "%s/ws/%s", run, id);
	pl->app = arena_printf(&cx->arena, "%s/app.sock", pl->ws);
	pl->sock = arena_printf(&cx->arena, "%s/sock/%s.sock", run, id);
	pl->port = arena_printf(&cx->arena, "%s/sock/%s.port", run, id);
	pl->log = arena_printf(&cx->arena, "%s/%s.log", cx->site->log_dir,
			       name_instance(id, name));
}

/* Folders of the web server's: of the same group as run/, closed to others.
 * Where we may not give it to that group, it stays ours. */
static enum err
share_dir(struct cx *cx, const char *name, gid_t gid)
{
	const char *path = site_run_file(cx, name);
	struct stat st;
	enum err e;

	if (!lstat(path, &st))
		return OK;
	if ((e = fs_mkdirs(cx, path, 0750)))
		return e;
	if (lchown(path, (uid_t)-1, gid) && errno != EPERM)
		return cx_errno(cx, errno, "giving %s to group %u", path,
				(unsigned)gid);
	return OK;
}

enum err
place_dirs(struct cx *cx)
{
	struct stat st;
	enum err e;

	if ((e = fs_mkdirs(cx, cx->site->run_dir, 0711)) ||
	    (e = fs_mkdirs(cx, site_run_file(cx, "ws"), 0711)) ||
	    (e = fs_mkdirs(cx, cx->site->log_dir, 0750)))
		return e;
	if (stat(cx->site->run_dir, &st))
		return cx_errno(cx, errno, "%s", cx->site->run_dir);
	if ((e = share_dir(cx, "sock", st.st_gid)) ||
	    (e = share_dir(cx, "slots", st.st_gid)))
		return e;
	return OK;
}

enum err
place_ws(struct cx *cx, const struct place *pl, int64_t uid)
{
	enum err e;

	if ((e = fs_mkdir(cx, pl->ws, 0700)))
		return e;
	if (uid >= 0 && lchown(pl->ws, (uid_t)uid, (gid_t)uid))
		return cx_errno(cx, errno, "giving %s to uid %lld", pl->ws,
				(long long)uid);
	return OK;
}

/* The file at the path is still the one we have locked: place_clear of
 * somebody else may have removed it between our open and our lock. */
static bool
same_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !lstat(path, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

enum err
place_take(struct cx *cx, const struct place *pl, int *fd)
{
	enum err e;
	int f = -1;

	for (;;) {
		if ((e = lock_take(cx, pl->alive, &f)))
			return e;
		if (same_file(f, pl->alive))
			break;
		lock_drop(f);
	}
	*fd = f;
	return OK;
}

enum err
place_wait(struct cx *cx, const struct place *pl,
	   const struct instance_spec *spec, int *fd)
{
	enum err e;

	while ((e = place_take(cx, pl, fd)) == ERR_BUSY) {
		if (spec->quit && spec->quit(spec->arg))
			return cx_fail(cx, ERR_ABANDONED,
				       "starting %s was given up", pl->id);
		if (clock_mono_ms() >= spec->deadline_ms)
			return cx_fail(cx, ERR_TIMEOUT,
				       "somebody else works on %s", pl->id);
		cx_clear(cx);
		clock_sleep_ms(5);
	}
	return e;
}

static enum err
remove_file(struct cx *cx, const char *path)
{
	if (unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "removing %s", path);
	return OK;
}

enum err
place_clear(struct cx *cx, const struct place *pl, bool lock_too)
{
	enum err e;

	if (FAULT(FAULT_ENGINE_CLEAR))
		return cx_fail(cx, ERR_IO, "fault while clearing %s", pl->id);
	if ((e = slot_free(cx, pl->id)) || (e = remove_file(cx, pl->sock)) ||
	    (e = remove_file(cx, pl->port)) ||
	    (e = fs_remove_tree(cx, pl->ws, NULL, NULL)) ||
	    (e = remove_file(cx, pl->status)))
		return e;
	return lock_too ? remove_file(cx, pl->alive) : OK;
}
