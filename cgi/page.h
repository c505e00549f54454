/*
 * What the handlers share: messages, flashes, the parts of a workspace that
 * only pages need.
 */
#ifndef CGI_PAGE_H
#define CGI_PAGE_H

#include "cgi/again.h"
#include "cgi/app.h"
#include "service/wish.h"

enum text {
#define X(key, en, ko) TEXT_##key,
#include "cgi/text.def"
#undef X
	TEXT__MAX
};

/* ---- page_text.c ---- */

const char *page_say(int lang, enum text t);
bool page_has(const char *key); /* is there a message of that key? */

/* ---- page_view.c: for people, without a zone but with its name ---- */

const char *page_time(struct cx *cx, int64_t ms); /* "2026-01-02 03:04 UTC" */
const char *page_bytes(struct cx *cx, int64_t n); /* "1.2 MB" */
const char *page_span(struct cx *cx, int64_t ms); /* "3 min 4 s" */

/* ---- page_item.c ---- */

/*
 * ws_view() and beside it what state.html and actions.html print. The
 * settings are read once per page.
 */
struct json_object *page_item(struct cx *cx, struct call *c,
			      const struct settings *s,
			      const struct workspace *w);
/* Adds the name of each item's owner, for admins. */
MUST_USE enum err page_owner(struct cx *cx, struct call *c,
			     struct json_object *item, int64_t owner_id);

/* ---- page_account.c ---- */

/* Tokens and sessions of a user, as items of the view's key. */
MUST_USE enum err page_tokens(struct cx *cx, struct call *c, int64_t user_id,
			      const char *key);
MUST_USE enum err page_sessions(struct cx *cx, struct call *c, int64_t user_id,
				const char *key);

/* ---- page_list.c ---- */

/* A page of the workspaces that q asks for, as items of the view's key. */
MUST_USE enum err page_items(struct cx *cx, struct call *c, const char *key,
			     const struct ws_query *q, struct ws_page *page);

/* The page "too many are running" instead of the answer; then: where to try
 * again. */
MUST_USE enum err page_limit(struct cx *cx, struct call *c, int64_t owner_id,
			     int status, const char *then);
/* The same for JSON clients: ERR_RUNNING_LIMIT with the running ones. Any
 * other error passes as it is. */
MUST_USE enum err page_limit_error(struct cx *cx, struct call *c, enum err e,
				   int64_t owner_id);

/* ---- page_act.c: what follows a verb that went well, or e ---- */

/* 202 and the workspace as it is now. */
MUST_USE enum err page_acted_json(struct cx *cx, struct call *c, enum err e,
				  const struct workspace *w);
/* Back to where the button was. */
MUST_USE enum err page_acted(struct cx *cx, struct call *c, enum err e,
			     const struct value *back, const char *said);

/* ---- page_keep.c ---- */

/* The view's "keep": what may be chosen for c->ws. */
void page_keep(struct cx *cx, struct call *c, const struct settings *s);

/* ---- page_archives.c ---- */

/* The archives of c->ws, as the view's "archives". */
void page_archives(struct cx *cx, struct call *c);

/* ---- page_archives_link.c ---- */

/* Has this site's store links from which archives can be loaded, and may this
 * person have one of c->ws? */
bool page_can_load(struct cx *cx, const struct call *c);

/* ---- page_host.c ---- */

/* 303 to a path on the own host of c->ws. Only in host mode. */
MUST_USE enum err visit_host(struct cx *cx, struct call *c, const char *rest);

/* ---- page_done.c ---- */

/* An intent was committed: asks for a pass. Never fails the request. */
void page_kick(struct cx *cx, struct call *c);
/* After a form: 303 to back (if it is a local path) or to path, where the
 * message is shown once. */
void page_done(struct cx *cx, struct call *c, const struct value *back,
	       const char *path, const char *said);
/* A page that is open fetches itself anew (live.js). */
bool page_by_script(const struct call *c);
/* The flash that a navigation brought: into the view, and forgotten. */
void page_flash(struct cx *cx, struct call *c);
const char *page_path(struct cx *cx, const char *id); /* "/workspaces/{id}" */
/* If-Match as a rev for the wishes: 0 when none or "*". */
MUST_USE enum err page_rev(struct cx *cx, struct call *c, int64_t *rev);
const char *page_etag(struct cx *cx, const struct workspace *w);

/* ---- page_door.c ---- */

/* For the admin page: server, mode, who waits, and doctor's last report. */
void page_door(struct cx *cx, struct call *c);

#endif
