/* The verbs of a workspace, for JSON clients and for the buttons. */
#include "cgi/page.h"

/* Any of the wishes: they are all alike. */
#define VERB_FN __typeof__(wish_start)

enum err
page_acted_json(struct cx *cx, struct call *c, enum err e,
		const struct workspace *w)
{
	if (e)
		return page_limit_error(cx, c, e, c->ws->owner_id);
	page_kick(cx, c);
	c->view = ws_view(cx, c->db, w);
	response_etag(cx, c->rp, page_etag(cx, w));
	c->rp->status = 202;
	return OK;
}

enum err
page_acted(struct cx *cx, struct call *c, enum err e, const struct value *back,
	   const char *said)
{
	const char *path = page_path(cx, c->ws->id);

	if (e == ERR_RUNNING_LIMIT)
		return page_limit(cx, c, c->ws->owner_id, 429, path);
	if (e)
		return e;
	page_kick(cx, c);
	page_done(cx, c, back, path, said);
	return OK;
}

/* POST /api/v1/workspaces/{id}:verb: 202 and the workspace as it is now. */
static enum err
api_act(struct cx *cx, struct call *c, VERB_FN *verb)
{
	struct workspace w;
	int64_t rev;
	enum err e = page_rev(cx, c, &rev);

	if (e)
		return e;
	e = verb(cx, c->db, &c->who, c->ws->id, rev, &w);
	return page_acted_json(cx, c, e, &w);
}

/* POST /workspaces/{id}/verb: and back to where the button was. */
static enum err
page_act(struct cx *cx, struct call *c, VERB_FN *verb, const char *said)
{
	struct workspace w;
	enum err e = verb(cx, c->db, &c->who, c->ws->id, 0, &w);

	return page_acted(cx, c, e, IN(c, back, back), said);
}

#define VERB(word)                                                             \
	enum err ws_##word(struct cx *cx, struct call *c)                      \
	{                                                                      \
		return api_act(cx, c, wish_##word);                            \
	}                                                                      \
	enum err page_##word(struct cx *cx, struct call *c)                    \
	{                                                                      \
		return page_act(cx, c, wish_##word, "said_" #word);            \
	}

VERB(start)
VERB(stop)
VERB(archive)
VERB(recover)
VERB(undelete)

enum err
page_delete(struct cx *cx, struct call *c)
{
	return page_act(cx, c, wish_delete, "said_delete");
}
