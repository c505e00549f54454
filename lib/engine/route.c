/*
 * How servers reach an instance: run/sock/{id}.sock, a hard link of the very
 * socket that answered. Rule 4 of process.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "engine/process.h"

#define SUN_PATH_MAX 107

int
route_open(const struct place *pl)
{
	int fd = open(pl->app, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISSOCK(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

enum err
route_link(struct cx *cx, const struct place *pl, int fd)
{
	const char *self = arena_printf(&cx->arena, "/proc/self/fd/%d", fd);
	const char *beside =
		arena_printf(&cx->arena, "%s.%d~", pl->sock, (int)getpid());
	enum err e = OK;

	if (FAULT(FAULT_ENGINE_ROUTE))
		return cx_fail(cx, ERR_IO, "fault while linking %s", pl->id);
	/* The web server may be another user; who may come near is decided
	 * by the folder. */
	if (chmod(self, 0666))
		return cx_errno(cx, errno, "opening the socket of %s", pl->id);
	if (unlink(beside) && errno != ENOENT)
		return cx_errno(cx, errno, "removing %s", beside);
	if (linkat(AT_FDCWD, self, AT_FDCWD, beside, AT_SYMLINK_FOLLOW))
		return cx_errno(cx, errno, "linking the socket of %s", pl->id);
	if (rename(beside, pl->sock))
		e = cx_errno(cx, errno, "renaming %s", beside);
	/* A rename onto a link of the same socket leaves both. */
	if (unlink(beside) && errno != ENOENT && !e)
		e = cx_errno(cx, errno, "removing %s", beside);
	return e;
}

enum err
route_mend(struct cx *cx, const struct place *pl)
{
	struct stat app, sock;
	enum err e;
	int fd;

	if (lstat(pl->app, &app) || !S_ISSOCK(app.st_mode) ||
	    (!lstat(pl->sock, &sock) && app.st_ino == sock.st_ino &&
	     app.st_dev == sock.st_dev))
		return OK;
	fd = route_open(pl);
	if (fd < 0)
		return OK;
	e = route_link(cx, pl, fd);
	close(fd);
	return e;
}

/* By its own name where that fits into a socket's address: a slot's may lead
 * to another instance one day. */
void
route_endpoint(struct cx *cx, const struct place *pl, int64_t slot,
	       struct endpoint *out)
{
	const char *path = strlen(pl->sock) <= SUN_PATH_MAX
				   ? pl->sock
				   : slot_path(cx, slot);

	snprintf(out->address, sizeof(out->address), "unix:%s", path);
	out->slot = slot;
}

enum err
route_finish(struct cx *cx, const struct place *pl, const struct record *r,
	     int64_t slot, int fd, struct endpoint *out)
{
	enum err e;

	if (!r->port) {
		if (!(e = route_link(cx, pl, fd)))
			route_endpoint(cx, pl, slot, out);
		return e;
	}
	if (r->port != port_of_slot(cx, slot))
		return cx_fail(cx, ERR_ACTION,
			       "it listens on port %lld, which is not its "
			       "slot's any more (port_base was changed?)",
			       (long long)r->port);
	port_endpoint(r, slot, out);
	return OK;
}
