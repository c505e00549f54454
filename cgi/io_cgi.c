/* Plain CGI: one request, from the environment and stdin to stdout. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgi/io.h"

/* A server may hand a plain program's input over as a socket (mod_cgid does),
 * but one that nobody listens on. */
static bool
listens(int fd)
{
	int yes = 0;
	socklen_t n = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

bool
io_is_cgi(void)
{
	return getenv("GATEWAY_INTERFACE") && !listens(0);
}

static const char *
cgi_var(struct io *io, const char *name)
{
	(void)io;
	return getenv(name);
}

static ssize_t
cgi_read(struct io *io, void *p, size_t n)
{
	(void)io;
	return read(0, p, n);
}

static bool
cgi_write(struct io *io, const void *p, size_t n)
{
	const char *s = p;

	(void)io;
	while (n > 0) {
		ssize_t done = write(1, s, n);

		if (done <= 0)
			return false;
		s += done;
		n -= (size_t)done;
	}
	return true;
}

static void
cgi_end(struct io *io)
{
	(void)io;
}

enum err
io_cgi(struct cx *cx, const struct server *s)
{
	struct io io = {.var = cgi_var,
			.read = cgi_read,
			.write = cgi_write,
			.end = cgi_end,
			.fd = -1};
	void *worker = NULL;
	enum err e = s->open(cx, s->arg, &worker);

	if (e)
		return e;
	(void)s->answer(worker, &io);
	s->close(worker);
	return OK;
}
