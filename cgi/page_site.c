/* How the site is: for probes, for Prometheus, for an administrator. */
#include "cgi/page_admin.h"
#include "cgi/wait.h"
#include "service/health.h"
#include "service/metrics.h"
#include "store/setting.h"

#define ERROR_ITEMS 100
#define PASS_ITEMS 30

static int64_t
age_s(const struct cx *cx, int64_t ms)
{
	return (cx->now_ms - ms) / 1000;
}

/* Ages and verdicts only: everybody may ask. */
static void
view_health(struct cx *cx, struct json_object *view, const struct health *h)
{
	struct json_object *checks, *o;

	view_text(view, "status", health_good(h) ? "ok" : "degraded");
	view_time(view, "time", cx->now_ms);
	checks = view_obj(view, "checks");
	view_bool(view_obj(checks, "database"), "ok", h->database);
	o = view_obj(checks, "cron");
	view_bool(o, "ok", h->cron);
	view_bool(o, "expected", h->cron_expected);
	view_time(o, "last_at", h->cron_ms);
	if (h->cron_ms != 0)
		view_int(o, "age_seconds", age_s(cx, h->cron_ms));
	else
		view_null(o, "age_seconds");
	view_bool(view_obj(checks, "disk"), "ok", h->disk);
	o = view_obj(checks, "pass");
	view_bool(o, "ok", h->pass);
	view_time(o, "last_at", h->has_last ? h->last.started_ms : 0);
}

enum err
health_show(struct cx *cx, struct call *c)
{
	struct health h;

	health_look(cx, c->db, &h);
	view_health(cx, c->view, &h);
	c->rp->status = h.database ? 200 : 503;
	c->rp->type = "application/json";
	view_json(c->view, &c->rp->body);
	c->view = NULL;
	return OK;
}

enum err
metrics_show(struct cx *cx, struct call *c)
{
	struct wait *wait = c->worker->program->wait;

	/* an administrator, or whoever was given a token */
	if (!c->who.admin && c->who.token_id == 0)
		return cx_fail(cx, ERR_FORBIDDEN, "metrics are for admins");
	c->rp->type = "text/plain; version=0.0.4; charset=utf-8";
	c->view = NULL;
	return metrics_print(cx, c->db, wait != NULL ? wait_count(wait) : 0,
			     &c->rp->body);
}

/* ---- The page ---- */

struct check {
	const char *what; /* message of its name */
	bool good;
	const char *detail; /* message */
};

static void
add_check(struct json_object *list, const struct check *k)
{
	struct json_object *o = view_obj(list, NULL);

	view_text(o, "what", k->what);
	view_text(o, "word", k->good ? "check_ok" : "check_bad");
	view_text(o, "tone", k->good ? "RUNNING" : "ERROR");
	view_text(o, "detail", k->detail);
}

const char *
page_cron(const struct health *h)
{
	if (!h->cron_expected)
		return "check_cron_off";
	if (h->cron_ms == 0)
		return "check_cron_never";
	return h->cron ? "check_cron_seen" : "check_cron_late";
}

static void
view_checks(struct cx *cx, struct call *c, const struct health *h)
{
	const struct check check[] = {
		{"check_database", h->database,
		 h->database ? NULL : "check_database_bad"},
		{"check_cron", h->cron, page_cron(h)},
		{"check_disk", h->disk,
		 h->disk ? "check_disk_free" : "check_disk_bad"},
		{"check_pass", h->pass,
		 !h->has_last ? "check_pass_none"
		 : h->pass    ? "check_pass_fine"
			      : "check_pass_errors"},
	};
	struct json_object *list = view_list(c->view, "checks");

	for (size_t i = 0; i < sizeof(check) / sizeof(check[0]); i++)
		add_check(list, &check[i]);
	view_text(c->view, "age", page_span(cx, cx->now_ms - h->cron_ms));
	view_text(c->view, "free", page_bytes(cx, h->free_bytes));
	view_int(c->view, "pass_error_count", h->last.errors);
}

static enum err
view_errors(struct cx *cx, struct call *c)
{
	struct ws_query q = {.phase = "ERROR",
			     .sort = WS_BY_UPDATED,
			     .desc = true,
			     .limit = ERROR_ITEMS};
	struct json_object *list, *item;
	struct settings s;
	struct ws_page page;
	enum err e;

	if ((e = settings_load(cx, c->db, &s)) ||
	    (e = workspace_list(cx, c->db, &q, &page)))
		return e;
	view_bool(c->view, "has_errors", page.n > 0);
	list = view_list(c->view, "errors");
	for (size_t i = 0; i < page.n; i++) {
		item = page_item(cx, c, &s, &page.v[i]);
		if ((e = page_owner(cx, c, item, page.v[i].owner_id)))
			return e;
		view_put(list, NULL, item);
	}
	return OK;
}

static void
item_pass(struct cx *cx, struct json_object *o, const struct pass *p)
{
	view_time(o, "started_at", p->started_ms);
	view_text(o, "started_text", page_time(cx, p->started_ms));
	view_text(o, "kind", passkind_name(p->kind));
	view_text(o, "took_text",
		  p->ended_ms != 0 ? page_span(cx, p->ended_ms - p->started_ms)
				   : "…");
	view_int(o, "workspaces", p->workspaces);
	view_int(o, "begun", p->begun);
	view_int(o, "done", p->done);
	view_int(o, "failed", p->failed);
	view_int(o, "errors", p->errors);
	view_text(o, "message", p->message);
}

static enum err
view_passes(struct cx *cx, struct call *c)
{
	struct json_object *list;
	struct passes ps;
	enum err e = pass_list(cx, c->db, 0, PASS_ITEMS, &ps);

	if (e)
		return e;
	list = view_list(c->view, "passes");
	for (size_t i = 0; i < ps.n; i++)
		item_pass(cx, view_obj(list, NULL), &ps.v[i]);
	view_bool(c->view, "has_passes", ps.n > 0);
	return OK;
}

enum err
page_admin(struct cx *cx, struct call *c)
{
	struct health h;
	enum err e;

	health_look(cx, c->db, &h);
	view_checks(cx, c, &h);
	page_door(cx, c);
	if ((e = view_errors(cx, c)) || (e = view_passes(cx, c)))
		return e;
	admin_frame(cx, c, ADMIN_HEALTH, NULL, "admin");
	return OK;
}
