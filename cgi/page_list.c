/* Many workspaces: the list, making one, and what is said at the limit. */
#include <string.h>

#include "base/id.h"
#include "base/uri.h"
#include "cgi/page.h"
#include "store/change.h"
#include "store/setting.h"
#include "web/url.h"

#define PAGE_ITEMS 50
#define TRASH_ITEMS 5 /* the newest; all are on a page of their own */
#define FILTER_FROM 4 /* fewer need no search */

static const char *const sorts[][2] = {{"-created", "sort_created"},
				       {"name", "sort_name"},
				       {"-last_access", "sort_access"}};
static const char *const phases[] = {"RUNNING", "STANDBY", "ARCHIVED",
				     "PENDING", "ERROR"};

static const char *
text_or_null(const struct value *v)
{
	return v->set && v->text[0] != '\0' ? v->text : NULL;
}

static enum err
query_of(struct cx *cx, struct call *c, struct ws_query *q)
{
	const char *sort = text_or_null(IN(c, list, sort));
	const char *phase = text_or_null(IN(c, list, phase));
	enum status s;

	if (sort != NULL && !ws_sort_parse(sort, &q->sort, &q->desc))
		return cx_field(cx, "sort",
				"name, created, updated or "
				"last_access, with - before");
	if (phase != NULL && !status_parse(phase, &s) &&
	    strcmp(phase, "ARCHIVED") != 0)
		return cx_field(cx, "phase", "no such phase");
	q->owner_id = c->who.user_id;
	q->q = text_or_null(IN(c, list, q));
	q->phase = phase;
	q->cursor = text_or_null(IN(c, list, cursor));
	if (IN(c, list, limit)->set)
		q->limit = IN(c, list, limit)->num;
	if (IN(c, list, offset)->set)
		q->offset = IN(c, list, offset)->num;
	return OK;
}

enum err
ws_list(struct cx *cx, struct call *c)
{
	struct ws_query q = {.sort = WS_BY_CREATED, .desc = true};
	struct json_object *items;
	struct ws_page page;
	enum err e;

	if ((e = query_of(cx, c, &q)) ||
	    (e = workspace_list(cx, c->db, &q, &page)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < page.n; i++)
		view_put(items, NULL, ws_view(cx, c->db, &page.v[i]));
	view_int(c->view, "total", page.total);
	view_text(c->view, "next_cursor", page.next);
	view_text(c->view, "prev_cursor", page.prev);
	return OK;
}

/* ---- Making one ---- */

static const char *
text_of(const struct value *v)
{
	return v->set && !v->null ? v->text : NULL;
}

static int64_t
number_of(const struct value *v)
{
	return v->set ? v->num : -1;
}

enum err
ws_create(struct cx *cx, struct call *c)
{
	const char *once = c->rq->header[HEADER_IDEMPOTENCY_KEY];
	struct wish_new n = {
		.name = IN(c, api_new, name)->text,
		.description = text_of(IN(c, api_new, description)),
		.memo = text_of(IN(c, api_new, memo)),
		.app = text_of(IN(c, api_new, app)),
		.standby_ttl_s = number_of(IN(c, api_new, standby_ttl_seconds)),
		.archive_ttl_s = number_of(IN(c, api_new, archive_ttl_seconds)),
		.once = once,
	};
	struct workspace w;
	bool again;
	enum err e;

	if (once != NULL && (once[0] == '\0' || strlen(once) > 255))
		return cx_field(cx, "Idempotency-Key", "1 to 255 characters");
	if ((e = wish_create(cx, c->db, &c->who, &n, &w, &again)))
		return page_limit_error(cx, c, e, c->who.user_id);
	page_kick(cx, c);
	c->view = ws_view(cx, c->db, &w);
	c->rp->status = 201;
	response_header(c->rp, "Location",
			arena_printf(&cx->arena, "/api/v1/workspaces/%s",
				     w.id));
	response_etag(cx, c->rp, page_etag(cx, &w));
	return OK;
}

enum err
page_create(struct cx *cx, struct call *c)
{
	struct wish_new n = {.name = IN(c, new, name)->text,
			     .description = text_of(IN(c, new, description)),
			     .app = text_of(IN(c, new, app)),
			     .standby_ttl_s = -1,
			     .archive_ttl_s = -1,
			     .once = text_of(IN(c, new, once))};
	struct workspace w;
	bool again;
	enum err e = wish_create(cx, c->db, &c->who, &n, &w, &again);

	if (e == ERR_RUNNING_LIMIT)
		return page_limit(cx, c, c->who.user_id, 429, "/");
	if (e)
		return e;
	page_kick(cx, c);
	page_done(cx, c, NULL, "/", "said_created");
	return OK;
}

/* ---- At the limit ---- */

/* One that takes a place. When it is about to give it up, the page waits for
 * that and then goes on by itself: somebody has just pressed Stop here. */
static void
view_limiting(struct cx *cx, struct call *c, const struct settings *s,
	      struct json_object *items, const struct workspace *w)
{
	struct json_object *item = page_item(cx, c, s, w);

	view_put(items, NULL, item);
	if (w->desired != STATUS_RUNNING || w->deleted_ms != 0)
		view_put(c->view, "freeing", item);
}

enum err
page_limit(struct cx *cx, struct call *c, int64_t owner_id, int status,
	   const char *then)
{
	struct json_object *items;
	struct settings s;
	struct limit limit;
	enum err e;

	cx_clear(cx);
	if ((e = settings_load(cx, c->db, &s)) ||
	    (e = wish_limit(cx, c->db, owner_id, &limit)))
		return e;
	view_text(c->view, "title", page_say(c->lang, TEXT_limit_title));
	view_text(c->view, "page", "limit");
	view_int(c->view, "limit", limit.most);
	view_text(c->view, "limit_why",
		  limit.verdict == LIMIT_GLOBAL ? "limit_global"
						: "limit_user");
	view_text(c->view, "then", then + 1); /* the template writes "/" */
	items = view_list(c->view, "items");
	for (size_t i = 0; i < limit.running.n; i++)
		view_limiting(cx, c, &s, items, &limit.running.v[i]);
	c->rp->status = status;
	c->rp->page = "limit";
	return OK;
}

enum err
page_limit_error(struct cx *cx, struct call *c, enum err e, int64_t owner_id)
{
	struct json_object *list;
	struct limit limit;
	enum err second;

	if (e != ERR_RUNNING_LIMIT)
		return e;
	cx_clear(cx);
	if ((second = wish_limit(cx, c->db, owner_id, &limit)))
		return second;
	view_int(call_error(cx, c), "limit", limit.most);
	list = view_list(call_error(cx, c), "running");
	for (size_t i = 0; i < limit.running.n; i++)
		view_put(list, NULL, ws_view(cx, c->db, &limit.running.v[i]));
	return cx_fail(cx, ERR_RUNNING_LIMIT, "limit of %lld reached",
		       (long long)limit.most);
}

/* ---- The page ---- */

static void
view_choices(struct call *c, const struct ws_query *q)
{
	struct json_object *list = view_list(c->view, "phases"), *o;
	const char *sort = text_or_null(IN(c, list, sort));

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		o = view_obj(list, NULL);
		view_text(o, "value", phases[i]);
		view_bool(o, "selected",
			  q->phase != NULL && strcmp(q->phase, phases[i]) == 0);
	}
	list = view_list(c->view, "sorts");
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		o = view_obj(list, NULL);
		view_text(o, "value", sorts[i][0]);
		view_text(o, "text", sorts[i][1]);
		view_bool(o, "selected",
			  sort != NULL && strcmp(sort, sorts[i][0]) == 0);
	}
}

static void
view_create(struct cx *cx, struct call *c)
{
	struct json_object *form = again_form(c, "new"), *o;
	struct json_object *list = view_list(c->view, "apps");
	const struct app *first = site_app(cx->site, NULL);
	const char *chosen =
		again_text(form, "app", first != NULL ? first->name : "");
	char once[ID_UUID_LEN + 1];

	again_text(form, "name", "");
	again_text(form, "description", "");
	for (size_t i = 0; i < cx->site->n_apps; i++) {
		const struct app *app = &cx->site->apps[i];

		if (app->hidden)
			continue;
		o = view_obj(list, NULL);
		view_text(o, "app", app->name);
		view_text(o, "app_title",
			  app->title[0] != '\0' ? app->title : app->name);
		view_bool(o, "selected", strcmp(app->name, chosen) == 0);
	}
	id_uuid(once);
	view_text(c->view, "once", once);
}

/* "q=...&phase=...&sort=...&limit=..." of this page, then the cursor of another one. */
static const char *
page_query(struct cx *cx, struct call *c, const char *cursor)
{
	const struct value *v[] = {IN(c, list, q), IN(c, list, phase),
				   IN(c, list, sort)};
	static const char *const name[] = {"q", "phase", "sort"};
	const char *query = "";

	for (size_t i = 0; i < 3; i++)
		if (text_or_null(v[i]) != NULL)
			query = arena_printf(&cx->arena, "%s%s=%s&", query,
					     name[i],
					     uri_encode(cx, v[i]->text));
	if (IN(c, list, limit)->set)
		query = arena_printf(&cx->arena, "%slimit=%lld&", query,
				     (long long)IN(c, list, limit)->num);
	if (cursor != NULL)
		query = arena_printf(&cx->arena, "%scursor=%s", query,
				     uri_encode(cx, cursor));
	return query;
}

static void
view_page(struct cx *cx, struct call *c, const struct ws_query *q,
	  const struct ws_page *page)
{
	bool filtered = q->q != NULL || q->phase != NULL;

	view_int(c->view, "total", page->total);
	again_text(again_form(c, "list"), "q", q->q != NULL ? q->q : "");
	view_bool(c->view, "filtered", filtered);
	view_bool(c->view, "show_filter",
		  filtered || page->total >= FILTER_FROM ||
			  again_is(c, "list"));
	view_bool(c->view, "create_open",
		  (page->total == 0 && !filtered) || again_is(c, "new"));
	view_bool(c->view, "paged",
		  page->prev != NULL || page->next != NULL || page->beyond);
	view_bool(c->view, "not_first", page->prev != NULL || page->beyond);
	view_text(c->view, "first_query", page_query(cx, c, NULL));
	if (page->prev != NULL)
		view_text(c->view, "prev_query", page_query(cx, c, page->prev));
	if (page->next != NULL)
		view_text(c->view, "next_query", page_query(cx, c, page->next));
}

enum err
page_items(struct cx *cx, struct call *c, const char *key,
	   const struct ws_query *q, struct ws_page *page)
{
	struct json_object *items;
	struct settings s;
	enum err e;

	if ((e = settings_load(cx, c->db, &s)) ||
	    (e = workspace_list(cx, c->db, q, page)))
		return e;
	items = view_list(c->view, key);
	for (size_t i = 0; i < page->n; i++)
		view_put(items, NULL, page_item(cx, c, &s, &page->v[i]));
	return OK;
}

enum err
page_list(struct cx *cx, struct call *c)
{
	struct ws_query q = {.sort = WS_BY_CREATED,
			     .desc = true,
			     .limit = PAGE_ITEMS};
	struct ws_query trash = {.owner_id = c->who.user_id,
				 .which = WS_DELETED,
				 .sort = WS_BY_UPDATED,
				 .desc = true,
				 .limit = TRASH_ITEMS};
	struct ws_page page, gone;
	int64_t newest;
	enum err e;

	/* the feed's end first: what changes from now on is told anew */
	if ((e = change_newest(cx, c->db, &newest)) ||
	    (e = query_of(cx, c, &q)) ||
	    (e = page_items(cx, c, "items", &q, &page)) ||
	    (e = page_items(cx, c, "trash", &trash, &gone)))
		return e;
	view_int(c->view, "after", newest);
	view_int(c->view, "trash_total", gone.total);
	view_page(cx, c, &q, &page);
	view_choices(c, &q);
	view_create(cx, c);
	view_bool(c->view, "at_list", true);
	view_text(c->view, "title", page_say(c->lang, TEXT_list_title));
	view_text(c->view, "page", "list");
	c->rp->page = "workspaces";
	return OK;
}
