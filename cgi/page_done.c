/* What follows a wish: the kick, the way back, the message shown once. */
#include <string.h>

#include "base/log.h"
#include "cgi/page.h"
#include "service/kick.h"
#include "web/cookie.h"
#include "web/url.h"

#define FLASH "roost_flash"
#define FLASH_SECONDS 30

void
page_kick(struct cx *cx, struct call *c)
{
	(void)c;
	if (kick(cx) == OK)
		return;
	log_fail(cx, "kick");
	cx_clear(cx);
}

static void
flash_cookie(struct cx *cx, struct call *c, const char *value, int64_t age_s)
{
	struct cookie flash = {.name = FLASH,
			       .value = value,
			       .max_age_s = age_s,
			       .https = c->rq->https};

	response_header(c->rp, "Set-Cookie", cookie_format(cx, &flash));
}

void
page_done(struct cx *cx, struct call *c, const struct value *back,
	  const char *path, const char *said)
{
	if (back != NULL && back->set && url_is_local(back->text))
		path = back->text;
	flash_cookie(cx, c, said, FLASH_SECONDS);
	call_back(c, path);
}

/* A page that is being left may still fetch itself anew (live.js): it would
 * take the message away from the one that is just being opened. */
bool
page_by_script(const struct call *c)
{
	const char *mode = c->rq->header[HEADER_FETCH_MODE];

	return mode != NULL && strcmp(mode, "navigate") != 0;
}

void
page_flash(struct cx *cx, struct call *c)
{
	const char *said = cookie_get(cx, c->rq->header[HEADER_COOKIE], FLASH);

	if (said == NULL || page_by_script(c))
		return;
	/* only our own sentences: the cookie is the client's to write */
	if (strncmp(said, "said_", 5) == 0 && page_has(said))
		view_text(c->view, "flash", said);
	flash_cookie(cx, c, "", 0);
}

const char *
page_path(struct cx *cx, const char *id)
{
	return arena_printf(&cx->arena, "/workspaces/%s", id);
}

const char *
page_etag(struct cx *cx, const struct workspace *w)
{
	return arena_printf(&cx->arena, "%lld", (long long)w->rev);
}

enum err
page_rev(struct cx *cx, struct call *c, int64_t *rev)
{
	const char *match = c->rq->header[HEADER_IF_MATCH];

	if (match == NULL || strcmp(match, "*") == 0) {
		*rev = 0;
		return OK;
	}
	if (!etag_matches(match, page_etag(cx, c->ws)))
		return cx_fail(cx, ERR_PRECONDITION, "%s is at rev %lld",
			       c->ws->id, (long long)c->ws->rev);
	*rev = c->ws->rev;
	return OK;
}
