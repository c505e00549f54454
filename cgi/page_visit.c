/*
 * /w/{id}/...: what the gate did not send to an instance. SPEC F2.
 *
 * 1. Only a navigation to a sleeping workspace wakes it; anything else gets
 *    a short 503.
 * 2. The page that follows (/workspaces/{id}/loading) never wakes: an old tab
 *    does not start again what was stopped.
 * 3. Where workspaces have hosts of their own, a running one is reached there:
 *    this is the way to it, and the place to wait.
 * 4. An administrator looks at other people's workspaces on their pages, but
 *    does not enter or wake them here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/id.h"
#include "base/uri.h"
#include "cgi/door.h"
#include "cgi/page.h"
#include "cgi/stand.h"
#include "store/operation.h"
#include "store/setting.h"
#include "web/accept.h"
#include "web/url.h"

#define SOON_SECONDS 5

/* What a visitor finds. */
enum found { FOUND_COMING, FOUND_READY, FOUND_ASLEEP, FOUND_SHUT };

static enum found
look(const struct workspace *w)
{
	bool up = w->desired == STATUS_RUNNING;

	if (w->deleted_ms != 0 || w->status == STATUS_ERROR)
		return FOUND_SHUT;
	if (w->status == STATUS_RUNNING)
		return up ? FOUND_READY : FOUND_SHUT;
	if (up)
		return FOUND_COMING;
	return w->status == STATUS_STANDBY ? FOUND_ASLEEP : FOUND_SHUT;
}

enum err
visit_slash(struct cx *cx, struct call *c)
{
	const char *query = c->rq->query;

	if (!id_is_uuid(c->param[0]))
		return cx_fail(cx, ERR_WS_NOT_FOUND, "not an id");
	response_redirect(c->rp, 308,
			  arena_printf(&cx->arena, "/w/%s/%s%s",
				       uri_encode(cx, c->param[0]),
				       query[0] != '\0' ? "?" : "", query));
	return OK;
}

/* ---- What usually happens ---- */

#define USUAL_ITEMS 60 /* of the history */
#define USUAL_MOST 15  /* of one kind */
#define SLOW_TIMES 3   /* as long as usual: it is said that it is slow */
#define SLOW_LEAST_MS 10000

static int
shorter(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The median of what this kind took lately; 0: it never ended well. */
static int64_t
usual_ms(const struct opers *ops, enum operation kind)
{
	int64_t took[USUAL_MOST];
	size_t n = 0;

	for (size_t i = 0; i < ops->n && n < USUAL_MOST; i++)
		if (ops->v[i].operation == kind)
			took[n++] = ops->v[i].ended_ms - ops->v[i].started_ms;
	if (n == 0)
		return 0;
	qsort(took, n, sizeof(took[0]), shorter);
	return took[n / 2] > 0 ? took[n / 2] : 1;
}

struct usual {
	int64_t home_ms, app_ms;
};

/* "usually 45 s" at each step, and over all of them; what this workspace has
 * never done has no such words. */
static enum err
find_usual(struct cx *cx, struct call *c, const struct workspace *w,
	   struct usual *u)
{
	bool packed = w->archive_key != NULL || w->restore_key != NULL;
	struct opers ops;
	enum err e = operation_good(cx, c->db, w->id, USUAL_ITEMS, &ops);

	if (e)
		return e;
	u->home_ms = usual_ms(&ops, packed ? OPERATION_RESTORING
					   : OPERATION_PROVISIONING);
	u->app_ms = usual_ms(&ops, OPERATION_STARTING);
	return OK;
}

static void
view_usual(struct cx *cx, struct call *c, const struct workspace *w,
	   const struct usual *u, int64_t elapsed_ms)
{
	bool home = w->status == STATUS_STANDBY || u->home_ms != 0;
	int64_t all = u->app_ms;

	if (w->status != STATUS_STANDBY)
		all += u->home_ms;
	if (u->app_ms == 0 || !home)
		return;
	view_text(c->view, "usual_all", page_span(cx, all));
	view_bool(c->view, "slow",
		  elapsed_ms > SLOW_LEAST_MS && elapsed_ms > SLOW_TIMES * all);
}

static void
add_steps(struct cx *cx, struct json_object *view, const struct workspace *w,
	  const struct usual *u)
{
	static const char *const key[] = {"loading_home", "loading_app",
					  "loading_go"};
	const int64_t usual[] = {u->home_ms, u->app_ms, 0};
	size_t at = w->status == STATUS_STANDBY	  ? 1
		    : w->status == STATUS_RUNNING ? 2
						  : 0;
	struct json_object *list = view_list(view, "steps"), *o;

	for (size_t i = 0; i < 3; i++) {
		o = view_obj(list, NULL);
		view_text(o, "key", key[i]);
		view_text(o, "state", i < at ? "done" : i == at ? "now" : "");
		view_bool(o, "now", i == at);
		if (usual[i] != 0 && i >= at)
			view_text(o, "usual", page_span(cx, usual[i]));
	}
}

static enum err
view_ws(struct cx *cx, struct call *c, const struct workspace *w,
	const char *to)
{
	struct settings s;
	enum err e = settings_load(cx, c->db, &s);

	if (e)
		return e;
	if (w->deleted_ms != 0 && !wish_can_undelete(cx, &s, w))
		return cx_fail(cx, ERR_WS_NOT_FOUND, "%s is gone", w->id);
	view_put(c->view, "workspace", page_item(cx, c, &s, w));
	view_text(c->view, "title", w->name);
	view_text(c->view, "to", to);
	view_text(c->view, "to_encoded", uri_encode(cx, to));
	return OK;
}

/* "It is on its way": follows by itself. */
static enum err
show_loading(struct cx *cx, struct call *c, const struct workspace *w,
	     const char *to)
{
	int64_t since = w->last_access_ms != 0 ? w->last_access_ms : cx->now_ms;
	struct usual u;
	enum err e;

	if ((e = view_ws(cx, c, w, to)) || (e = find_usual(cx, c, w, &u)))
		return e;
	add_steps(cx, c->view, w, &u);
	view_usual(cx, c, w, &u, cx->now_ms - since);
	view_time(c->view, "since", since);
	view_text(c->view, "elapsed_text",
		  page_span(cx, (cx->now_ms - since) / 1000 * 1000));
	view_text(c->view, "page", "loading");
	response_header(c->rp, "Cache-Control", "no-store");
	c->rp->page = "loading";
	return OK;
}

static const char *
why_shut(const struct call *c, const struct workspace *w)
{
	if (w->deleted_ms != 0)
		return "gateway_deleted";
	if (w->status == STATUS_ERROR)
		return "gateway_error";
	if (w->status == STATUS_RUNNING && w->desired != STATUS_RUNNING)
		return "gateway_stopping";
	if (w->status == STATUS_RUNNING)
		return c->no_proxy ? "gateway_no_proxy" : "gateway_dead";
	if (w->status == STATUS_STANDBY)
		return "gateway_asleep";
	if (w->desired != STATUS_PENDING)
		return "gateway_busy";
	return w->archive_key != NULL ? "gateway_archived" : "gateway_pending";
}

/* "It is not to be had", why, and what can be done. */
static enum err
show_shut(struct cx *cx, struct call *c, const struct workspace *w,
	  const char *to)
{
	const char *why = why_shut(c, w);
	enum err e = view_ws(cx, c, w, to);

	if (e)
		return e;
	view_text(c->view, "why_title", why);
	view_text(c->view, "why_text",
		  arena_printf(&cx->arena, "%s_text", why));
	view_bool(c->view, "asleep", strcmp(why, "gateway_asleep") == 0);
	view_text(c->view, "page", "gateway");
	response_header(c->rp, "Cache-Control", "no-store");
	c->rp->status = 502;
	c->rp->page = "gateway";
	return OK;
}

/* Not a navigation: short, and nothing is woken. */
static enum err
show_unavailable(struct cx *cx, struct call *c)
{
	if (host_mode(cx->site)) {
		view_text(call_error(cx, c), "address",
			  arena_printf(&cx->arena, "%s/",
				       host_workspace(cx, c->ws->id)));
		return cx_fail(cx, ERR_MISDIRECTED, "%s has its own host",
			       c->ws->id);
	}
	c->retry_after_s = SOON_SECONDS;
	view_text(call_error(cx, c), "phase", workspace_phase(c->ws));
	return cx_fail(cx, ERR_NOT_RUNNING, "%s does not run", c->ws->id);
}

static enum err
wake(struct cx *cx, struct call *c, const char *to)
{
	struct db *db = c->worker->write;
	struct workspace w;
	bool woken;
	enum err e = wish_wake(cx, db, &c->who, c->ws->id, &w, &woken);

	if (e == ERR_RUNNING_LIMIT)
		return page_limit(cx, c, c->ws->owner_id, 502, to);
	if (e)
		return e;
	if (woken)
		page_kick(cx, c);
	return look(&w) == FOUND_SHUT ? show_shut(cx, c, &w, to)
				      : show_loading(cx, c, &w, to);
}

/* What stands behind "/w/{id}" in a target, as it was written. */
static const char *
rest_of(const struct workspace *w, const char *target)
{
	size_t n = strlen(w->id);

	return strncmp(target, "/w/", 3) == 0 &&
			       strncmp(target + 3, w->id, n) == 0 &&
			       target[3 + n] == '/'
		       ? target + 3 + n
		       : "/";
}

enum err
visit(struct cx *cx, struct call *c)
{
	const char *to = c->rq->target;
	bool failed = c->gate_error != 0 || c->no_proxy;
	char id[ID_UUID_LEN + 1];
	enum err e;

	if ((e = door_read(cx, c->rq, id)) || (e = door_websocket(cx, c->rq)))
		return e;
	if (c->malformed)
		return cx_fail(cx, ERR_INVALID, "refused by the web server");
	if (c->ws->owner_id != c->who.user_id)
		return cx_fail(cx, ERR_FORBIDDEN, "%s is not %s's", c->ws->id,
			       c->who.username);
	if (!accept_navigation(c->rq))
		return show_unavailable(cx, c);
	switch (look(c->ws)) {
	case FOUND_ASLEEP:
		return wake(cx, c, to);
	case FOUND_COMING:
		return show_loading(cx, c, c->ws, to);
	case FOUND_READY:
		if (host_mode(cx->site) && !c->no_proxy && stands(cx, c->ws))
			return visit_host(cx, c, rest_of(c->ws, to));
		/* it came up after the gate had looked, or it is dead */
		return failed ? show_shut(cx, c, c->ws, to)
			      : show_loading(cx, c, c->ws, to);
	case FOUND_SHUT:
		break;
	}
	return show_shut(cx, c, c->ws, to);
}

enum err
visit_follow(struct cx *cx, struct call *c)
{
	const struct value *to = IN(c, loading, to);
	const char *base = arena_printf(&cx->arena, "/w/%s/", c->ws->id);
	bool ours = to->set && url_is_local(to->text) &&
		    strncmp(to->text, base, strlen(base)) == 0;
	const char *then = ours ? to->text : base;

	switch (look(c->ws)) {
	case FOUND_COMING:
		return show_loading(cx, c, c->ws, then);
	case FOUND_READY:
		response_redirect(c->rp, 303, then);
		return OK;
	case FOUND_ASLEEP:
	case FOUND_SHUT:
		break;
	}
	return show_shut(cx, c, c->ws, then);
}
