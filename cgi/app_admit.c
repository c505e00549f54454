/* Who is asking, and may they? */
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "cgi/app.h"
#include "web/accept.h"
#include "web/cookie.h"

/* An API token: X-Roost-Token, or Authorization: Bearer. Below /w/ the latter
 * is the instance's. */
static const char *
token_of(const struct request *rq)
{
	const char *authorization = rq->header[HEADER_AUTHORIZATION];

	if (rq->header[HEADER_TOKEN])
		return rq->header[HEADER_TOKEN];
	if (authorization && strncmp(rq->path, "/w/", 3) != 0 &&
	    strncasecmp(authorization, "Bearer ", 7) == 0)
		return authorization + 7 + strspn(authorization + 7, " ");
	return NULL;
}

/* Failing to slide a session, or to note that a token was used, must not fail
 * what was asked for. */
static void
renew(struct cx *cx, struct call *c, const char *session)
{
	if (c->who.token_id) {
		if (auth_token_used(cx, c->worker->write, &c->who))
			cx_clear(cx);
		return;
	}
	if (auth_renew(cx, c->worker->write, &c->who))
		cx_clear(cx);
	else
		call_session(cx, c, session);
}

static enum err
find_who(struct cx *cx, struct call *c)
{
	const char *token = token_of(c->rq);
	const char *session = call_session_cookie(cx, c->rq);
	enum err e = ERR_UNAUTHORIZED;

	if (token || session)
		e = auth_load(cx, c->db, session, token, &c->who);
	if (e == ERR_UNAUTHORIZED) {
		cx_clear(cx);
		memset(&c->who, 0, sizeof(c->who));
		return OK;
	}
	if (!e && c->who.renew)
		renew(cx, c, session);
	return e;
}

/*
 * Somebody who is not logged in has a token too: made from a secret of their
 * own, which the first page gives them in a cookie.
 */
void
app_csrf(struct cx *cx, struct call *c, bool page)
{
	const char *name = c->rq->https ? "__Host-roost_visit" : "roost_visit";
	const char *secret = cookie_get(cx, c->rq->header[HEADER_COOKIE], name);
	char made[ID_SECRET_LEN + 1], token[ID_HASH_LEN + 1];
	struct cookie k = {.name = name,
			   .value = made,
			   .max_age_s = -1,
			   .https = c->rq->https};

	if (secret && strlen(secret) != ID_SECRET_LEN)
		secret = NULL;
	if (c->csrf || (!secret && !page))
		return;
	if (!secret) {
		id_secret(made);
		secret = made;
		response_header(c->rp, "Set-Cookie", cookie_format(cx, &k));
	}
	id_hmac(secret, "csrf", token);
	c->csrf = arena_strdup(&cx->arena, token);
}

static enum err
check_site(struct cx *cx, struct call *c)
{
	bool reads = !method_unsafe(c->rq->method);

	if (token_of(c->rq) || (!reads && c->route->form == FORM_any))
		return OK;
	if (request_from(cx, c->rq, cx->site->base_url) == SITE_OTHER &&
	    !accept_tab(c->rq))
		return cx_fail(cx, ERR_FORBIDDEN,
			       "from another site: Origin %s, ours is %s",
			       c->rq->header[HEADER_ORIGIN]
				       ? c->rq->header[HEADER_ORIGIN]
				       : "-",
			       c->origin);
	return OK;
}

/* What a session may do before its password is its owner's own. */
static bool
is_way_to_own(const struct app_route *r)
{
	return r->may == ANY || r->handler == page_account ||
	       r->handler == page_password || r->handler == api_password ||
	       r->handler == api_session;
}

static enum err
check_may(struct cx *cx, struct call *c)
{
	enum may may = c->route->may;
	struct workspace *ws;
	enum err e;

	if (may == ANY)
		return OK;
	if (!c->who.user_id)
		return cx_fail(cx, ERR_UNAUTHORIZED, "not logged in");
	if (c->who.password_given && !c->who.token_id &&
	    !is_way_to_own(c->route))
		return cx_fail(cx, ERR_PASSWORD_GIVEN, "a password was given");
	if (may == ADMIN && !c->who.admin)
		return cx_fail(cx, ERR_FORBIDDEN, "not an admin");
	if (may != OWNER)
		return OK;
	if (!id_is_uuid(c->param[0]))
		return cx_fail(cx, ERR_WS_NOT_FOUND, "not an id");
	ws = arena_alloc(&cx->arena, sizeof(*ws));
	if ((e = ws_of(cx, c->db, c->param[0], &c->who, ws)))
		return e;
	c->ws = ws;
	return OK;
}

enum err
app_admit(struct cx *cx, struct call *c)
{
	enum err e;

	if ((e = check_site(cx, c)) || (e = find_who(cx, c)))
		return e;
	c->csrf = c->who.csrf;
	app_csrf(cx, c, false);
	return check_may(cx, c);
}
