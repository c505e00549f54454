/* Administration: the audit log, as a page, as JSON and as CSV. */
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "cgi/page_admin.h"
#include "store/audit.h"
#include "web/url.h"

#define DAY_MS INT64_C(86400000)
#define CSV_ROWS 1000

/* ---- What is asked ---- */

static enum err
day(struct cx *cx, const struct value *v, const char *field, int64_t *ms)
{
	*ms = 0;
	if (admin_text(v) == NULL || clock_day(v->text, ms))
		return OK;
	return cx_field(cx, field, "a day, as 2026-01-31");
}

static enum err
query_of(struct cx *cx, struct call *c, struct audit_query *q)
{
	enum err e;

	*q = (struct audit_query){
		.actor = admin_text(IN(c, audit, actor)),
		.action = admin_text(IN(c, audit, action)),
		.target = admin_text(IN(c, audit, target)),
		.cursor = admin_text(IN(c, audit, cursor)),
		.limit = IN(c, audit, limit)->num,
	};
	if ((e = day(cx, IN(c, audit, from), "from", &q->from_ms)) ||
	    (e = day(cx, IN(c, audit, to), "to", &q->to_ms)))
		return e;
	if (q->to_ms != 0)
		q->to_ms += DAY_MS; /* that day too */
	return OK;
}

/* ---- As JSON, and for the page ---- */

/* "user.edit" as the key of its message: "did_user_edit". */
static const char *
did(struct cx *cx, const char *action)
{
	char *s = arena_strdup(&cx->arena, action);
	const char *key;

	for (char *p = s; *p; p++)
		if (*p == '.')
			*p = '_';
	key = arena_printf(&cx->arena, "did_%s", s);
	return page_has(key) ? key : action;
}

static void
view_changes(struct json_object *o, const struct audit *a, bool api)
{
	struct json_object *list = view_list(o, "changes"), *ch;

	for (size_t i = 0; i < a->n_changes; i++) {
		ch = view_obj(list, NULL);
		view_text(ch, "field", a->changes[i].field);
		view_text(ch, "from", a->changes[i].from);
		view_text(ch, "to", a->changes[i].to);
		if (!api)
			view_bool(ch, "told",
				  a->changes[i].from != NULL ||
					  a->changes[i].to != NULL);
	}
}

/* Without its "/"; NULL: nowhere. A plan is shown to whose it is. */
static const char *
target_path(struct cx *cx, const struct call *c, const struct audit *a)
{
	if (!id_is_uuid(a->target))
		return NULL;
	if (strncmp(a->action, "bulk.", 5) != 0)
		return arena_printf(&cx->arena, "workspaces/%s", a->target);
	return a->user_id == c->who.user_id
		       ? arena_printf(&cx->arena, "admin/bulk/%s", a->target)
		       : NULL;
}

static void
view_audit(struct cx *cx, struct call *c, struct json_object *o,
	   const struct audit *a)
{
	view_int(o, "n", a->n);
	view_time(o, "at", a->at_ms);
	if (a->user_id != 0)
		view_int(o, "user_id", a->user_id);
	else
		view_null(o, "user_id");
	view_text(o, "actor", a->actor);
	view_text(o, "action", a->action);
	view_text(o, "target", a->target);
	view_text(o, "detail", a->detail);
	view_changes(o, a, c->api);
	if (c->api)
		return;
	view_text(o, "at_text", page_time(cx, a->at_ms));
	view_text(o, "did", did(cx, a->action));
	view_text(o, "target_path", target_path(cx, c, a));
}

static enum err
list(struct cx *cx, struct call *c, const struct audit_query *q)
{
	const struct admin_filter f[] = {ADMIN_FILTER(c, audit, actor),
					 ADMIN_FILTER(c, audit, action),
					 ADMIN_FILTER(c, audit, target),
					 ADMIN_FILTER(c, audit, from),
					 ADMIN_FILTER(c, audit, to)};
	struct json_object *items;
	struct audit_page page;
	enum err e = audit_page(cx, c->db, q, &page);

	if (e)
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < page.n; i++)
		view_audit(cx, c, view_obj(items, NULL), &page.v[i]);
	admin_pager(cx, c, ADMIN_AUDIT, f, sizeof(f) / sizeof(f[0]),
		    &page.ends);
	return OK;
}

/* ---- As CSV ---- */

/* RFC 4180; and no spreadsheet takes it for a formula. */
static void
csv_cell(struct buf *out, const char *s, char end)
{
	buf_puts(out, "\"");
	if (*s && strchr("=+-@\t\r", *s))
		buf_puts(out, "'");
	for (; *s; s++) {
		if (*s == '"')
			buf_puts(out, "\"");
		buf_add(out, s, 1);
	}
	buf_puts(out, "\"");
	buf_add(out, &end, 1);
}

static const char *
csv_changes(struct cx *cx, const struct audit *a)
{
	const char *s = "";

	for (size_t i = 0; i < a->n_changes; i++) {
		const struct audit_change *ch = &a->changes[i];

		s = arena_printf(&cx->arena, "%s%s%s: %s -> %s", s,
				 i > 0 ? "; " : "", ch->field,
				 ch->from != NULL ? ch->from : "",
				 ch->to != NULL ? ch->to : "");
	}
	return s;
}

static void
csv_row(struct cx *cx, struct buf *out, const struct audit *a)
{
	char iso[CLOCK_ISO_MAX];

	buf_printf(out, "%lld,%s,", (long long)a->n, clock_iso(a->at_ms, iso));
	csv_cell(out, a->actor, ',');
	csv_cell(out, a->action, ',');
	csv_cell(out, a->target, ',');
	csv_cell(out, a->detail, ',');
	csv_cell(out, csv_changes(cx, a), '\r');
	buf_puts(out, "\n");
}

static enum err
csv(struct cx *cx, struct call *c, struct audit_query *q)
{
	struct audit_page page;
	enum err e;

	if (q->limit == 0)
		q->limit = CSV_ROWS;
	if ((e = audit_page(cx, c->db, q, &page)))
		return e;
	buf_puts(&c->rp->body, "n,at,actor,action,target,detail,changes\r\n");
	for (size_t i = 0; i < page.n; i++)
		csv_row(cx, &c->rp->body, &page.v[i]);
	c->rp->type = "text/csv; charset=utf-8";
	response_header(c->rp, "Content-Disposition",
			"attachment; filename=\"audit.csv\"");
	if (page.ends.next != NULL)
		response_header(c->rp, "X-Next-Cursor", page.ends.next);
	c->view = NULL;
	return OK;
}

enum err
api_audit(struct cx *cx, struct call *c)
{
	const char *format = admin_text(IN(c, audit, format));
	struct audit_query q;
	enum err e = query_of(cx, c, &q);

	if (e)
		return e;
	if (format == NULL || strcmp(format, "json") == 0)
		return list(cx, c, &q);
	if (strcmp(format, "csv") == 0)
		return csv(cx, c, &q);
	return cx_field(cx, "format", "json or csv");
}

/* ---- The page ---- */

static enum err
view_actions(struct cx *cx, struct call *c, const char *chosen)
{
	struct json_object *list = view_list(c->view, "actions"), *o;
	struct audit_actions all;
	enum err e = audit_actions(cx, c->db, &all);

	for (size_t i = 0; !e && i < all.n; i++) {
		o = view_obj(list, NULL);
		view_text(o, "value", all.v[i]);
		view_text(o, "did", did(cx, all.v[i]));
		view_bool(o, "selected",
			  chosen != NULL && strcmp(chosen, all.v[i]) == 0);
	}
	return e;
}

static const char *
or_empty(const struct value *v)
{
	return admin_text(v) != NULL ? v->text : "";
}

enum err
page_audit(struct cx *cx, struct call *c)
{
	struct json_object *form;
	struct audit_query q;
	enum err e;

	if ((e = query_of(cx, c, &q)) || (e = list(cx, c, &q)) ||
	    (e = view_actions(cx, c, q.action)))
		return e;
	view_text(c->view, "actor_was", or_empty(IN(c, audit, actor)));
	view_text(c->view, "action_was", or_empty(IN(c, audit, action)));
	view_text(c->view, "target_was", or_empty(IN(c, audit, target)));
	view_text(c->view, "from_was", or_empty(IN(c, audit, from)));
	view_text(c->view, "to_was", or_empty(IN(c, audit, to)));
	form = again_form(c, "audit");
	again_text(form, "actor", or_empty(IN(c, audit, actor)));
	again_text(form, "target", or_empty(IN(c, audit, target)));
	again_text(form, "from", or_empty(IN(c, audit, from)));
	again_text(form, "to", or_empty(IN(c, audit, to)));
	admin_frame(cx, c, ADMIN_AUDIT, NULL, "admin_audit");
	return OK;
}
