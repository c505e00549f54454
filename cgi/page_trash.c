/* What was deleted and can still be brought back. SPEC F7. */
#include "base/uri.h"
#include "cgi/page.h"
#include "store/change.h"
#include "store/setting.h"
#include "web/url.h"

#define PAGE_ITEMS 50

static struct ws_query
query_of(struct call *c)
{
	const struct value *cursor = IN(c, pages, cursor);
	const struct value *limit = IN(c, pages, limit);

	return (struct ws_query){.owner_id = c->who.user_id,
				 .which = WS_DELETED,
				 .sort = WS_BY_UPDATED,
				 .desc = true,
				 .cursor = cursor->set ? cursor->text : NULL,
				 .limit = limit->set ? limit->num : PAGE_ITEMS};
}

static enum err
view_trashed(struct cx *cx, struct call *c, struct json_object *items,
	     const struct workspace *w)
{
	struct json_object *o = ws_view(cx, c->db, w);
	struct settings s;
	enum err e = settings_load(cx, c->db, &s);

	if (e)
		return e;
	view_time(o, "purge_at", w->trash_key != NULL ? w->purge_ms : 0);
	view_bool(o, "can_undelete", wish_can_undelete(cx, &s, w));
	view_put(items, NULL, o);
	return OK;
}

enum err
ws_trash(struct cx *cx, struct call *c)
{
	struct ws_query q = query_of(c);
	struct json_object *items;
	struct ws_page page;
	enum err e;

	if ((e = workspace_list(cx, c->db, &q, &page)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < page.n; i++)
		if ((e = view_trashed(cx, c, items, &page.v[i])))
			return e;
	view_int(c->view, "total", page.total);
	view_text(c->view, "next_cursor", page.next);
	view_text(c->view, "prev_cursor", page.prev);
	return OK;
}

enum err
page_trash(struct cx *cx, struct call *c)
{
	struct ws_query q = query_of(c);
	struct ws_page page;
	int64_t newest;
	enum err e;

	if ((e = change_newest(cx, c->db, &newest)) ||
	    (e = page_items(cx, c, "items", &q, &page)))
		return e;
	view_int(c->view, "after", newest);
	view_int(c->view, "total", page.total);
	view_bool(c->view, "not_first", page.prev != NULL || page.beyond);
	if (page.prev != NULL)
		view_text(c->view, "prev_cursor", uri_encode(cx, page.prev));
	if (page.next != NULL)
		view_text(c->view, "next_cursor", uri_encode(cx, page.next));
	view_bool(c->view, "paged",
		  page.prev != NULL || page.next != NULL || page.beyond);
	view_text(c->view, "title", page_say(c->lang, TEXT_trash_page));
	view_text(c->view, "page", "trash");
	c->rp->page = "trash";
	return OK;
}
