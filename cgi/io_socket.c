/*
 * The socket that a program listens on, and its options.
 *
 * A socket file that nobody listens on is left by one that was killed, and is
 * taken over. Whoever binds holds {path}.lock meanwhile, so that two that start at once do not
 * remove each other's.
 */
#include "cgi/io_socket.h"

#include <errno.h>
#include <stdlib.h>
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

static enum err
parse_mode(struct cx *cx, const char *s, unsigned *mode)
{
	char *end;
	unsigned long n = strtoul(s, &end, 8);

	if (!*s || *end || n > 0777)
		return cx_fail(cx, ERR_CONFIG, "--mode %s: not like 0660", s);
	*mode = (unsigned)n;
	return OK;
}

enum err
io_options(struct cx *cx, int argc, char *const argv[], struct options *out)
{
	struct options o = {.site = getenv("ROOST_SITE"), .mode = 0660};
	enum err e = OK;

	for (int i = 1; i < argc && !e; i++) {
		const char *name = argv[i];

		if (i + 1 == argc)
			e = cx_fail(cx, ERR_CONFIG, "%s needs a value", name);
		else if (strcmp(name, "--site") == 0)
			o.site = argv[++i];
		else if (strcmp(name, "--socket") == 0)
			o.socket = argv[++i];
		else if (strcmp(name, "--mode") == 0)
			e = parse_mode(cx, argv[++i], &o.mode);
		else
			e = cx_fail(cx, ERR_CONFIG,
				    "%s is not known: --site DIR, --socket "
				    "PATH, --mode 0660",
				    name);
	}
	if (!e && !o.site)
		e = cx_fail(cx, ERR_CONFIG, "no --site DIR and no ROOST_SITE");
	if (!e)
		*out = o;
	return e;
}
