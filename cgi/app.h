/*
 * One request from environment to bytes, and what handlers get to work with.
 *
 * 1. Who may (routes.def), CSRF, the form and HEAD are done before a handler
 *    is called; a handler cannot forget them.
 * 2. CSRF: a request that changes something and brings no API token must not
 *    come from another site (Origin, Sec-Fetch-Site; every browser sends one
 *    of them with a POST), nor may one that reads, unless it opens a tab.
 *    Hosts of workspaces are other sites. A form must also carry its token, field "csrf",
 *    unless nobody is logged in and the browser says "same origin". Below
 *    /api/ there are no forms: the body is JSON or empty.
 * 3. A GET works with a database handle that cannot write, and sees one moment
 *    of it from beginning to end.
 * 4. The form `any` is not looked at, and its routes need no CSRF: they must
 *    not change anything for a method that is not GET.
 * 5. An error leaves nothing of a half-made answer: ERR_X becomes the shape of
 *    SPEC 7 for JSON clients and templates/error.html for browsers.
 *
 * How a handler is written:
 *
 *	enum err
 *	ws_show(struct cx *cx, struct call *c)
 *	{
 *		view_put(c->view, "workspace", ws_view(cx, c->db, c->ws));
 *		c->rp->page = "workspace";
 *		return OK;
 *	}
 *
 * and added with one row in routes.def and, if it takes fields, some in
 * forms.def, which it reads as IN(c, ws_new, name)->text.
 */
#ifndef CGI_APP_H
#define CGI_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/cx.h"
#include "base/id.h"
#include "rules/workspace.h"
#include "service/auth.h"
#include "store/db.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"
#include "web/template.h"
#include "web/view.h"

struct call;
struct io;

enum may { ANY, USER, OWNER, ADMIN };

enum form {
#define F(form) FORM_##form,
#define X(form, field, type, least, most, need)
#include "cgi/forms.def"
#undef F
#undef X
	FORM__MAX
};

enum in {
#define F(form)
#define X(form, field, type, least, most, need) IN_##form##__##field,
#include "cgi/forms.def"
#undef F
#undef X
	IN__MAX
};

/* A field of the route's form: const struct value * */
#define IN(c, form, field) (&(c)->in[IN_##form##__##field])

/* What a handler asks to be parked for instead of answering (wait.h). */
enum park { PARK_NONE, PARK_STATUS, PARK_EVENTS, PARK_STREAM };

/* A row of routes.def. */
struct app_route {
	enum may may;
	enum form form;
	enum err (*handler)(struct cx *cx, struct call *c);
};

/* One request on its way. Lives as long as cx. */
struct call {
	struct worker *worker;
	const struct app_route *route; /* NULL: none was found */
	const struct request *rq;
	struct response *rp;
	struct db *db;		  /* GET: read only; else the writing handle */
	struct who who;		  /* user_id 0: nobody */
	struct workspace *ws;	  /* OWNER routes: the workspace; else NULL */
	const char *const *param; /* of the path, in its order; decoded */
	size_t n_param;
	struct value in[IN__MAX]; /* read with IN() */
	struct json_object *view; /* {}: fill it */
	bool api;		  /* below /api/: JSON only */
	bool html;	    /* the answer will be a page; JSON otherwise */
	int lang;	    /* index in page_langs */
	const char *csrf;   /* the token that forms of this page carry */
	const char *origin; /* "https://host": what the client sees */
	const char *server; /* the web server about itself, or NULL */
	/* 500 and above when the web server asks for a page because the gate
	 * or an instance failed (app_source.c). */
	int gate_error;
	bool malformed; /* the web server has refused it as such */
	bool again;	/* it has failed, and asks for a page about that */
	bool cut_body;	/* perhaps because of a long body */
	/* A form of it came back (again.h): why, and the address of its page,
	 * which is not that of the request. */
	const char *why, *again_at;
	bool quiet;    /* it warms a pool: for the log of a developer */
	bool no_proxy; /* it cannot bring anybody to an instance */
	/* Not on the control plane's host: on that of a workspace, or (empty)
	 * at a name that is nobody's. Answers are plain then: nothing of the
	 * control plane is shown there. */
	bool plain;
	char host_id[ID_UUID_LEN + 1];
	/* Beside an error: members that a handler adds to the error object,
	 * and when to come back. */
	struct json_object *error;
	int64_t retry_after_s;

	enum park park;
	int64_t park_since, park_wait_ms; /* rev or seq; how long */
};

/* Members for the error object: made when first asked for. */
struct json_object *call_error(struct cx *cx, struct call *c);
/*
 * 303 to a path after a form was posted by a browser; does nothing for a JSON
 * client, which gets the view.
 */
void call_back(struct call *c, const char *path);
/* Adds Set-Cookie for the session (NULL: deletes it). */
void call_session(struct cx *cx, struct call *c, const char *session);
/* The session's cookie value as sent, or NULL. */
const char *call_session_cookie(struct cx *cx, const struct request *rq);

/* Per thread: nothing in here is shared. */
struct worker {
	const struct program *program;
	struct cx cx;
	struct db *read, *write;
	bool snapshots; /* a reader does not hold up writers (WAL) */
};

/* Who starts us, and with how many requests at a time. */
enum serve {
	SERVE_CGI,     /* a process for each request */
	SERVE_STARTED, /* FastCGI, a pool of processes of the web server's */
	SERVE_SOCKET   /* one process on a socket of its own */
};

/* Per process: made once at start, then const. */
struct program {
	const struct site *site;
	enum serve serve;
	struct routes *routes;
	size_t form_first[FORM__MAX], form_n[FORM__MAX]; /* rows of each */
	struct templates *templates;
	struct wait *wait; /* NULL: nothing can be parked here */
};

MUST_USE enum err program_open(struct cx *cx, const struct site *site,
			       struct program *p);
void program_close(struct program *p);
MUST_USE enum err worker_open(struct cx *cx, const struct program *p,
			      struct worker *w);
void worker_close(struct worker *w);

/*
 * Answers one request. True: it is answered, the caller ends the io. False: it
 * was handed to program->wait, which answers it and ends it later.
 */
bool app_answer(struct worker *w, struct io *io);

/* ---- Between the parts of app ---- */

MUST_USE enum err app_routes(struct cx *cx, struct routes **out);

/* app_source.c: the request; also one that a web server asks again. */
MUST_USE enum err app_read(struct cx *cx, struct io *io, struct request *rq,
			   struct call *c);
/* app_admit.c: who may, CSRF, the workspace of an OWNER route. */
MUST_USE enum err app_admit(struct cx *cx, struct call *c);
/* app_admit.c: c->csrf of one who is not logged in; a page makes it. */
void app_csrf(struct cx *cx, struct call *c, bool page);
/* app_form.c: the route's form into c->in; checks its token. */
MUST_USE enum err app_form(struct cx *cx, struct call *c);
/* app_form.c: the token that a form has sent. app.h, invariant 2. */
MUST_USE enum err app_token(struct cx *cx, const struct call *c,
			    const char *sent);
/* again.c: e, or the page of a form in which something is wrong. */
MUST_USE enum err app_again(struct cx *cx, struct call *c, enum err e);
/* app.c: where a page's handler answers, for what the path of c names; NULL
 * when nowhere. */
const char *app_path(struct cx *cx, const struct call *c,
		     enum err (*page)(struct cx *cx, struct call *c));
extern const struct field_row app_fields[];
void app_forms_index(struct program *p);
/* page_host.c: everything on the host of the workspace c->host_id. */
MUST_USE enum err host_answer(struct cx *cx, struct call *c);
/* page_host.c: the view and the page of an error where c->plain. */
void host_error_page(struct cx *cx, struct call *c, enum err e);
/* app_render.c: from what the handler left, or e, to bytes. */
void app_render(struct cx *cx, struct call *c, enum err e, struct buf *out);
/* Nothing is left of what a handler has answered but its cookies. */
void app_forget(struct call *c);
/* The bytes of a JSON answer with the headers that all carry. */
void app_json(struct cx *cx, struct response *rp,
	      const struct json_object *view, bool body, struct buf *out);

/* cgi/page_text.c: the languages, "en" first, and the messages. */
extern const char *const page_langs[];
extern const size_t page_n_langs;
extern const struct template_words page_words;
/* cgi/page_view.c: a workspace in the shape of SPEC 7. */
struct json_object *ws_view(struct cx *cx, struct db *db,
			    const struct workspace *ws);
/* cgi/page_view.c: what every page shows beside its own (user's name, ...). */
void page_frame(struct cx *cx, struct call *c);

/* Handlers, each by its first row. */
#define AGAIN(method, path, may, form, handler)
#define X(method, path, may, form, handler)                                    \
	enum err handler(struct cx *cx, struct call *c);
#define INNER X
#define API(method, path, may, form, handler, status, answer, summary)         \
	X(method, path, may, form, handler)
#include "cgi/routes.def"
#undef API
#undef INNER
#undef X
#undef AGAIN

#endif
