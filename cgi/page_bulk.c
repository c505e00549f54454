/* The same wish for many workspaces: shown, then done. SPEC section 9. */
#include "cgi/page_find.h"

#include <string.h>

#include "service/bulk.h"
#include "store/setting.h"

static const char *
bulk_path(struct cx *cx, const char *id)
{
	return arena_printf(&cx->arena, "/admin/bulk/%s", id);
}

/* The first BULK_MOST that the filter finds. */
static enum err
find_ids(struct cx *cx, struct call *c, const char *filter,
	 const struct value *sort, const char *const **ids, size_t *n,
	 int64_t *more)
{
	struct find_query q;
	struct ws_found found;
	const char **v;
	enum err e;

	if ((e = find_read(cx, c, filter, &q)) ||
	    (sort != NULL && (e = find_sort(cx, sort, &q))))
		return e;
	q.find.limit = BULK_MOST;
	if ((e = workspace_find(cx, c->db, &q.find, &found)))
		return e;
	v = arena_array(&cx->arena, found.n + 1, sizeof(*v));
	for (size_t i = 0; i < found.n; i++)
		v[i] = found.v[i].id;
	*ids = v;
	*n = found.n;
	*more = found.total - (int64_t)found.n;
	return OK;
}

struct selection {
	const struct value *verb, *id, *filter;
	const struct value *sort; /* NULL: as the filter has it */
	bool all;		  /* that the filter finds; else those in id */
};

static enum err
read_verb(struct cx *cx, const struct selection *s, enum bulk_verb *verb)
{
	if (bulk_verb_parse(s->verb->text, verb))
		return OK;
	return cx_field(cx, "verb", "no such verb");
}

static enum err
make(struct cx *cx, struct call *c, const struct selection *s,
     const char **plan)
{
	const char *filter = s->filter->set ? s->filter->text : "";
	const char *const *ids = (const char *const *)s->id->list;
	size_t n = s->id->n_list;
	enum bulk_verb verb;
	int64_t more = 0;
	enum err e;

	if ((e = read_verb(cx, s, &verb)))
		return e;
	if (s->all && (e = find_ids(cx, c, filter, s->sort, &ids, &n, &more)))
		return e;
	return bulk_make(cx, c->db, &c->who, verb, ids, n, filter, more, plan);
}

/* ---- JSON ---- */

static enum err
view_one(struct cx *cx, struct call *c, struct json_object *o,
	 const struct bulk_one *one)
{
	struct json_object *ws;
	enum err e = find_view(cx, c, &one->ws, &ws);

	if (e)
		return e;
	view_text(o, "verdict", bulk_verdict_name(one->item.verdict));
	view_text(o, "now", bulk_verdict_name(one->now));
	view_bool(o, "does", bulk_covers(one->item.verdict, one->now));
	view_text(o, "result",
		  one->item.result != BULK_OPEN
			  ? bulk_result_name(one->item.result)
			  : NULL);
	view_put(o, "workspace", ws);
	return OK;
}

static enum err
view_bulk(struct cx *cx, struct call *c, const char *id)
{
	struct json_object *list;
	struct bulk_view b;
	enum err e = bulk_look(cx, c->db, &c->who, id, &b);

	if (e)
		return e;
	view_text(c->view, "id", b.plan.id);
	view_text(c->view, "verb", bulk_verb_name(b.plan.verb));
	view_text(c->view, "filter", b.plan.filter);
	view_int(c->view, "more", b.plan.more);
	view_int(c->view, "does", (int64_t)b.does);
	view_time(c->view, "made_at", b.plan.made_ms);
	view_time(c->view, "done_at", b.plan.done_ms);
	list = view_list(c->view, "items");
	for (size_t i = 0; !e && i < b.n; i++)
		e = view_one(cx, c, view_obj(list, NULL), &b.v[i]);
	return e;
}

enum err
api_bulk_new(struct cx *cx, struct call *c)
{
	const struct selection s = {.verb = IN(c, api_bulk, verb),
				    .id = IN(c, api_bulk, id),
				    .filter = IN(c, api_bulk, filter),
				    .all = !IN(c, api_bulk, id)->set};
	const char *id;
	enum err e;

	if ((e = make(cx, c, &s, &id)) || (e = view_bulk(cx, c, id)))
		return e;
	c->rp->status = 201;
	response_header(c->rp, "Location",
			arena_printf(&cx->arena, "/api/v1/admin/bulk/%s", id));
	return OK;
}

enum err
api_bulk_show(struct cx *cx, struct call *c)
{
	return view_bulk(cx, c, c->param[0]);
}

enum err
api_bulk_do(struct cx *cx, struct call *c)
{
	enum err e = bulk_do(cx, c->db, &c->who, c->param[0]);

	page_kick(cx, c);
	return e ? e : view_bulk(cx, c, c->param[0]);
}

/* ---- Pages ---- */

enum err
page_bulk_new(struct cx *cx, struct call *c)
{
	const struct selection s = {.verb = IN(c, bulk, verb),
				    .id = IN(c, bulk, id),
				    .filter = IN(c, bulk, filter),
				    .sort = IN(c, bulk, sort),
				    .all = IN(c, bulk, all)->set};
	const char *id;
	enum err e = make(cx, c, &s, &id);

	if (!e)
		call_back(c, bulk_path(cx, id));
	return e;
}

/* What is said of one: before, what will be done or why not; after, what was
 * done or why not. */
static const char *
says(struct cx *cx, const struct bulk *b, const struct bulk_one *one)
{
	if (b->done_ms == 0)
		return admin_word(cx, "bulk_says", bulk_verdict_name(one->now));
	if (one->item.result != BULK_LEFT)
		return admin_word(cx, "bulk_result",
				  bulk_result_name(one->item.result));
	if (bulk_does(one->item.verdict))
		return "bulk_result_left";
	return admin_word(cx, "bulk_says",
			  bulk_verdict_name(one->item.verdict));
}

static enum err
view_row(struct cx *cx, struct call *c, const struct settings *s,
	 const struct bulk *b, const struct bulk_one *one,
	 struct json_object *will, struct json_object *wont)
{
	bool does = b->done_ms != 0 ? one->item.result == BULK_DONE
				    : bulk_covers(one->item.verdict, one->now);
	bool moved = b->done_ms == 0 && !does && bulk_does(one->now);
	struct json_object *o;
	enum err e = find_item(cx, c, s, &one->ws, &o);

	if (e)
		return e;
	view_text(o, "says", moved ? "bulk_result_changed" : says(cx, b, one));
	view_put(does ? will : wont, NULL, o);
	return OK;
}

enum err
page_bulk(struct cx *cx, struct call *c)
{
	struct json_object *will = view_list(c->view, "will");
	struct json_object *wont = view_list(c->view, "wont");
	struct bulk_view b;
	struct settings s;
	enum err e;

	if ((e = settings_load(cx, c->db, &s)) ||
	    (e = bulk_look(cx, c->db, &c->who, c->param[0], &b)))
		return e;
	for (size_t i = 0; i < b.n; i++)
		if ((e = view_row(cx, c, &s, &b.plan, &b.v[i], will, wont)))
			return e;
	view_text(c->view, "plan", b.plan.id);
	view_text(c->view, "verb",
		  admin_word(cx, "bulk", bulk_verb_name(b.plan.verb)));
	view_bool(c->view, "takes_away", b.plan.verb == BULK_DELETE);
	view_bool(c->view, "done", b.plan.done_ms != 0);
	view_int(c->view, "does", (int64_t)b.does);
	view_int(c->view, "leaves", (int64_t)(b.n - b.does));
	view_int(c->view, "more", b.plan.more);
	view_int(c->view, "bulk_most", BULK_MOST);
	view_text(c->view, "list_path",
		  find_path(cx, b.plan.filter) + 1); /* after "/" */
	admin_frame(cx, c, ADMIN_WORKSPACES,
		    page_say(c->lang, b.plan.done_ms ? TEXT_bulk_done_title
						     : TEXT_bulk_title),
		    "admin_bulk");
	return OK;
}

enum err
page_bulk_do(struct cx *cx, struct call *c)
{
	enum err e = bulk_do(cx, c->db, &c->who, c->param[0]);

	page_kick(cx, c);
	if (!e)
		page_done(cx, c, NULL, bulk_path(cx, c->param[0]),
			  "said_bulk_done");
	return e;
}
