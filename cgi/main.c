/* roost.fcgi: FastCGI or plain CGI? Open the database, serve. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "cgi/app.h"
#include "cgi/io.h"
#include "cgi/openapi.h"
#include "cgi/wait.h"

static enum err
open_worker(struct cx *cx, void *arg, void **out)
{
	struct worker *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		abort();
	if ((e = worker_open(cx, arg, w))) {
		free(w);
		return e;
	}
	*out = w;
	return OK;
}

static bool
answer(void *worker, struct io *io)
{
	return app_answer(worker, io);
}

static void
close_worker(void *worker)
{
	worker_close(worker);
	free(worker);
}

/* The schema is upgraded once, before anybody asks. */
static enum err
prepare_database(struct cx *cx)
{
	struct db *db;
	enum err e = db_open(cx, DB_UPGRADE, &db);

	if (!e)
		db_close(db);
	return e;
}

static enum err
serve(struct cx *cx, const struct options *o, struct program *p)
{
	struct server s = {.site = cx->site,
			   .socket = o->socket,
			   .mode = o->mode,
			   .remote = o->remote,
			   .threads = (int)cx->site->handler_threads,
			   .open = open_worker,
			   .answer = answer,
			   .close = close_worker,
			   .arg = p};
	enum err e = OK;

	p->serve = o->socket	 ? SERVE_SOCKET
		   : io_is_cgi() ? SERVE_CGI
				 : SERVE_STARTED;
	if (p->serve == SERVE_CGI)
		return io_cgi(cx, &s);
	io_block_signals();
	if (o->socket)
		e = wait_start(cx, p, &p->wait);
	if (!e)
		e = io_serve(cx, &s);
	wait_stop(p->wait);
	p->wait = NULL;
	return e;
}

static enum err
run(struct cx *cx, const struct options *o)
{
	struct program p = {0};
	enum err e;

	if ((e = prepare_database(cx)) || (e = program_open(cx, cx->site, &p)))
		return e;
	e = serve(cx, o, &p);
	program_close(&p);
	return e;
}

/* For the docs, without a site. */
static int
print_openapi(void)
{
	struct cx cx = {0};
	struct buf out;

	cx_begin(&cx, NULL);
	buf_init(&out, RESPONSE_BODY_MAX);
	view_json(openapi(&cx), &out);
	puts(buf_str(&out));
	buf_free(&out);
	cx_end(&cx);
	return 0;
}

int
main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "--openapi") == 0)
		return print_openapi();
	return io_main("roost.fcgi", argc, argv, run);
}
