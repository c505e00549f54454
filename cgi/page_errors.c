/* Workspaces in ERROR: why, since when, what was tried. SPEC F8. */
#include "cgi/page_find.h"
#include "store/operation.h"
#include "store/setting.h"

#define TRIED 3 /* operations shown of each */

static enum err
find_errors(struct cx *cx, struct call *c, struct ws_found *out)
{
	static const struct filter filter = {.phase = "ERROR"};
	struct ws_find q = {.filter = &filter,
			    .cursor = admin_text(IN(c, pages, cursor))};

	if (IN(c, pages, limit)->set)
		q.limit = IN(c, pages, limit)->num;
	return workspace_find(cx, c->db, &q, out);
}

static enum err
view_tried(struct cx *cx, struct call *c, struct json_object *o, const char *id)
{
	struct json_object *list = view_list(o, "tried"), *one;
	struct opers l;
	enum err e = operation_list(cx, c->db, id, 0, TRIED, &l);

	for (size_t i = 0; !e && i < l.n; i++) {
		const struct oper *p = &l.v[i];

		one = view_obj(list, NULL);
		view_int(one, "n", p->n);
		view_text(one, "op_id", p->op_id);
		view_text(one, "operation", operation_name(p->operation));
		view_time(one, "started_at", p->started_ms);
		view_time(one, "ended_at", p->ended_ms);
		view_int(one, "bytes", p->bytes);
		view_text(one, "result", result_name(p->result));
		view_text(one, "reason",
			  p->reason != REASON_NONE ? reason_name(p->reason)
						   : NULL);
		view_text(one, "message", p->message);
		if (!c->api)
			view_text(one, "started_text",
				  page_time(cx, p->started_ms));
	}
	return e;
}

enum err
api_errors(struct cx *cx, struct call *c)
{
	struct json_object *items, *o, *ws;
	struct ws_found found;
	enum err e;

	if ((e = find_errors(cx, c, &found)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < found.n; i++) {
		o = view_obj(items, NULL);
		if ((e = find_view(cx, c, &found.v[i], &ws)) ||
		    (e = view_tried(cx, c, o, found.v[i].id)))
			return e;
		view_put(o, "workspace", ws);
	}
	view_int(c->view, "total", found.total);
	admin_pager(cx, c, ADMIN_ERRORS, NULL, 0, &found.ends);
	return OK;
}

static enum err
view_item(struct cx *cx, struct call *c, const struct settings *s,
	  const struct workspace *w, struct json_object *items)
{
	struct json_object *o;
	enum err e;

	if ((e = find_item(cx, c, s, w, &o)) ||
	    (e = view_tried(cx, c, o, w->id)))
		return e;
	view_text(o, "for_text",
		  page_span(cx, cx->now_ms - w->status_changed_ms));
	view_text(o, "was", status_name(w->previous_status));
	view_bool(o, "often", w->error_count > 1);
	view_put(items, NULL, o);
	return OK;
}

enum err
page_errors(struct cx *cx, struct call *c)
{
	struct json_object *items;
	struct ws_found found;
	struct settings s;
	enum err e;

	if ((e = settings_load(cx, c->db, &s)) ||
	    (e = find_errors(cx, c, &found)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < found.n; i++)
		if ((e = view_item(cx, c, &s, &found.v[i], items)))
			return e;
	view_int(c->view, "total", found.total);
	admin_pager(cx, c, ADMIN_ERRORS, NULL, 0, &found.ends);
	admin_frame(cx, c, ADMIN_ERRORS, NULL, "admin_errors");
	return OK;
}
