/* From what a handler left, or an error, to the bytes of an answer. */
#include <string.h>

#include "base/host.h"
#include "base/log.h"
#include "base/uri.h"
#include "cgi/app.h"
#include "web/accept.h"
#include "web/url.h"

#define PAGE_CSP                                                               \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self'; connect-src 'self'; font-src 'self'; "                \
	"manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; "       \
	"form-action 'self'"
#define DATA_CSP "default-src 'none'; frame-ancestors 'none'"

/* ---- Headers that all carry ---- */

/* A form's answer may lead on to a workspace, and browsers hold each step of
 * that way against form-action. */
static const char *
page_csp(struct cx *cx)
{
	return host_mode(cx->site) ? arena_printf(&cx->arena, PAGE_CSP " %s",
						  host_workspace(cx, "*"))
				   : PAGE_CSP;
}

static void
common_headers(struct cx *cx, struct response *rp, bool page)
{
	bool kept = response_find(rp, "ETag") != NULL;

	response_header(rp, "Content-Security-Policy",
			page ? page_csp(cx) : DATA_CSP);
	response_header(rp, "X-Content-Type-Options", "nosniff");
	response_header(rp, "Cross-Origin-Resource-Policy", "same-origin");
	if (page) {
		response_header(rp, "Referrer-Policy", "same-origin");
		response_header(rp, "Cross-Origin-Opener-Policy",
				"same-origin");
	}
	if (!response_find(rp, "Cache-Control"))
		response_header(rp, "Cache-Control",
				kept ? "private, no-cache" : "no-store");
	response_header(rp, "X-Request-Id", arena_strdup(&cx->arena, cx->rid));
}

static bool
has_body(int status)
{
	return status != 204 && status != 304;
}

static void
put(struct response *rp, bool body, struct buf *out)
{
	if (!has_body(rp->status))
		rp->type = NULL;
	response_head(rp, out);
	if (body && has_body(rp->status))
		buf_add(out, buf_str(&rp->body), rp->body.len);
}

void
app_json(struct cx *cx, struct response *rp, const struct json_object *view,
	 bool body, struct buf *out)
{
	if (!rp->status)
		rp->status = 200;
	if (has_body(rp->status)) {
		rp->type = "application/json";
		view_json(view, &rp->body);
	}
	common_headers(cx, rp, false);
	put(rp, body, out);
}

/* ---- Errors ---- */

/* What a person or a client is told. ERR_INVALID is about what was sent, so
 * why it is invalid may be said; all else stays inside. */
static const char *
message(struct cx *cx, enum err e)
{
	if (e != ERR_INVALID)
		return err_text(e);
	if (cx->field[0])
		return arena_printf(&cx->arena, "%s: %s %s", err_text(e),
				    cx->field, cx->why);
	return arena_printf(&cx->arena, "%s (%s)", err_text(e), cx->why);
}

static void
retry_after(struct cx *cx, struct call *c, enum err e)
{
	int64_t s = c->retry_after_s;

	if (!s && err_again(e) && err_http(e) == 503)
		s = 1;
	if (s)
		response_header(c->rp, "Retry-After",
				arena_printf(&cx->arena, "%lld", (long long)s));
}

static void
render_error_json(struct cx *cx, struct call *c, enum err e, struct buf *out)
{
	struct json_object *o = view_error(cx, e, message(cx, e));

	if (c->error)
		view_merge(o, "error", c->error);
	app_json(cx, c->rp, o, c->rq->method != METHOD_HEAD, out);
}

static void
view_error_page(struct cx *cx, struct call *c, enum err e)
{
	const struct template_words *words = &page_words;
	int word = words->find(err_slug(e));
	const char *text = word < 0 ? err_text(e) : words->text(word, c->lang);
	struct json_object *error;

	c->view = view_new(cx);
	view_int(c->view, "status", err_http(e));
	view_text(c->view, "page", "error");
	view_text(c->view, "title", text);
	view_text(c->view, "message", text);
	if (e == ERR_INVALID)
		view_text(c->view, "detail",
			  arena_printf(&cx->arena, "%s%s%s", cx->field,
				       cx->field[0] ? " " : "", cx->why));
	if (err_http(e) >= 500)
		view_text(c->view, "rid", cx->rid);
	error = view_obj(c->view, "error");
	view_text(error, "code", err_slug(e));
	c->rp->page = "error";
}

/* ---- Pages ---- */

/* False: the template failed; why is logged. */
static bool
render_page(struct cx *cx, struct call *c, struct buf *out)
{
	struct response *rp = c->rp;
	enum err e;

	if (!c->plain) {
		app_csrf(cx, c, true);
		page_frame(cx, c);
	}
	buf_clear(&rp->body);
	rp->type = "text/html; charset=utf-8";
	e = template_render(cx, c->worker->program->templates, rp->page,
			    c->view, c->lang, &rp->body);
	if (e) {
		log_fail(cx, "render");
		return false;
	}
	common_headers(cx, rp, !c->plain);
	put(rp, c->rq->method != METHOD_HEAD, out);
	return true;
}

/* Who must choose a password goes to where that is done. */
static bool
to_password(struct call *c, enum err e)
{
	if (c->plain || e != ERR_PASSWORD_GIVEN || !c->html ||
	    !accept_navigation(c->rq))
		return false;
	response_redirect(c->rp, 303, "/account");
	return true;
}

/* A browser that is not logged in goes to the login page and comes back. */
static bool
to_login(struct cx *cx, struct call *c, enum err e)
{
	const char *back = c->rq->target;

	if (c->plain || e != ERR_UNAUTHORIZED || !c->html || !c->route)
		return false;
	if (strncmp(c->rq->path, "/w/", 3) == 0 && !accept_navigation(c->rq))
		return false; /* an instance's own business */
	if (c->rq->method != METHOD_GET || !url_is_local(back))
		back = "/";
	else if (!accept_navigation(c->rq))
		return false;
	response_redirect(c->rp, 303,
			  arena_printf(&cx->arena, "/login?back=%s",
				       uri_encode(cx, back)));
	return true;
}

static void
render_error(struct cx *cx, struct call *c, enum err e, struct buf *out)
{
	c->rp->status = err_http(e);
	retry_after(cx, c, e);
	if (c->html) {
		if (c->plain)
			host_error_page(cx, c, e);
		else
			view_error_page(cx, c, e);
		if (render_page(cx, c, out))
			return;
		buf_clear(out);
		buf_clear(&c->rp->body);
	}
	render_error_json(cx, c, e, out);
}

/* ---- What went well ---- */

/* 304 when the client has it already. */
static void
check_etag(struct call *c)
{
	const char *known = c->rq->header[HEADER_IF_NONE_MATCH];
	const char *etag = response_find(c->rp, "ETag");

	if (known && etag && !method_unsafe(c->rq->method) &&
	    c->rp->status == 200 && etag_listed(known, etag))
		c->rp->status = 304;
}

static void
render_bare(struct cx *cx, struct call *c, struct buf *out)
{
	common_headers(cx, c->rp, false);
	put(c->rp, c->rq->method != METHOD_HEAD, out);
}

static void
render_good(struct cx *cx, struct call *c, struct buf *out)
{
	struct response *rp = c->rp;

	if (!rp->status)
		rp->status = 200;
	check_etag(c);
	if (rp->type || (rp->status >= 300 && rp->status < 400)) {
		render_bare(cx, c, out);
		return;
	}
	if (c->html && rp->page) {
		if (!render_page(cx, c, out))
			render_error(cx, c, ERR_INTERNAL, out);
		return;
	}
	app_json(cx, rp, c->view, c->rq->method != METHOD_HEAD, out);
}

/* A handler's headers but for cookies belong to the answer that failed. */
void
app_forget(struct call *c)
{
	struct response *rp = c->rp;
	size_t n = 0;

	for (size_t i = 0; i < rp->n_header; i++)
		if (strcmp(rp->header[i].name, "Set-Cookie") == 0 ||
		    strcmp(rp->header[i].name, "Allow") == 0)
			rp->header[n++] = rp->header[i];
	rp->n_header = n;
	rp->type = NULL;
	rp->page = NULL;
	buf_clear(&rp->body);
}

void
app_render(struct cx *cx, struct call *c, enum err e, struct buf *out)
{
	if (!e && !c->rp->body.over) {
		render_good(cx, c, out);
		return;
	}
	app_forget(c);
	if (to_login(cx, c, e) || to_password(c, e))
		render_bare(cx, c, out);
	else
		render_error(cx, c, e ? e : ERR_INTERNAL, out);
}
