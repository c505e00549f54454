/*
 * What the handler answers on a workspace's own host, and the control
 * plane's part of the way there. docs/decisions/0010-host-names.md.
 *
 *   there   /any/path        a key in a cookie, and to the control plane
 *   here    /workspaces/{id}/enter?state=...&to=/any/path
 *                            a code for the session and that key
 *   there   /.roost/enter?code=...&to=/any/path
 *                            a ticket for the code and the key
 *   there   /any/path        the gate lets it pass
 *
 *   there   /.roost/page     leads to the workspace's page here
 *
 * 1. The gate passes what it can; here comes the rest, and nothing of it
 *    reaches an instance. Nothing of the control plane is served there, and
 *    it never says whether there is such a workspace to who has no ticket.
 * 2. Waking, waiting and all that is to be pressed stand on the control plane.
 */
#include <string.h>

#include "base/uri.h"
#include "cgi/host.h"
#include "cgi/page.h"
#include "cgi/stand.h"
#include "service/enter.h"
#include "web/accept.h"
#include "web/cookie.h"
#include "web/url.h"

#define SOON_SECONDS 5
#define KEY_S INT64_C(3600)	  /* time to log in */
#define TICKET_S INT64_C(2592000) /* the server ends it, not the browser */

static const struct app_route ARRIVE = {.may = ANY, .form = FORM_arrive};

static void
set_cookie(struct cx *cx, struct call *c, const char *name, const char *value,
	   int64_t max_age_s)
{
	struct cookie k = {.name = name,
			   .value = value,
			   .max_age_s = max_age_s,
			   .https = c->rq->https};

	response_header(c->rp, "Set-Cookie", cookie_format(cx, &k));
}

static void
go(struct cx *cx, struct call *c, const char *origin, const char *path)
{
	response_redirect(c->rp, 303,
			  arena_printf(&cx->arena, "%s%s", origin, path));
	response_header(c->rp, "Cache-Control", "no-store");
	response_header(c->rp, "Referrer-Policy", "no-referrer");
}

static const char *
or_root(const struct value *to)
{
	return to->set && host_path_ok(to->text) ? to->text : "/";
}

/* ---- Here: on the control plane's host ---- */

enum err
visit_host(struct cx *cx, struct call *c, const char *rest)
{
	go(cx, c, host_workspace(cx, c->ws->id), rest);
	return OK;
}

enum err
visit_enter(struct cx *cx, struct call *c)
{
	const char *to = or_root(IN(c, enter, to)), *code;
	const char *state = IN(c, enter, state)->text;
	enum err e;

	if (!accept_navigation(c->rq) || !enter_state_shaped(state))
		return cx_fail(cx, ERR_INVALID,
			       "this is a step on the way to "
			       "a workspace");
	if (!host_mode(cx->site) || !stands(cx, c->ws)) {
		go(cx, c, host_control(cx),
		   arena_printf(&cx->arena, "/w/%s%s", c->ws->id, to));
		return OK;
	}
	if ((e = enter_code(cx, c->worker->write, &c->who, c->ws->id, state,
			    &code)))
		return e;
	return visit_host(cx, c,
			  arena_printf(&cx->arena, HOST_ENTER "?code=%s&to=%s",
				       code, uri_encode(cx, to)));
}

/* ---- There: on the workspace's own ---- */

/* No ticket yet: the browser fetches a code, for a key that only it has. */
static enum err
begin(struct cx *cx, struct call *c)
{
	const char *cookies = c->rq->header[HEADER_COOKIE];
	const char *key = cookie_get(cx, cookies, host_key_name(c->rq));
	const char *to = c->rq->target;
	char made[ID_SECRET_LEN + 1], state[ID_HASH_LEN + 1];

	cx_clear(cx);
	if (!enter_key_shaped(key)) {
		enter_key(made);
		key = made;
	}
	enter_state(key, state);
	set_cookie(cx, c, host_key_name(c->rq), key, KEY_S);
	go(cx, c, host_control(cx),
	   arena_printf(&cx->arena, "/workspaces/%s/enter?state=%s&to=%s",
			c->host_id, state,
			uri_encode(cx, host_path_ok(to) ? to : "/")));
	return OK;
}

/* The code for a ticket. What fails is not begun again by itself: a browser
 * that keeps no cookies would go in circles. */
static enum err
arrive(struct cx *cx, struct call *c, bool known)
{
	const char *cookies = c->rq->header[HEADER_COOKIE], *ticket;
	struct who who;
	enum err e;

	c->route = &ARRIVE;
	if (c->rq->method != METHOD_GET)
		return cx_fail(cx, ERR_METHOD, "only GET");
	if ((e = app_form(cx, c)))
		return e;
	e = enter_ticket(cx, c->worker->write, IN(c, arrive, code)->text,
			 c->host_id,
			 cookie_get(cx, cookies, host_key_name(c->rq)), &who,
			 &ticket);
	if (!e)
		set_cookie(cx, c, host_ticket_name(c->rq), ticket, TICKET_S);
	else if (e == ERR_UNAUTHORIZED && known)
		cx_clear(cx); /* another tab was quicker */
	else if (e == ERR_UNAUTHORIZED)
		return cx_fail(cx, ERR_CODE, "%s",
			       arena_strdup(&cx->arena, cx->why));
	else
		return e;
	go(cx, c, host_workspace(cx, c->host_id), or_root(IN(c, arrive, to)));
	return OK;
}

/* Somebody with a ticket whom the gate did not let pass. */
static enum err
not_running(struct cx *cx, struct call *c)
{
	c->retry_after_s = SOON_SECONDS;
	if (c->gate_error)
		return cx_fail(cx, ERR_UNREACHABLE, "%s does not answer",
			       c->host_id);
	if (!accept_navigation(c->rq))
		return cx_fail(cx, ERR_NOT_RUNNING, "%s does not run",
			       c->host_id);
	go(cx, c, host_control(cx),
	   arena_printf(&cx->arena, "/w/%s%s", c->host_id,
			host_path_ok(c->rq->target) ? c->rq->target : "/"));
	return OK;
}

enum err
host_answer(struct cx *cx, struct call *c)
{
	enum err e, who;

	view_text(call_error(cx, c), "address",
		  arena_printf(&cx->arena, "%s/w/%s/", host_control(cx),
			       c->host_id));
	if ((e = host_read(cx, c->rq, c->host_id)))
		return e;
	if (c->malformed)
		return cx_fail(cx, ERR_INVALID, "refused by the web server");
	c->db = c->worker->read;
	who = host_load(cx, c->db, c->rq, c->host_id, &c->who);
	if (who && who != ERR_UNAUTHORIZED)
		return who;
	if (strcmp(c->rq->path, HOST_ENTER) == 0)
		return arrive(cx, c, !who);
	if (strcmp(c->rq->path, HOST_PAGE) == 0) {
		go(cx, c, host_control(cx),
		   arena_printf(&cx->arena, "/workspaces/%s", c->host_id));
		return OK;
	}
	if (host_reserved(c->rq->path))
		return cx_fail(cx, ERR_NOT_FOUND, "no such path of ours");
	if (who)
		return accept_navigation(c->rq) ? begin(cx, c) : who;
	return not_running(cx, c);
}

/* The page of an error there: no style, no script, no form, nothing of the
 * control plane but a link to it. */
void
host_error_page(struct cx *cx, struct call *c, enum err e)
{
	const struct template_words *words = &page_words;
	int word = words->find(err_slug(e));

	c->view = view_new(cx);
	view_text(c->view, "lang", page_langs[c->lang]);
	view_text(c->view, "title",
		  word < 0 ? err_text(e) : words->text(word, c->lang));
	view_text(c->view, "link", c->host_id[0] ? HOST_PAGE : NULL);
	c->rp->page = "host";
}
