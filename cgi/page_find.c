/* All workspaces of the site, as a filter finds them. SPEC section 9. */
#include "cgi/page_find.h"
#include "base/uri.h"

#include <string.h>

#include "rules/bulk.h"
#include "store/setting.h"
#include "web/url.h"

enum err
find_read(struct cx *cx, struct call *c, const char *text, struct find_query *q)
{
	struct user u;
	enum err e;

	text = text != NULL ? text : "";
	memset(q, 0, sizeof(*q));
	q->find.filter = &q->filter;
	if (!filter_parse(text, cx->now_ms, &q->filter, &q->bad))
		return cx_field(cx, "filter", "%s %s", q->bad.word,
				filter_wrong_text(q->bad.why));
	q->find.unused_first = q->filter.set[FILTER_IDLE];
	if (!q->filter.set[FILTER_OWNER])
		return OK;
	e = user_by_name(cx, c->db, q->filter.owner, &u);
	if (e == ERR_NOT_FOUND) {
		q->bad.why = FILTER_NOBODY;
		memcpy(q->bad.word, "owner:", sizeof("owner:"));
		return cx_field(cx, "filter", "owner: %s",
				filter_wrong_text(FILTER_NOBODY));
	}
	if (!e)
		q->find.owner_id = u.id;
	return e;
}

enum err
find_sort(struct cx *cx, const struct value *sort, struct find_query *q)
{
	if (admin_text(sort) == NULL)
		return OK;
	q->find.unused_first = strcmp(sort->text, "unused") == 0;
	return q->find.unused_first || strcmp(sort->text, "newest") == 0
		       ? OK
		       : cx_field(cx, "sort", "newest or unused");
}

/* A form below the list carries what the list was asked for, and may come
 * back (again.h). */
static const struct value *
filter_of(struct call *c)
{
	return c->route->form == FORM_bulk ? IN(c, bulk, filter)
					   : IN(c, find, filter);
}

static const struct value *
sort_of(struct call *c)
{
	return c->route->form == FORM_bulk ? IN(c, bulk, sort)
					   : IN(c, find, sort);
}

/* The whole query: also the order, the place and the size of the page. */
static enum err
read_query(struct cx *cx, struct call *c, struct find_query *q)
{
	enum err e;

	if ((e = find_read(cx, c, admin_text(filter_of(c)), q)) ||
	    (e = find_sort(cx, sort_of(c), q)))
		return e;
	q->find.cursor = admin_text(IN(c, find, cursor));
	if (IN(c, find, limit)->set)
		q->find.limit = IN(c, find, limit)->num;
	return OK;
}

const char *
find_path(struct cx *cx, const char *filter)
{
	if (filter[0] == '\0')
		return "/admin/workspaces";
	return arena_printf(&cx->arena, "/admin/workspaces?filter=%s",
			    uri_encode(cx, filter));
}

enum err
find_view(struct cx *cx, struct call *c, const struct workspace *w,
	  struct json_object **out)
{
	struct json_object *o = ws_view(cx, c->db, w);
	struct user u;
	enum err e = user_by_id(cx, c->db, w->owner_id, &u);

	if (e)
		return e;
	view_text(o, "owner", u.name);
	*out = o;
	return OK;
}

enum err
find_item(struct cx *cx, struct call *c, const struct settings *s,
	  const struct workspace *w, struct json_object **out)
{
	struct json_object *o = page_item(cx, c, s, w);
	enum err e = page_owner(cx, c, o, w->owner_id);

	if (!e)
		*out = o;
	return e;
}

enum err
admin_find(struct cx *cx, struct call *c)
{
	struct json_object *items, *o;
	struct find_query q;
	struct ws_found found;
	enum err e;

	if ((e = read_query(cx, c, &q)) ||
	    (e = workspace_find(cx, c->db, &q.find, &found)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < found.n; i++) {
		if ((e = find_view(cx, c, &found.v[i], &o)))
			return e;
		view_put(items, NULL, o);
	}
	view_int(c->view, "total", found.total);
	admin_pager(cx, c, ADMIN_WORKSPACES, NULL, 0, &found.ends);
	return OK;
}

/* ---- The page ---- */

static bool
picked(struct call *c, const char *id)
{
	const struct value *v = IN(c, bulk, id);

	for (size_t i = 0; i < v->n_list; i++)
		if (strcmp(v->list[i], id) == 0)
			return true;
	return false;
}

static enum err
view_found(struct cx *cx, struct call *c, const struct ws_found *found)
{
	struct json_object *items = view_list(c->view, "items"), *o;
	struct settings s;
	enum err e;

	if ((e = settings_load(cx, c->db, &s)))
		return e;
	for (size_t i = 0; i < found->n; i++) {
		if ((e = find_item(cx, c, &s, &found->v[i], &o)))
			return e;
		view_bool(o, "picked", picked(c, found->v[i].id));
		view_put(items, NULL, o);
	}
	view_int(c->view, "total", found->total);
	view_bool(c->view, "can_bulk", found->total > 0 || again_is(c, "bulk"));
	view_bool(c->view, "too_many", found->total > BULK_MOST);
	view_int(c->view, "bulk_most", BULK_MOST);
	return OK;
}

/* What the filter can say, beside its field. */
static void
view_help(struct cx *cx, struct call *c)
{
	struct json_object *list = view_list(c->view, "keys"), *o;
	const char *text, *was = again_text(again_form(c, "bulk"), "verb", "");

	for (unsigned k = 0; k < FILTER__MAX; k++) {
		o = view_obj(list, NULL);
		view_text(o, "key", filter_word(k));
		text = admin_word(cx, "find_key", filter_word(k));
		view_text(o, "what", page_has(text) ? text : filter_what(k));
	}
	list = view_list(c->view, "verbs");
	for (unsigned v = 0; v < BULK_VERB__MAX; v++) {
		o = view_obj(list, NULL);
		view_text(o, "verb", bulk_verb_name(v));
		view_text(o, "verb_text",
			  admin_word(cx, "bulk", bulk_verb_name(v)));
		view_bool(o, "verb_was", strcmp(was, bulk_verb_name(v)) == 0);
	}
}

static void
view_query(struct cx *cx, struct call *c, const struct find_query *q)
{
	const char *text = admin_text(filter_of(c));
	const char *sort = admin_text(sort_of(c));

	view_text(c->view, "filter", text != NULL ? text : "");
	view_text(c->view, "sort_was", sort != NULL ? sort : "");
	again_text(again_form(c, "find"), "filter", text != NULL ? text : "");
	view_bool(c->view, "unused_first", q->find.unused_first);
	if (q->bad.why == FILTER_FINE)
		return;
	view_text(c->view, "bad_word", q->bad.word);
	view_text(c->view, "bad_why",
		  admin_word(cx, "filter_wrong",
			     filter_wrong_name(q->bad.why)));
	view_bool(c->view, "bad_filter", true);
}

enum err
page_find(struct cx *cx, struct call *c)
{
	const struct admin_filter filters[] = {{"filter", filter_of(c)},
					       {"sort", sort_of(c)}};
	struct ws_found found = {.n = 0};
	struct find_query q;
	enum err e = read_query(cx, c, &q);

	if (e && q.bad.why == FILTER_FINE)
		return e;
	if (e)
		c->rp->status = 400; /* the page says which word is wrong */
	else if ((e = workspace_find(cx, c->db, &q.find, &found)))
		return e;
	cx_clear(cx);
	if ((e = view_found(cx, c, &found)))
		return e;
	view_query(cx, c, &q);
	view_help(cx, c);
	admin_pager(cx, c, ADMIN_WORKSPACES, filters, 2, &found.ends);
	admin_frame(cx, c, ADMIN_WORKSPACES, NULL, "admin_find");
	return OK;
}
