/* roostctl workspace list, show, history. */
#include <string.h>

#include "ctl/out.h"
#include "ctl/workspace.h"
#include "rules/ttl.h"
#include "store/user.h"
#include "store/workspace.h"

#define PAGE 500

static const char *const list_keys[] =
	{"id",	      "owner",	       "name",		 "phase",
	 "operation", "desired_state", "last_access_at", "error_reason"};

static const char *const show_keys[] = {"id",
					"row",
					"owner",
					"name",
					"description",
					"memo",
					"app",
					"status",
					"phase",
					"operation",
					"desired_state",
					"archive_key",
					"op_id",
					"op_started_at",
					"op_done",
					"op_total",
					"op_unit",
					"last_access_at",
					"idle_since",
					"connections",
					"keep_until",
					"runs_because",
					"stops_at",
					"archives_at",
					"standby_ttl_seconds",
					"archive_ttl_seconds",
					"status_changed_at",
					"error_reason",
					"error_message",
					"error_count",
					"next_retry_at",
					"previous_status",
					"endpoint",
					"slot",
					"trash_key",
					"purge_at",
					"created_at",
					"updated_at",
					"deleted_at",
					"rev"};

static const char *const history_keys[] = {"op_id",  "operation", "started_at",
					   "ms",     "bytes",	  "result",
					   "reason", "message"};

static const char *
owner_name(const struct users *all, int64_t id)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->v[i].id == id)
			return all->v[i].name;
	return NULL;
}

static const char *
or_null(const char *s)
{
	return s && *s ? s : NULL;
}

static enum err
take_query(struct ctl *c, const struct users *people, struct ws_query *q)
{
	const char *owner = c->option[OPTION_OWNER];
	size_t i;

	*q = (struct ws_query){.which = c->option[OPTION_ALL] ? WS_ALL
							      : WS_LIVING,
			       .q = c->n_args ? c->arg[0] : NULL,
			       .phase = c->option[OPTION_PHASE],
			       .sort = WS_BY_NAME,
			       .limit = PAGE};
	for (i = 0; owner && i < people->n; i++)
		if (!strcasecmp(people->v[i].name, owner))
			q->owner_id = people->v[i].id;
	if (owner && !q->owner_id)
		return cx_fail(&c->cx, ERR_NOT_FOUND, "there is no user %s",
			       owner);
	return OK;
}

static void
add_row(struct out *o, const struct users *people, const struct workspace *w)
{
	out_text(o, w->id);
	out_text(o, owner_name(people, w->owner_id));
	out_text(o, w->name);
	out_text(o, workspace_phase(w));
	out_text(o, operation_name(w->operation));
	out_text(o, w->deleted_ms ? "DELETED" : status_name(w->desired));
	out_time(o, w->last_access_ms);
	out_text(o, or_null(reason_name(w->error_reason)));
}

enum err
ctl_ws_list(struct ctl *c)
{
	int64_t left = INT64_MAX;
	struct users people;
	struct ws_query q;
	struct ws_page page;
	struct out o;
	enum err e;
	size_t i;

	if ((c->option[OPTION_LIMIT] &&
	     (e = ctl_number(c, "--limit", c->option[OPTION_LIMIT], 1, 1000000,
			     &left))) ||
	    (e = user_list(&c->cx, c->db, &people)) ||
	    (e = take_query(c, &people, &q)))
		return e;
	OUT_INIT(&o, c, list_keys);
	do {
		if ((e = workspace_list(&c->cx, c->db, &q, &page)))
			return e;
		for (i = 0; i < page.n && left; i++, left--)
			add_row(&o, &people, &page.v[i]);
		q.cursor = page.next;
	} while (q.cursor && left);
	out_list(&o);
	return OK;
}

static void
show_what(struct out *o, const struct workspace *w, const char *owner)
{
	out_text(o, w->id);
	out_int(o, w->n);
	out_text(o, owner);
	out_text(o, w->name);
	out_text(o, w->description);
	out_text(o, w->memo);
	out_text(o, w->app);
	out_text(o, status_name(w->status));
	out_text(o, workspace_phase(w));
	out_text(o, operation_name(w->operation));
	out_text(o, status_name(w->desired));
	out_text(o, w->archive_key);
	out_text(o, w->op_id);
	out_time(o, w->op_started_ms);
	out_int(o, w->op_done);
	out_int(o, w->op_total);
	out_text(o, w->op_unit);
}

static void
show_when(struct out *o, const struct workspace *w)
{
	out_time(o, w->last_access_ms);
	out_time(o, w->idle_since_ms);
	out_int(o, w->connections);
	out_time(o, w->keep_until_ms);
	out_text(o, or_null(hold_name(ttl_hold(w))));
	out_time(o, workspace_stops_ms(w));
	out_time(o, workspace_archives_ms(w));
	out_int(o, w->standby_ttl_s);
	out_int(o, w->archive_ttl_s);
	out_time(o, w->status_changed_ms);
}

static void
show_rest(struct out *o, const struct workspace *w)
{
	out_text(o, or_null(reason_name(w->error_reason)));
	out_text(o, w->error_message);
	out_int(o, w->error_count);
	out_time(o, w->next_retry_ms);
	out_text(o, status_name(w->previous_status));
	out_text(o, w->endpoint);
	out_int(o, w->slot);
	out_text(o, w->trash_key);
	out_time(o, w->purge_ms);
	out_time(o, w->created_ms);
	out_time(o, w->updated_ms);
	out_time(o, w->deleted_ms);
	out_int(o, w->rev);
}

enum err
ctl_ws_show(struct ctl *c)
{
	struct workspace w;
	struct user u;
	struct out o;
	enum err e;

	if ((e = ctl_ws_find(c, c->arg[0], &w)) ||
	    (e = user_by_id(&c->cx, c->db, w.owner_id, &u)))
		return e;
	OUT_INIT(&o, c, show_keys);
	show_what(&o, &w, u.name);
	show_when(&o, &w);
	show_rest(&o, &w);
	out_record(&o);
	return OK;
}

enum err
ctl_ws_history(struct ctl *c)
{
	int64_t limit = 50;
	struct workspace w;
	struct opers all;
	struct out o;
	enum err e;
	size_t i;

	if ((c->option[OPTION_LIMIT] &&
	     (e = ctl_number(c, "--limit", c->option[OPTION_LIMIT], 1, 10000,
			     &limit))) ||
	    (e = ctl_ws_find(c, c->arg[0], &w)) ||
	    (e = operation_list(&c->cx, c->db, w.id, 0, limit, &all)))
		return e;
	OUT_INIT(&o, c, history_keys);
	for (i = 0; i < all.n; i++) {
		const struct oper *p = &all.v[i];

		out_text(&o, p->op_id);
		out_text(&o, operation_name(p->operation));
		out_time(&o, p->started_ms);
		if (p->ended_ms)
			out_int(&o, p->ended_ms - p->started_ms);
		else
			out_none(&o);
		out_int(&o, p->bytes);
		out_text(&o, result_name(p->result));
		out_text(&o, or_null(reason_name(p->reason)));
		out_text(&o, p->message);
	}
	out_list(&o);
	return OK;
}
