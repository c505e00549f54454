/*
 * The socket that a program listens on.
 *
 * A socket file that nobody listens on is left by one that was killed, and is
 * taken over. Whoever binds holds {path}.lock meanwhile, so that two that start
 * at once do not remove each other's.
 */
#include "cgi/io_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lock.h"

#define BACKLOG 1024
#define LOCK_WAIT_MS 5000

static bool
answers(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, (const struct sockaddr *)addr,
				      sizeof(*addr)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static enum err
bind_at(struct cx *cx, const char *path, unsigned mode, int *out)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return cx_fail(cx, ERR_CONFIG, "%s: path of a socket too long",
			       path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (answers(&addr))
		return cx_fail(cx, ERR_CONFIG,
			       "%s: another process listens there", path);
	if (unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "unlink %s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cx_errno(cx, errno, "socket");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(path, mode) || listen(fd, BACKLOG)) {
		enum err e = cx_errno(cx, errno, "listen on %s", path);

		close(fd);
		return e;
	}
	*out = fd;
	return OK;
}

enum err
socket_listen(struct cx *cx, const char *path, unsigned mode, int *out)
{
	const char *lock = arena_printf(&cx->arena, "%s.lock", path);
	int held;
	enum err e;

	e = lock_wait(cx, lock, clock_mono_ms() + LOCK_WAIT_MS, &held);
	if (e)
		return e;
	e = bind_at(cx, path, mode, out);
	lock_drop(held);
	return e;
}
