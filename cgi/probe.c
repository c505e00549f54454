#include "cgi/probe.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/badge.h"
#include "base/clock.h"
#include "cgi/page.h"
#include "cgi/wait.h"
#include "store/change.h"
#include "web/cookie.h"

static enum err
admit(struct cx *cx, const struct call *c, enum badge t, const char **note)
{
	if (badge_holds(cx, t, c->rq->header[HEADER_PROBE], note))
		return OK;
	return cx_fail(cx, ERR_NOT_FOUND, "no badge");
}

static bool
has_bearer(const struct request *rq)
{
	const char *value = rq->header[HEADER_AUTHORIZATION];

	return value && strncasecmp(value, "Bearer ", 7) == 0;
}

static const char *
serve_name(enum serve s)
{
	return s == SERVE_SOCKET ? "socket"
	       : s == SERVE_CGI	 ? "cgi"
				 : "started";
}

enum err
probe_show(struct cx *cx, struct call *c)
{
	const struct program *p = c->worker->program;
	const struct request *rq = c->rq;
	struct json_object *v = c->view;
	const char *note;
	enum err e = admit(cx, c, BADGE_DOCTOR, &note);

	if (e)
		return e;
	view_int(v, "time_ms", clock_now_ms());
	view_text(v, "server", c->server);
	view_text(v, "serve", serve_name(p->serve));
	view_int(v, "threads",
		 p->serve == SERVE_SOCKET ? cx->site->handler_threads : 1);
	view_bool(v, "parks", p->wait != NULL);
	view_bool(v, "leads", !c->no_proxy);
	view_bool(v, "https", rq->https);
	view_text(v, "host", rq->header[HEADER_HOST]);
	view_text(v, "base_url", cx->site->base_url);
	view_text(v, "target", rq->target);
	view_bool(v, "authorization", has_bearer(rq));
	view_bool(v, "token", rq->header[HEADER_TOKEN] != NULL);
	view_bool(v, "cookie",
		  cookie_get(cx, rq->header[HEADER_COOKIE], "roost_probe") !=
			  NULL);
	return OK;
}

/* How much of a body arrives. */
enum err
probe_body(struct cx *cx, struct call *c)
{
	const char *note;
	enum err e = admit(cx, c, BADGE_DOCTOR, &note);

	if (!e)
		view_int(c->view, "bytes", (int64_t)c->rq->body_len);
	return e;
}

/* A stream of nobody's changes: whether it stays open, and whether what is
 * sent arrives meanwhile. */
enum err
probe_events(struct cx *cx, struct call *c)
{
	const char *note;
	enum err e;

	if ((e = admit(cx, c, BADGE_DOCTOR, &note)) ||
	    (e = change_newest(cx, c->db, &c->park_since)))
		return e;
	c->park = PARK_STREAM;
	return OK;
}

/* A process that serves many at a time needs no company. */
enum err
probe_warm(struct cx *cx, struct call *c)
{
	const char *note;
	enum err e = admit(cx, c, BADGE_WARM, &note);

	if (e)
		return e;
	if (c->worker->program->serve == SERVE_STARTED)
		probe_meet(cx, note, "handler");
	view_int(c->view, "pid", getpid());
	return OK;
}

bool
probe_warms(struct cx *cx, const struct request *rq)
{
	const char *note;

	return badge_holds(cx, BADGE_WARM, rq->header[HEADER_PROBE], &note);
}
