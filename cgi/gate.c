#include "cgi/gate.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/fs.h"
#include "base/host.h"
#include "base/log.h"
#include "base/uri.h"
#include "cgi/door.h"
#include "cgi/host.h"
#include "cgi/probe.h"
#include "cgi/stand.h"
#include "service/enter.h"
#include "store/workspace.h"
#include "web/accept.h"
#include "web/cookie.h"
#include "web/request.h"
#include "web/response.h"
#include "web/url.h"
#include "web/view.h"

#define RETRY_AFTER "5"
#define HEAD_MAX ((size_t)64 << 10)

/* One question to the gate. */
struct ask {
	struct io *io;
	struct request rq;
	struct response rp;
	enum host_of host;
	bool ours; /* a path of ours on a workspace's host */
	struct who who;
	struct workspace ws;
	char id[ID_UUID_LEN + 1];
	enum probe probe;
};

/* ---- Reading ---- */

/* An authorizer gets no body, whatever the client announced. */
static const char *
gate_var(void *arg, const char *name)
{
	struct io *io = arg;

	if (strcmp(name, "CONTENT_LENGTH") == 0 ||
	    strcmp(name, "HTTP_TRANSFER_ENCODING") == 0)
		return NULL;
	return io->var(io, name);
}

static ssize_t
no_body(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
	return 0;
}

/* Does what the server resolved name another workspace? Invariant 2. */
static bool
names_another(const char *resolved, const char *id)
{
	for (const char *p = resolved; (p = strstr(p, "/w/")); p++) {
		const char *other = door_id(p);

		if (other && strncmp(other, id, ID_UUID_LEN) != 0)
			return true;
	}
	return false;
}

static enum err
check_resolved(struct cx *cx, struct io *io, const char *id)
{
	const char *file = io->var(io, "SCRIPT_FILENAME");
	const char *script = io->var(io, "SCRIPT_NAME");
	const char *info = io->var(io, "PATH_INFO");
	const char *path = arena_printf(&cx->arena, "%s%s",
					script ? script : "", info ? info : "");

	if (names_another(path, id) || (file && names_another(file, id)))
		return cx_fail(cx, ERR_INVALID,
			       "%s resolved to another workspace: %s", id,
			       path);
	return OK;
}

/* Where the Host header names no workspace the path does. */
static enum err
read_place(struct cx *cx, struct ask *a)
{
	enum err e;

	a->host = host_of_request(cx, &a->rq, a->id);
	if (a->host == HOST_WORKSPACE) {
		a->ours = host_reserved(a->rq.path);
		return host_read(cx, &a->rq, a->id);
	}
	if (a->host == HOST_NOBODY)
		return cx_fail(cx, ERR_MISDIRECTED, "Host is nobody's");
	if ((e = door_read(cx, &a->rq, a->id)))
		return e;
	return check_resolved(cx, a->io, a->id);
}

static enum err
read_ask(struct cx *cx, struct ask *a)
{
	struct request_source src = {.var = gate_var,
				     .read = no_body,
				     .arg = a->io,
				     .trust_proxy = cx->site->trust_proxy};
	enum err e = request_read(cx, &src, &a->rq);

	return e ? e : read_place(cx, a);
}

/* ---- Who may ---- */

static enum err
find_who(struct cx *cx, struct db *db, struct ask *a)
{
	const struct request *rq = &a->rq;
	const char *name = rq->https ? "__Host-roost_session" : "roost_session";

	if (a->host == HOST_WORKSPACE)
		return host_load(cx, db, rq, a->id, &a->who);
	return auth_load(cx, db,
			 cookie_get(cx, rq->header[HEADER_COOKIE], name),
			 rq->header[HEADER_TOKEN], &a->who);
}

/*
 * Who works in a workspace all day sees no page of ours; the session must
 * slide all the same. When that fails it is due again with the next request.
 */
static void
slide(struct gate *g, const struct ask *a)
{
	struct cx *cx = &g->cx;

	if (!a->who.renew || a->who.token_id ||
	    (!g->write && db_open(cx, DB_WRITE, &g->write)) ||
	    auth_renew(cx, g->write, &a->who))
		cx_clear(cx);
}

/* Doctor's, or what warms the pool: nobody's workspace. Invariant 5. */
static bool
is_probe(struct gate *g, struct ask *a)
{
	a->probe = probe_route(&g->cx, a->id, a->rq.header[HEADER_PROBE],
			       g->pool, &a->ws.slot, &a->ws.endpoint);
	if (a->probe)
		a->who.username = "roost-doctor";
	return a->probe != PROBE_NONE;
}

/* The handler leads them to where a password of their own is chosen: they are
 * logged in, and the way to the login would lead in a circle. */
static enum err
check_own(struct cx *cx, const struct ask *a)
{
	return a->who.password_given && !a->who.token_id
		       ? cx_fail(cx, ERR_PASSWORD_GIVEN, "a password was given")
		       : OK;
}

static enum err
judge(struct gate *g, struct ask *a)
{
	struct cx *cx = &g->cx;
	struct db *db = g->db;
	enum err e;

	if ((e = read_ask(cx, a)) || a->ours || is_probe(g, a))
		return e;
	if ((e = find_who(cx, db, a)) || (e = check_own(cx, a)) ||
	    (e = workspace_get(cx, db, a->id, &a->ws)))
		return e;
	if (a->ws.owner_id != a->who.user_id)
		return cx_fail(cx, ERR_FORBIDDEN, "not the owner");
	return a->host == HOST_WORKSPACE ? OK : door_websocket(cx, &a->rq);
}

/* ---- Answers ---- */

static const char *
safe_name(struct cx *cx, const struct who *who)
{
	const char *s = who->username;

	if (*s && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz"
			      "0123456789_.@-")] == '\0')
		return s;
	return arena_printf(&cx->arena, "u%lld", (long long)who->user_id);
}

/* What an instance is told to be called: as the client calls it. */
static const char *
safe_host(const struct ask *a)
{
	const char *host = a->rq.header[HEADER_HOST];

	return host && host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789.:[]-")] == '\0'
		       ? host
		       : "localhost";
}

/* endpoint "unix:/path" or "tcp:host:port", as Apache's proxy wants it. */
static const char *
proxy_url(struct cx *cx, const struct ask *a, const char *scheme)
{
	const char *endpoint = a->ws.endpoint;

	if (strncmp(endpoint, "tcp:", 4) == 0)
		return arena_printf(&cx->arena, "%s://%s", scheme,
				    endpoint + 4);
	return arena_printf(&cx->arena, "%s|%s://%s", endpoint, scheme,
			    safe_host(a));
}

/* base_url is the operator's word; without it, what the web server has seen, or
 * the proxy in front of it that trust_proxy is about. */
static const char *
scheme(const struct cx *cx, const struct ask *a)
{
	bool https = *cx->site->base_url ? host_https(cx->site) : a->rq.https;

	return https ? "https" : "http";
}

/* Which of its fixed ways a server takes that cannot be told an address. */
static const char *
backend(struct cx *cx, const struct workspace *ws)
{
	if (ws->slot < 0)
		return "handler";
	return arena_printf(&cx->arena, "%s%02lld",
			    stands_on_port(ws) ? "port" : "slot",
			    (long long)ws->slot);
}

/* Does it show that somebody uses the workspace? Never what Roost itself asks;
 * and where the traffic decides, not what an open page fetches by itself. */
static bool
is_use(const struct cx *cx, const struct ask *a)
{
	return !a->probe &&
	       (strcmp(cx->site->count_open_connections, "traffic") != 0 ||
		!accept_fetch(&a->rq));
}

static void
pass(struct cx *cx, struct ask *a)
{
	const struct app *app = a->probe ? NULL : site_app(cx->site, a->ws.app);
	struct response *rp = &a->rp;

	/* A stamp that cannot be left must not shut anybody out. */
	if (is_use(cx, a) &&
	    fs_touch(cx, site_run_path(cx, a->id, ".access"))) {
		log_fail(cx, "stamp");
		cx_clear(cx);
	}
	rp->status = 200;
	response_header(rp, "Variable-GATE_BACKEND", backend(cx, &a->ws));
	response_header(rp, "Variable-GATE_USER", safe_name(cx, &a->who));
	if (a->host == HOST_WORKSPACE)
		response_header(rp, "Variable-GATE_HOST", "1");
	else if (app && !app->strip_prefix)
		response_header(rp, "Variable-GATE_WHOLE", "1");
	if (a->host != HOST_WORKSPACE)
		response_header(rp, "Variable-GATE_BASE",
				arena_printf(&cx->arena, "/w/%s", a->id));
	response_header(rp, "Variable-GATE_SCHEME", scheme(cx, a));
	response_header(rp, "Variable-GATE_HTTP", proxy_url(cx, a, "http"));
	response_header(rp, "Variable-GATE_WS", proxy_url(cx, a, "ws"));
}

static void
send_to_handler(struct cx *cx, struct ask *a)
{
	a->rp.status = 200;
	response_header(&a->rp, "Variable-GATE_BACKEND", "handler");
	/* mod_authnz_fcgi wants a name, whosever it is */
	response_header(&a->rp, "Variable-GATE_USER",
			a->who.username ? safe_name(cx, &a->who) : "-");
}

static void
send_to_login(struct cx *cx, struct ask *a)
{
	const char *back = url_is_local(a->rq.target) ? a->rq.target : "/";

	response_redirect(&a->rp, 302,
			  arena_printf(&cx->arena, "/login?back=%s",
				       uri_encode(cx, back)));
	response_header(&a->rp, "Cache-Control", "no-store");
}

/* nginx takes 200, 401 and 403 from its auth_request for what they are, and
 * anything else for a failure: it gets the status in a header of a 200. */
static bool
wants_a_wrapper(const struct ask *a)
{
	return a->io->var(a->io, "GATE_WRAP") != NULL;
}

/*
 * mod_authnz_fcgi sends a body with headers of its own making, and adds ours to
 * those of its ErrorDocument; nginx drops it. They get the status alone; the
 * handler says the rest.
 */
static bool
says_it_elsewhere(const struct ask *a)
{
	return a->io->var(a->io, "FCGI_APACHE_ROLE") != NULL ||
	       wants_a_wrapper(a);
}

/* In host mode who asks at the wrong address is told the right one. */
static struct json_object *
error_view(struct cx *cx, const struct ask *a, enum err e)
{
	struct json_object *o = view_error(cx, e, err_text(e)), *more;

	if (e == ERR_MISDIRECTED && a->id[0]) {
		more = view_new(cx);
		view_text(more, "address",
			  arena_printf(&cx->arena, "%s/",
				       host_workspace(cx, a->id)));
		view_merge(o, "error", more);
	}
	return o;
}

static void
refuse(struct cx *cx, struct ask *a, enum err e)
{
	struct response *rp = &a->rp;

	rp->status = err_http(e);
	if (says_it_elsewhere(a))
		return;
	if (rp->status == 503)
		response_header(rp, "Retry-After", RETRY_AFTER);
	response_header(rp, "Cache-Control", "no-store");
	response_header(rp, "X-Content-Type-Options", "nosniff");
	response_header(rp, "Content-Security-Policy", "default-src 'none'");
	if (accept_html(&a->rq)) {
		rp->type = "text/html; charset=utf-8";
		buf_printf(&rp->body,
			   "<!doctype html><title>%d</title><p>%s</p>\n",
			   rp->status, err_text(e));
	} else {
		rp->type = "application/json";
		cx->field[0] = '\0';
		view_json(error_view(cx, a, e), &rp->body);
	}
}

/* No instance is reached through the control plane's host when each has one of
 * its own: a browser is sent there, by the handler. */
static bool
misdirected(struct cx *cx, const struct ask *a)
{
	return host_mode(cx->site) && a->host == HOST_CONTROL;
}

static enum err
answer(struct gate *g, struct ask *a)
{
	struct cx *cx = &g->cx;
	enum err e = judge(g, a);
	bool navigation = accept_navigation(&a->rq);

	if (e == ERR_UNAUTHORIZED && navigation && a->host == HOST_CONTROL)
		send_to_login(cx, a);
	else if ((e == ERR_UNAUTHORIZED || e == ERR_PASSWORD_GIVEN) &&
		 navigation)
		send_to_handler(cx, a);
	else if (e)
		refuse(cx, a, e);
	else if (a->ours)
		send_to_handler(cx, a);
	else if (a->probe == PROBE_INSTANCE ||
		 (!a->probe && stands(cx, &a->ws) && !misdirected(cx, a)))
		pass(cx, a);
	else if (navigation || a->probe)
		send_to_handler(cx, a);
	else if (misdirected(cx, a))
		refuse(cx, a, e = cx_fail(cx, ERR_MISDIRECTED, "host mode"));
	else
		refuse(cx, a, e = cx_fail(cx, ERR_NOT_RUNNING, "does not run"));
	return e;
}

static void
write_answer(struct cx *cx, struct ask *a)
{
	int said = a->rp.status;
	struct buf out;

	buf_init(&out, HEAD_MAX);
	if (wants_a_wrapper(a)) {
		response_header(&a->rp, "Variable-GATE_STATUS",
				arena_printf(&cx->arena, "%d", said));
		a->rp.status = 200;
	}
	response_head(&a->rp, &out);
	a->rp.status = said;
	if (a->rq.method != METHOD_HEAD)
		buf_add(&out, buf_str(&a->rp.body), a->rp.body.len);
	(void)a->io->write(a->io, buf_str(&out), out.len);
	buf_free(&out);
}

/* What passes is in the web server's log; here stands what did not. */
static void
log_ask(struct cx *cx, const struct ask *a, enum err e, int64_t began)
{
	enum log_level level = e && err_http(e) == 500 ? LOG_LEVEL_ERROR
			       : e		       ? LOG_LEVEL_INFO
						       : LOG_LEVEL_DEBUG;

	log_event(cx, level, "gate", "ws", a->id, "status",
		  arena_printf(&cx->arena, "%d", a->rp.status), "user",
		  a->who.username, "from", a->rq.remote, "ms",
		  arena_printf(&cx->arena, "%lld",
			       (long long)(clock_mono_ms() - began)),
		  "why", e ? cx->why : NULL, NULL);
}

bool
gate_answer(struct gate *g, struct io *io)
{
	int64_t began = clock_mono_ms();
	struct ask a = {.io = io};
	enum err e;

	cx_begin(&g->cx, g->cx.site);
	response_init(&a.rp);
	e = answer(g, &a);
	write_answer(&g->cx, &a);
	if (!e)
		slide(g, &a);
	log_ask(&g->cx, &a, e, began);
	response_free(&a.rp);
	arena_reset(&g->cx.arena);
	return true;
}
