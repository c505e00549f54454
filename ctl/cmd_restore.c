/*
 * roostctl restore: a backup in place of the database.
 *
 * 1. The database that is there stays beside, whole, with its journal.
 * 2. Nothing is changed before the new one was checked.
 * 3. There is a database at every moment: the new one comes by a rename.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "ctl/ctl.h"
#include "store/db.h"

static const char *
beside(struct ctl *c, const char *suffix)
{
	return arena_printf(&c->cx.arena, "%s%s", c->site.db_path, suffix);
}

/* Does somebody listen there? */
static bool
answers(struct ctl *c, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *path = site_run_file(&c->cx, name);
	int fd;
	bool yes;

	if (strlen(path) >= sizeof(a.sun_path))
		return false;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	yes = !connect(fd, (struct sockaddr *)&a, sizeof(a)) || errno == EAGAIN;
	close(fd);
	return yes;
}

/* An open database holds record locks on its file or on the file of its
 * shared memory: any of another process's is in our way. */
static bool
is_open(const char *path)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool yes;

	if (fd < 0)
		return errno != ENOENT;
	yes = fcntl(fd, F_GETLK, &l) || l.l_type != F_UNLCK;
	close(fd);
	return yes;
}

static enum err
be_alone(struct ctl *c, int *lock)
{
	enum err e;

	e = lock_take(&c->cx, site_run_file(&c->cx, "reconcile.lock"), lock);
	if (e == ERR_BUSY)
		return cx_fail(&c->cx, e,
			       "a pass is at work; wait for its end, and stop "
			       "cron until the restore is done");
	if (e)
		return e;
	if (answers(c, "handler.sock") || answers(c, "gate.sock") ||
	    is_open(c->site.db_path) || is_open(beside(c, "-shm"))) {
		lock_drop(*lock);
		return cx_fail(&c->cx, ERR_BUSY,
			       "somebody has the database open; stop the "
			       "handlers of the web server first");
	}
	return OK;
}

static enum err
copy_bytes(struct ctl *c, int from, int to)
{
	char block[1 << 16];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)n) != n)
			return cx_errno(&c->cx, errno, "write the copy");
	if (n < 0)
		return cx_errno(&c->cx, errno, "read %s", c->arg[0]);
	if (fsync(to))
		return cx_errno(&c->cx, errno, "fsync the copy");
	return OK;
}

static enum err
copy(struct ctl *c, const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	enum err e;

	if (in < 0)
		return cx_errno(&c->cx, errno, "open %s", from);
	unlink(to);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	e = out < 0 ? cx_errno(&c->cx, errno, "open %s", to)
		    : copy_bytes(c, in, out);
	close(in);
	if (out >= 0)
		close(out);
	return e;
}

/* Is it a database of ours, whole, and of a version that we know? A version
 * before ours is upgraded on the way. */
static enum err
check(struct ctl *c, const char *path)
{
	struct site site = c->site;
	struct db *db = NULL;
	enum err e;

	site.db_path = path;
	c->cx.site = &site;
	if (!(e = db_open(&c->cx, DB_UPGRADE, &db)))
		e = db_check(&c->cx, db);
	db_close(db);
	c->cx.site = &c->site;
	return e;
}

/* What the journal of the old database holds goes into its file: without it
 * the file alone would be older than what was acknowledged. One that cannot be
 * opened is kept as it is. */
static void
settle(struct ctl *c)
{
	struct db *db = NULL;

	if (db_open(&c->cx, DB_WRITE, &db))
		cx_clear(&c->cx);
	db_close(db);
}

/* The database is linked, so that there is one at every moment. What is still
 * beside it goes with it, and not with the new one. */
static enum err
keep(struct ctl *c, const char *stamp)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
	const char *from, *to = beside(c, stamp);
	size_t i;

	if (link(c->site.db_path, to) && errno != ENOENT)
		return cx_errno(&c->cx, errno, "link %s", to);
	for (i = 0; i < 3; i++) {
		from = beside(c, suffixes[i]);
		to = arena_printf(&c->cx.arena, "%s%s%s", c->site.db_path,
				  stamp, suffixes[i]);
		if (rename(from, to) && errno != ENOENT)
			return cx_errno(&c->cx, errno, "rename %s", from);
	}
	return OK;
}

static enum err
swap(struct ctl *c, const char *fresh)
{
	char iso[CLOCK_ISO_MAX], stamp[64];
	enum err e;

	snprintf(stamp, sizeof(stamp), ".before-%s",
		 clock_iso(c->cx.now_ms, iso));
	settle(c);
	if ((e = keep(c, stamp)) ||
	    (e = fs_rename_sync(&c->cx, fresh, c->site.db_path)))
		return e;
	printf("restored; the database that was there is %s%s\n",
	       c->site.db_path, stamp);
	return OK;
}

enum err
ctl_restore(struct ctl *c)
{
	const char *fresh = beside(c, ".restoring");
	int lock = -1;
	enum err e;

	umask(077);
	if ((e = be_alone(c, &lock)))
		return e;
	if (!(e = copy(c, c->arg[0], fresh)) && !(e = check(c, fresh)))
		e = swap(c, fresh);
	if (e)
		unlink(fresh);
	unlink(arena_printf(&c->cx.arena, "%s-wal", fresh));
	unlink(arena_printf(&c->cx.arena, "%s-shm", fresh));
	unlink(arena_printf(&c->cx.arena, "%s-queue", fresh));
	lock_drop(lock);
	return e;
}
