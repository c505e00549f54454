/* roost-gate.fcgi: the authorizer, a program of its own. */
#include <stdlib.h>

#include "base/config.h"
#include "cgi/gate.h"

static enum err
open_gate(struct cx *cx, void *arg, void **out)
{
	struct gate *g = calloc(1, sizeof(*g));
	enum err e;

	if (!g)
		abort();
	g->pool = *(const bool *)arg;
	g->cx.site = cx->site;
	if ((e = db_open(cx, DB_READ, &g->db))) {
		free(g);
		return e;
	}
	*out = g;
	return OK;
}

static bool
answer(void *gate, struct io *io)
{
	return gate_answer(gate, io);
}

static void
close_gate(void *arg)
{
	struct gate *g = arg;

	db_close(g->write);
	db_close(g->db);
	cx_end(&g->cx);
	free(g);
}

static enum err
run(struct cx *cx, const struct options *o)
{
	bool cgi = !o->socket && io_is_cgi(), pool = !o->socket && !cgi;
	struct server s = {.site = cx->site,
			   .socket = o->socket,
			   .mode = o->mode,
			   .remote = o->remote,
			   .threads = (int)cx->site->handler_threads,
			   .open = open_gate,
			   .answer = answer,
			   .close = close_gate,
			   .arg = &pool};

	if (cgi)
		return io_cgi(cx, &s);
	return io_serve(cx, &s);
}

int
main(int argc, char *argv[])
{
	return io_main("roost-gate.fcgi", argc, argv, run);
}
