/*
 * The socket that a program listens on.
 *
 * A socket file that nobody listens on is left by one that was killed, and is
 * taken over. Whoever binds holds {path}.lock meanwhile, so that two that start
 * at once do not remove each other's.
 */
#include "cgi/io_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
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

/* ---- A path ---- */

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

static enum err
listen_path(struct cx *cx, const char *path, unsigned mode, int *out)
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

/* ---- An address ---- */

bool
socket_is_inet(const char *where)
{
	const char *colon = strrchr(where, ':');

	return !strchr(where, '/') && colon && colon > where && colon[1] &&
	       colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

static bool
is_loopback(const struct sockaddr *a)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;

	if (a->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static enum err
resolve(struct cx *cx, const char *where, struct addrinfo **out)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST |
						   AI_NUMERICSERV | AI_PASSIVE,
				       .ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(where, ':');
	size_t n = (size_t)(colon - where);
	bool v6 = where[0] == '[' && where[n - 1] == ']';
	const char *host = v6 ? arena_strndup(&cx->arena, where + 1, n - 2)
			      : arena_strndup(&cx->arena, where, n);

	if (strlen(colon) > 6 || strtol(colon + 1, NULL, 10) > 65535 ||
	    getaddrinfo(host, colon + 1, &hints, out))
		return cx_fail(cx, ERR_CONFIG,
			       "%s is no address like 127.0.0.1:9000 or "
			       "[::1]:9000",
			       where);
	return OK;
}

static enum err
bind_inet(struct cx *cx, const char *where, const struct addrinfo *a, int *out)
{
	int one = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum err e;

	if (fd < 0)
		return cx_errno(cx, errno, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG)) {
		*out = fd;
		return OK;
	}
	if (errno == EADDRINUSE)
		e = cx_fail(cx, ERR_CONFIG, "%s: another process listens there",
			    where);
	else
		e = cx_errno(cx, errno, "listen on %s", where);
	close(fd);
	return e;
}

static enum err
listen_inet(struct cx *cx, const char *where, bool remote, int *out)
{
	struct addrinfo *a;
	enum err e = resolve(cx, where, &a);

	if (e)
		return e;
	if (remote || is_loopback(a->ai_addr))
		e = bind_inet(cx, where, a, out);
	else
		e = cx_fail(cx, ERR_CONFIG,
			    "%s can be reached from other machines, and "
			    "whoever reaches it is believed to be the web "
			    "server; if a firewall lets only that one through, "
			    "say --remote yes",
			    where);
	freeaddrinfo(a);
	return e;
}

/* ---- Either ---- */

enum err
socket_listen(struct cx *cx, const char *where, unsigned mode, bool remote,
	      int *out)
{
	return socket_is_inet(where) ? listen_inet(cx, where, remote, out)
				     : listen_path(cx, where, mode, out);
}

void
socket_close(const char *where, int fd)
{
	if (!socket_is_inet(where))
		unlink(where);
	close(fd);
}
