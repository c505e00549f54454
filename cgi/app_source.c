/*
 * Where a request's variables come from. When a web server asks for a page in
 * place of a gate or an instance that failed or refused, it asks a second time
 * for the same request, and says so:
 *
 *   lighttpd  GATE_ERROR, GATE_METHOD; its Lua has put back what it hid
 *   Apache    an ErrorDocument: REDIRECT_STATUS, REDIRECT_REQUEST_METHOD, and
 *             what was hidden in REDIRECT_GATE_COOKIE, REDIRECT_GATE_TOKEN
 *
 * A client cannot set these: its headers arrive as HTTP_*.
 */
#include <stdlib.h>
#include <string.h>

#include "cgi/app.h"
#include "cgi/io.h"

static const char *
either(struct io *io, const char *name, const char * or)
{
	const char *value = io->var(io, name);

	return value && *value ? value : io->var(io, or);
}

static const char *
first_try(void *arg, const char *name)
{
	struct io *io = arg;

	return io->var(io, name);
}

/* The body was the first try's. */
static const char *
second_try(void *arg, const char *name)
{
	struct io *io = arg;

	if (strcmp(name, "CONTENT_LENGTH") == 0 ||
	    strcmp(name, "HTTP_TRANSFER_ENCODING") == 0)
		return NULL;
	if (strcmp(name, "HTTP_COOKIE") == 0)
		return either(io, "REDIRECT_GATE_COOKIE", name);
	if (strcmp(name, "HTTP_X_ROOST_TOKEN") == 0)
		return either(io, "REDIRECT_GATE_TOKEN", name);
	return io->var(io, name);
}

static ssize_t
read_body(void *arg, void *p, size_t n)
{
	struct io *io = arg;

	return io->read(io, p, n);
}

/* More than mod_fcgid takes by itself? It says 500 then, and takes 128 KiB. */
static bool
announced_much(struct io *io)
{
	const char *n = either(io, "CONTENT_LENGTH", "REDIRECT_CONTENT_LENGTH");

	return n && strtoll(n, NULL, 10) > 131072;
}

enum err
app_read(struct cx *cx, struct io *io, struct request *rq, struct call *c)
{
	struct request_source src = {.var = first_try,
				     .read = read_body,
				     .arg = io,
				     .trust_proxy = cx->site->trust_proxy};
	const char *status = either(io, "GATE_ERROR", "REDIRECT_STATUS");
	const char *method =
		either(io, "GATE_METHOD", "REDIRECT_REQUEST_METHOD");
	long n = status ? strtol(status, NULL, 10) : 0;
	bool again = n >= 400 && n <= 599;
	enum err e;

	if (again)
		src.var = second_try;
	e = request_read(cx, &src, rq);
	if (n >= 500 && again)
		c->gate_error = (int)n;
	c->malformed = n == 400;
	c->again = again && (n >= 500 || n == 413);
	c->no_proxy =
		either(io, "ROOST_NO_PROXY", "REDIRECT_ROOST_NO_PROXY") != NULL;
	c->cut_body = again && announced_much(io);
	if (again && method && *method)
		rq->method = method_parse(method);
	return e;
}
