/* The journey of a request. */
#include "cgi/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/host.h"
#include "cgi/io.h"
#include "cgi/probe.h"
#include "cgi/wait.h"
#include "web/accept.h"
#include "web/cookie.h"

#define ANSWER_MAX (RESPONSE_BODY_MAX + ((size_t)64 << 10))

static const struct route_row ROWS[] = {
#define X(method, path, may, form, handler) {METHOD_##method, path},
#define AGAIN X
#define INNER X
#define API(method, path, may, form, handler, status, answer, summary)         \
	X(method, path, may, form, handler)
#include "cgi/routes.def"
#undef API
#undef X
#undef AGAIN
#undef INNER
};

static const struct app_route ROUTES[] = {
#define X(method, path, may, form, handler) {may, FORM_##form, handler},
#define AGAIN X
#define INNER X
#define API(method, path, may, form, handler, status, answer, summary)         \
	X(method, path, may, form, handler)
#include "cgi/routes.def"
#undef API
#undef X
#undef AGAIN
#undef INNER
};

enum err
app_routes(struct cx *cx, struct routes **out)
{
	return routes_make(cx, ROWS, sizeof(ROWS) / sizeof(*ROWS), out);
}

const char *
app_path(struct cx *cx, const struct call *c,
	 enum err (*page)(struct cx *cx, struct call *c))
{
	const char *s = NULL, *colon;

	for (size_t i = 0; !s && i < sizeof(ROWS) / sizeof(*ROWS); i++)
		if (ROUTES[i].handler == page && ROWS[i].method == METHOD_GET)
			s = ROWS[i].pattern;
	if (!s || !(colon = strchr(s, ':')))
		return s;
	/* all that follows :id is literal */
	return arena_printf(&cx->arena, "%.*s%s%s", (int)(colon - s), s,
			    c->param[0], colon + strlen(":id"));
}

/* ---- Reading ---- */

/* ROOST_SERVER: of a server that was told to keep its name to itself. */
static const char *
server_of(struct io *io)
{
	const char *name = io->var(io, "ROOST_SERVER");

	return name ? name : io->var(io, "SERVER_SOFTWARE");
}

/* Whoever watches a site may ask for its health by any name. */
static bool
is_elsewhere(struct cx *cx, struct request *rq, struct call *c)
{
	enum host_of host = host_of_request(cx, rq, c->host_id);

	return host == HOST_WORKSPACE ||
	       (host == HOST_NOBODY && (method_unsafe(rq->method) ||
					strcmp(rq->path, "/healthz") != 0));
}

static enum err
read_request(struct cx *cx, struct io *io, struct request *rq, struct call *c)
{
	enum err e = app_read(cx, io, rq, c);
	const char *lang = cookie_get(cx, rq->header[HEADER_COOKIE], "lang");

	c->origin = request_origin(cx, rq, cx->site->base_url);
	c->server = server_of(io);
	c->plain = is_elsewhere(cx, rq, c);
	c->api = !c->plain && strncmp(rq->path, "/api/", 5) == 0;
	c->html = !c->api && accept_html(rq);
	c->lang = (int)accept_language(rq->header[HEADER_ACCEPT_LANGUAGE],
				       page_langs, page_n_langs);
	for (size_t i = 0; lang && i < page_n_langs; i++)
		if (strcmp(lang, page_langs[i]) == 0)
			c->lang = (int)i;
	return e;
}

/* A page that is asked for without a word about JSON is a page: curl. */
static bool
page_for_all(const struct call *c)
{
	const char *accept = c->rq->header[HEADER_ACCEPT];

	return !c->api && strncmp(c->rq->path, "/w/", 3) != 0 &&
	       !accept_names(accept, "application/json");
}

static enum err
find_route(struct cx *cx, struct call *c, struct route_match *m)
{
	enum err e = route_find(cx, c->worker->program->routes, c->rq->method,
				c->rq->path, m);

	if (e == ERR_METHOD)
		response_header(c->rp, "Allow", m->allow);
	if (e)
		return e;
	c->route = &ROUTES[m->row];
	c->param = m->param;
	c->n_param = m->n_param;
	c->db = method_unsafe(c->rq->method) ? c->worker->write
					     : c->worker->read;
	c->html = c->html || page_for_all(c);
	return c->db == c->worker->read && c->worker->snapshots
		       ? db_snapshot(cx, c->db)
		       : OK;
}

/* What was begun and failed outside of the door is not begun again. */
static enum err
check_again(struct cx *cx, const struct call *c)
{
	if (!c->again || c->plain || strncmp(c->rq->path, "/w/", 3) == 0)
		return OK;
	if (c->cut_body)
		return cx_fail(cx, ERR_TOO_LARGE,
			       "the web server took no such "
			       "body");
	return cx_fail(cx, ERR_INTERNAL, "the web server failed");
}

/* ---- The journey. Each step may end it. ---- */

/* The control plane answers for its own host only. */
static enum err
elsewhere(struct cx *cx, struct call *c)
{
	const char *host = c->rq->header[HEADER_HOST];

	if (c->host_id[0])
		return host_answer(cx, c);
	return cx_fail(cx, ERR_MISDIRECTED, "Host is %s; base_url says %s",
		       host ? host : "not given", cx->site->base_url);
}

static enum err
answer(struct cx *cx, struct io *io, struct request *rq, struct call *c,
       struct route_match *m)
{
	enum err e;

	if ((e = read_request(cx, io, rq, c)) || (e = check_again(cx, c)))
		return e;
	if (c->plain)
		return elsewhere(cx, c);
	if ((e = find_route(cx, c, m)) || (e = app_admit(cx, c)))
		return e;
	if (!(e = app_form(cx, c)))
		e = c->route->handler(cx, c);
	return e ? app_again(cx, c, e) : OK;
}

static void
log_request(struct cx *cx, const struct call *c, enum err e, int64_t began)
{
	enum log_level level = e && err_http(e) >= 500 ? LOG_LEVEL_ERROR
			       : c->quiet	       ? LOG_LEVEL_DEBUG
						       : LOG_LEVEL_INFO;
	int64_t ms = clock_mono_ms() - began;
	struct arena *a = &cx->arena;

	log_event(cx, level, "request", "method", c->rq->method_name, "path",
		  c->rq->path, "status", arena_printf(a, "%d", c->rp->status),
		  "ms", arena_printf(a, "%lld", (long long)ms), "user",
		  c->who.username, "from", c->rq->remote, "why",
		  e ? cx->why : c->why, NULL);
}

static void
send_answer(struct cx *cx, struct call *c, struct io *io, enum err e)
{
	struct buf out;

	buf_init(&out, ANSWER_MAX);
	app_render(cx, c, e, &out);
	(void)io->write(io, out.data, out.len);
	buf_free(&out);
}

static struct call *
call_new(struct worker *w, struct request *rq, struct response *rp)
{
	struct call *c = arena_alloc(&w->cx.arena, sizeof(*c));

	c->worker = w;
	c->rq = rq;
	c->rp = rp;
	c->view = view_new(&w->cx);
	response_init(rp);
	return c;
}

bool
app_answer(struct worker *w, struct io *io)
{
	struct cx *cx = &w->cx;
	int64_t began = clock_mono_ms();
	struct request rq;
	struct response rp;
	struct route_match m;
	struct call *c;
	bool kept = false;
	enum err e;

	cx_begin(cx, w->program->site);
	c = call_new(w, &rq, &rp);
	e = answer(cx, io, &rq, c, &m);
	c->quiet = probe_warms(cx, &rq);
	if (!e && c->park)
		kept = wait_park(w->program->wait, cx, c, io);
	if (!e && c->park && !kept)
		e = wait_now(cx, c);
	if (!kept) {
		send_answer(cx, c, io, e);
		log_request(cx, c, e, began);
	}
	db_rollback(w->read);
	response_free(&rp);
	arena_reset(&cx->arena);
	return !kept;
}

/* ---- For handlers ---- */

struct json_object *
call_error(struct cx *cx, struct call *c)
{
	if (!c->error)
		c->error = view_new(cx);
	return c->error;
}

void
call_back(struct call *c, const char *path)
{
	if (c->html)
		response_redirect(c->rp, 303, path);
}

/* The server ends a session, not the browser: one that slides through the gate,
 * which sets no cookie, must not be forgotten there. */
#define COOKIE_S INT64_C(2592000)

static const char *
session_name(const struct request *rq)
{
	return rq->https ? "__Host-roost_session" : "roost_session";
}

void
call_session(struct cx *cx, struct call *c, const char *session)
{
	struct cookie k = {.name = session_name(c->rq),
			   .value = session ? session : "",
			   .max_age_s = session ? COOKIE_S : 0,
			   .https = c->rq->https};

	response_header(c->rp, "Set-Cookie", cookie_format(cx, &k));
}

const char *
call_session_cookie(struct cx *cx, const struct request *rq)
{
	return cookie_get(cx, rq->header[HEADER_COOKIE], session_name(rq));
}
