/* One workspace: what it is, changing it, its history. */
#include <string.h>

#include "cgi/page.h"
#include "store/operation.h"
#include "store/setting.h"

#define HISTORY_ITEMS 20
#define HISTORY_MOST 100

static const char *
text_of(const struct value *v)
{
	return v->set ? v->text : NULL;
}

static int64_t
number_of(const struct value *v)
{
	return v->set ? v->num : -1;
}

/* ---- JSON ---- */

/* The workspace is the answer. */
static void
answer_with(struct cx *cx, struct call *c, const struct workspace *w)
{
	c->view = ws_view(cx, c->db, w);
	response_etag(cx, c->rp, page_etag(cx, w));
}

enum err
ws_show(struct cx *cx, struct call *c)
{
	answer_with(cx, c, c->ws);
	return OK;
}

static enum err
edit_of(struct cx *cx, struct call *c, struct wish_edit *edit)
{
	const struct value *desired = IN(c, api_edit, desired_state);

	*edit = (struct wish_edit){.patch = {.name = text_of(
						     IN(c, api_edit, name)),
					     .description =
						     text_of(IN(c, api_edit,
								description)),
					     .memo = text_of(
						     IN(c, api_edit, memo)),
					     .standby_ttl_s = number_of(
						     IN(c, api_edit,
							standby_ttl_seconds)),
					     .archive_ttl_s = number_of(
						     IN(c, api_edit,
							archive_ttl_seconds))},
				   .set_desired = desired->set};
	if (desired->set && !desired_parse(desired->text, &edit->desired))
		return cx_field(cx, "desired_state",
				"PENDING, STANDBY, RUNNING or ARCHIVED");
	return OK;
}

enum err
ws_patch(struct cx *cx, struct call *c)
{
	struct wish_edit edit;
	struct workspace w;
	int64_t rev;
	enum err e;

	if ((e = edit_of(cx, c, &edit)) || (e = page_rev(cx, c, &rev)))
		return e;
	e = wish_edit(cx, c->db, &c->who, c->ws->id, rev, &edit, &w);
	if (e)
		return page_limit_error(cx, c, e, c->ws->owner_id);
	if (edit.set_desired)
		page_kick(cx, c);
	answer_with(cx, c, &w);
	return OK;
}

enum err
ws_delete(struct cx *cx, struct call *c)
{
	struct workspace w;
	int64_t rev;
	enum err e;

	if ((e = page_rev(cx, c, &rev)) ||
	    (e = wish_delete(cx, c->db, &c->who, c->ws->id, rev, &w)))
		return e;
	page_kick(cx, c);
	c->rp->status = 204;
	c->view = NULL;
	return OK;
}

/* POST ...:extend: 200, for there is nothing left to do. */
enum err
ws_extend(struct cx *cx, struct call *c)
{
	struct workspace w;
	int64_t rev;
	enum err e;

	if ((e = page_rev(cx, c, &rev)) ||
	    (e = wish_keep(cx, c->db, &c->who, c->ws->id, rev,
			   IN(c, api_extend, seconds)->num, &w)))
		return e;
	answer_with(cx, c, &w);
	return OK;
}

static void
view_operation(struct json_object *o, const struct oper *op)
{
	view_int(o, "n", op->n);
	view_text(o, "op_id", op->op_id);
	view_text(o, "operation", operation_name(op->operation));
	view_time(o, "started_at", op->started_ms);
	view_time(o, "ended_at", op->ended_ms);
	view_int(o, "bytes", op->bytes);
	view_text(o, "result", result_name(op->result));
	view_text(o, "reason",
		  op->reason != REASON_NONE ? reason_name(op->reason) : NULL);
	view_text(o, "message", op->message);
}

enum err
ws_operations(struct cx *cx, struct call *c)
{
	const struct value *before = IN(c, history, before);
	const struct value *limit = IN(c, history, limit);
	int64_t most = limit->set ? limit->num : HISTORY_MOST;
	struct json_object *items;
	struct opers ops;
	enum err e;

	if ((e = operation_list(cx, c->db, c->ws->id,
				before->set ? before->num : 0, most, &ops)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < ops.n; i++)
		view_operation(view_obj(items, NULL), &ops.v[i]);
	if (ops.n == (size_t)most)
		view_int(c->view, "next_before", ops.v[ops.n - 1].n);
	else
		view_null(c->view, "next_before");
	return OK;
}

/* ---- Pages ---- */

static void
item_operation(struct cx *cx, struct json_object *o, const struct oper *op)
{
	view_operation(o, op);
	view_text(o, "what",
		  arena_printf(&cx->arena, "did_%s",
			       operation_name(op->operation)));
	view_text(o, "outcome",
		  arena_printf(&cx->arena, "result_%s",
			       result_name(op->result)));
	view_text(o, "started_text", page_time(cx, op->started_ms));
	if (op->ended_ms != 0)
		view_text(o, "took_text",
			  page_span(cx, op->ended_ms - op->started_ms));
	if (op->bytes > 0)
		view_text(o, "bytes_text", page_bytes(cx, op->bytes));
}

static enum err
view_history(struct cx *cx, struct call *c)
{
	const struct value *before = IN(c, past, before);
	struct json_object *items;
	struct opers ops;
	enum err e;

	/* one more than is shown: is there another page? */
	if ((e = operation_list(cx, c->db, c->ws->id,
				before->set ? before->num : 0,
				HISTORY_ITEMS + 1, &ops)))
		return e;
	items = view_list(c->view, "operations");
	for (size_t i = 0; i < ops.n && i < HISTORY_ITEMS; i++)
		item_operation(cx, view_obj(items, NULL), &ops.v[i]);
	view_bool(c->view, "has_operations", ops.n > 0);
	view_bool(c->view, "past_newest", before->set && before->num != 0);
	if (ops.n > HISTORY_ITEMS)
		view_int(c->view, "past_before", ops.v[HISTORY_ITEMS - 1].n);
	return OK;
}

/* The item as "workspace" of the view; its name as the title. */
static enum err
view_one(struct cx *cx, struct call *c, struct settings *s)
{
	struct json_object *item;
	enum err e;

	if ((e = settings_load(cx, c->db, s)))
		return e;
	item = page_item(cx, c, s, c->ws);
	if (c->ws->owner_id != c->who.user_id &&
	    (e = page_owner(cx, c, item, c->ws->owner_id)))
		return e;
	view_put(c->view, "workspace", item);
	view_text(c->view, "title", c->ws->name);
	return OK;
}

/* Times are edited in whole minutes and hours. */
static int64_t
ttl_units(int64_t ttl_s, int64_t unit_s)
{
	return (ttl_s + unit_s - 1) / unit_s;
}

static void
view_edit(struct call *c)
{
	struct json_object *form = again_form(c, "edit");
	const struct workspace *w = c->ws;

	again_text(form, "name", w->name);
	again_text(form, "description", w->description);
	again_text(form, "memo", w->memo);
	again_int(form, "standby_ttl_minutes", ttl_units(w->standby_ttl_s, 60));
	again_int(form, "archive_ttl_hours", ttl_units(w->archive_ttl_s, 3600));
}

enum err
page_workspace(struct cx *cx, struct call *c)
{
	struct settings s;
	enum err e;

	if ((e = view_one(cx, c, &s)) || (e = view_history(cx, c)))
		return e;
	view_edit(c);
	page_keep(cx, c, &s);
	page_archives(cx, c);
	view_text(c->view, "page", "workspace");
	c->rp->page = "workspace";
	return OK;
}

/* What shows the same as before was not touched and stays exact. */
static int64_t
ttl_of(const struct value *v, int64_t unit_s, int64_t now_s)
{
	if (!v->set || v->num == ttl_units(now_s, unit_s))
		return -1;
	return v->num * unit_s;
}

enum err
page_edit(struct cx *cx, struct call *c)
{
	struct wish_edit edit = {
		.patch = {.name = text_of(IN(c, edit, name)),
			  .description = text_of(IN(c, edit, description)),
			  .memo = text_of(IN(c, edit, memo)),
			  .standby_ttl_s =
				  ttl_of(IN(c, edit, standby_ttl_minutes), 60,
					 c->ws->standby_ttl_s),
			  .archive_ttl_s =
				  ttl_of(IN(c, edit, archive_ttl_hours), 3600,
					 c->ws->archive_ttl_s)}};
	struct workspace w;
	enum err e = wish_edit(cx, c->db, &c->who, c->ws->id, 0, &edit, &w);

	if (!e)
		page_done(cx, c, NULL, page_path(cx, w.id), "said_saved");
	return e;
}

enum err
page_delete_ask(struct cx *cx, struct call *c)
{
	int64_t hours;
	struct settings s;
	enum err e;

	if (c->ws->deleted_ms != 0) {
		call_back(c, page_path(cx, c->ws->id));
		return OK;
	}
	if ((e = view_one(cx, c, &s)))
		return e;
	hours = s.v[SETTING_UNDO_HOURS];
	view_int(c->view, "undo_hours", hours);
	view_text(c->view, "consequence",
		  hours > 0 ? "delete_undo" : "delete_at_once");
	view_text(c->view, "page", "delete");
	c->rp->page = "delete";
	return OK;
}
