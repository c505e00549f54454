/* The last passes of the reconciler, and when cron started one. SPEC 3. */
#include "cgi/page_admin.h"
#include "service/health.h"
#include "store/pass.h"

static enum err
find_passes(struct cx *cx, struct call *c, struct pass_page *out)
{
	return pass_page(cx, c->db, admin_text(IN(c, pages, cursor)),
			 IN(c, pages, limit)->num, out);
}

static void
view_pass(struct json_object *o, const struct pass *p)
{
	view_int(o, "n", p->n);
	view_text(o, "kind", passkind_name(p->kind));
	view_time(o, "started_at", p->started_ms);
	view_time(o, "ended_at", p->ended_ms);
	view_int(o, "rounds", p->rounds);
	view_int(o, "workspaces", p->workspaces);
	view_int(o, "instances", p->instances);
	view_int(o, "homes", p->homes);
	view_int(o, "begun", p->begun);
	view_int(o, "done", p->done);
	view_int(o, "failed", p->failed);
	view_int(o, "abandoned", p->abandoned);
	view_int(o, "errors", p->errors);
	view_text(o, "message", p->message);
}

enum err
api_passes(struct cx *cx, struct call *c)
{
	struct json_object *list;
	struct pass_page l;
	enum err e = find_passes(cx, c, &l);

	if (e)
		return e;
	list = view_list(c->view, "items");
	for (size_t i = 0; i < l.n; i++)
		view_pass(view_obj(list, NULL), &l.v[i]);
	admin_pager(cx, c, ADMIN_PASSES, NULL, 0, &l.ends);
	return OK;
}

static void
item_pass(struct cx *cx, struct json_object *o, const struct pass *p)
{
	view_pass(o, p);
	view_text(o, "started_text", page_time(cx, p->started_ms));
	view_text(o, "took_text",
		  p->ended_ms != 0 ? page_span(cx, p->ended_ms - p->started_ms)
				   : "…");
}

enum err
page_passes(struct cx *cx, struct call *c)
{
	struct json_object *list;
	struct pass_page l;
	struct health h;
	enum err e = find_passes(cx, c, &l);

	if (e)
		return e;
	health_look(cx, c->db, &h);
	view_text(c->view, "cron_tone", h.cron ? "RUNNING" : "ERROR");
	view_text(c->view, "cron_word", h.cron ? "check_ok" : "check_bad");
	view_text(c->view, "cron_detail", page_cron(&h));
	view_text(c->view, "age", page_span(cx, cx->now_ms - h.cron_ms));
	list = view_list(c->view, "items");
	for (size_t i = 0; i < l.n; i++)
		item_pass(cx, view_obj(list, NULL), &l.v[i]);
	view_bool(c->view, "has_items", l.n > 0);
	admin_pager(cx, c, ADMIN_PASSES, NULL, 0, &l.ends);
	admin_frame(cx, c, ADMIN_PASSES, NULL, "admin_passes");
	return OK;
}
