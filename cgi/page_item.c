/* What pages tell of a workspace beside its shape: in words, and what may be
 * done about it. */
#include "cgi/page.h"
#include "rules/ttl.h"
#include "service/wish.h"

static bool
busy(const struct workspace *w)
{
	return w->operation != OPERATION_NONE;
}

/* The wish is not reached and nobody works at it yet. */
static const char *
waiting_for(const struct workspace *w)
{
	if (w->deleted_ms != 0)
		return w->status == STATUS_DELETED ? NULL : "wait_delete";
	if (w->status == STATUS_DELETED)
		return "wait_undelete";
	if (w->status == STATUS_ERROR)
		return NULL;
	if (w->restore_key != NULL)
		return "wait_other";
	if (w->status == w->desired)
		return NULL;
	if (w->desired == STATUS_PENDING)
		return "wait_archive";
	return status_level(w->desired) > status_level(w->status) ? "wait_up"
								  : "wait_down";
}

static void
add_step(struct cx *cx, struct json_object *o, const struct workspace *w)
{
	const char *unit = w->op_unit;

	view_bool(o, "busy", busy(w));
	if (!busy(w)) {
		view_text(o, "step", waiting_for(w));
		return;
	}
	view_text(o, "step", operation_name(w->operation));
	view_int(o, "op_done",
		 w->op_done < w->op_total ? w->op_done : w->op_total);
	view_int(o, "op_total", w->op_total);
	if (unit == NULL || w->op_done <= 0)
		return;
	if (unit[0] != 'b')
		view_text(o, "progress_text",
			  arena_printf(&cx->arena, "%lld",
				       (long long)w->op_done));
	else if (w->op_total > 0)
		view_text(o, "progress_text",
			  arena_printf(&cx->arena, "%s / %s",
				       page_bytes(cx, w->op_done),
				       page_bytes(cx, w->op_total)));
	else
		view_text(o, "progress_text", page_bytes(cx, w->op_done));
}

/* "2 connections open" / "idle since 10:02, stops at 10:07": SPEC 4. */
static void
add_why(struct cx *cx, struct json_object *o, const struct workspace *w)
{
	enum hold hold = ttl_hold(w);
	bool many = w->connections != 1;

	if (hold == HOLD_NONE && w->status != STATUS_STANDBY)
		return;
	if (hold == HOLD_UNSEEN)
		view_text(o, "why", "not_seen");
	else if (w->connections > 0 && w->idle_since_ms != 0)
		view_text(o, "why", many ? "silent_many" : "silent_one");
	else if (w->connections > 0)
		view_text(o, "why",
			  many ? "connections_many" : "connections_one");
	else if (hold == HOLD_PINNED)
		view_text(o, "why", "never_stops");
	view_text(o, "idle_text", page_time(cx, w->idle_since_ms));
	if (hold == HOLD_USED)
		view_text(o, "stops_text", page_time(cx, ttl_stops_ms(w)));
	else if (hold != HOLD_PINNED && w->keep_until_ms > cx->now_ms)
		view_text(o, "keep_text", page_time(cx, w->keep_until_ms));
	view_text(o, hold == HOLD_NONE ? "archives_text" : "then_text",
		  page_time(cx, ttl_archives_ms(w)));
}

static void
add_trouble(struct cx *cx, struct call *c, struct json_object *o,
	    const struct workspace *w)
{
	bool error = w->status == STATUS_ERROR && w->deleted_ms == 0;
	bool retry = error && w->next_retry_ms > cx->now_ms;

	view_bool(o, "is_error", error);
	if (!error)
		return;
	view_text(o, "retry_text",
		  retry ? page_time(cx, w->next_retry_ms) : NULL);
	view_text(o, "what_to_do",
		  retry				 ? "gateway_retry_text"
		  : wish_can_recover(&c->who, w) ? "gateway_recover_text"
						 : "gateway_admin_text");
}

static void
add_can(struct cx *cx, struct call *c, const struct settings *s,
	struct json_object *o, const struct workspace *w)
{
	bool gone = w->deleted_ms != 0;
	bool error = w->status == STATUS_ERROR;
	bool up = w->desired == STATUS_RUNNING;
	bool packed = w->status == STATUS_PENDING && w->archive_key != NULL;
	bool mine = w->owner_id == c->who.user_id;

	view_bool(o, "can_open",
		  !gone && mine && w->status == STATUS_RUNNING && up);
	view_bool(o, "can_start", !gone && !error && !up && !packed);
	view_bool(o, "can_restore", !gone && !error && !up && packed);
	/* in error it holds its place too, and can give it up */
	view_bool(o, "can_stop", !gone && up);
	view_bool(o, "can_archive",
		  !gone && !error && w->desired != STATUS_PENDING &&
			  w->status != STATUS_PENDING);
	view_bool(o, "can_recover", wish_can_recover(&c->who, w));
	view_bool(o, "can_delete", !gone);
	view_bool(o, "can_edit", !gone);
	view_bool(o, "can_undelete", wish_can_undelete(cx, s, w));
	if (gone && w->trash_key != NULL && w->purge_ms > cx->now_ms) {
		view_time(o, "purge_at", w->purge_ms);
		view_text(o, "purge_text", page_time(cx, w->purge_ms));
	}
}

static void
add_facts(struct cx *cx, struct json_object *o, const struct workspace *w)
{
	const struct app *app = site_app(cx->site, w->app);

	view_text(o, "app_title",
		  app != NULL && app->title[0] != '\0' ? app->title : w->app);
	view_text(o, "wanted",
		  w->desired == STATUS_PENDING && (w->archive_key != NULL ||
						   w->status != STATUS_PENDING)
			  ? "ARCHIVED"
			  : status_name(w->desired));
	view_text(o, "last_access_text", page_time(cx, w->last_access_ms));
	view_text(o, "created_text", page_time(cx, w->created_ms));
	view_text(o, "status_changed_text",
		  page_time(cx, w->status_changed_ms));
	/* rounded up: 0 is "never", and only 0 */
	view_int(o, "standby_ttl_minutes", (w->standby_ttl_s + 59) / 60);
	view_int(o, "archive_ttl_hours", (w->archive_ttl_s + 3599) / 3600);
}

struct json_object *
page_item(struct cx *cx, struct call *c, const struct settings *s,
	  const struct workspace *w)
{
	struct json_object *o = ws_view(cx, c->db, w);

	add_step(cx, o, w);
	add_why(cx, o, w);
	add_trouble(cx, c, o, w);
	add_can(cx, c, s, o, w);
	add_facts(cx, o, w);
	return o;
}

enum err
page_owner(struct cx *cx, struct call *c, struct json_object *item,
	   int64_t owner_id)
{
	struct user u;
	enum err e = user_by_id(cx, c->db, owner_id, &u);

	if (!e)
		view_text(item, "owner_text", u.name);
	return e;
}
