/* A workspace as SPEC section 7 shapes it, and the frame of every page. */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/id.h"
#include "cgi/page.h"
#include "rules/ttl.h"
#include "web/url.h"

#define STATIC_MAX ((size_t)1 << 20)

static void
view_progress(struct json_object *o, const struct workspace *ws)
{
	struct json_object *p;

	if (ws->operation == OPERATION_NONE || ws->op_unit == NULL) {
		view_null(o, "op_progress");
		return;
	}
	p = view_obj(o, "op_progress");
	view_int(p, "done", ws->op_done);
	if (ws->op_total > 0)
		view_int(p, "total", ws->op_total);
	else
		view_null(p, "total");
	view_text(p, "unit", ws->op_unit);
}

static void
view_error_facts(struct json_object *o, const struct workspace *ws)
{
	bool some = ws->error_reason != REASON_NONE;

	view_text(o, "error_reason",
		  some ? reason_name(ws->error_reason) : NULL);
	view_text(o, "error_message", some ? ws->error_message : NULL);
	view_int(o, "error_count", ws->error_count);
	view_time(o, "next_retry_at", ws->next_retry_ms);
}

static void
view_times(const struct cx *cx, struct json_object *o,
	   const struct workspace *ws)
{
	enum hold hold = ttl_hold(ws);

	view_time(o, "last_access_at", ws->last_access_ms);
	view_time(o, "idle_since", ws->idle_since_ms);
	view_int(o, "connections", ws->connections);
	view_time(o, "keep_until",
		  ws->keep_until_ms > cx->now_ms ? ws->keep_until_ms : 0);
	view_text(o, "runs_because",
		  hold != HOLD_NONE ? hold_name(hold) : NULL);
	view_time(o, "stops_at", workspace_stops_ms(ws));
	view_time(o, "archives_at", workspace_archives_ms(ws));
	view_int(o, "standby_ttl_seconds", ws->standby_ttl_s);
	view_int(o, "archive_ttl_seconds", ws->archive_ttl_s);
	view_time(o, "status_changed_at", ws->status_changed_ms);
	view_time(o, "created_at", ws->created_ms);
	view_time(o, "updated_at", ws->updated_ms);
	if (ws->deleted_ms != 0)
		view_time(o, "deleted_at", ws->deleted_ms);
}

struct json_object *
ws_view(struct cx *cx, struct db *db, const struct workspace *ws)
{
	struct json_object *o = view_new(cx);

	(void)db;
	view_text(o, "id", ws->id);
	view_int(o, "owner_user_id", ws->owner_id);
	view_text(o, "name", ws->name);
	view_text(o, "description", ws->description);
	view_text(o, "memo", ws->memo);
	view_text(o, "app", ws->app);
	view_text(o, "status", status_name(ws->status));
	view_text(o, "phase", workspace_phase(ws));
	view_text(o, "operation", operation_name(ws->operation));
	view_text(o, "desired_state", status_name(ws->desired));
	view_text(o, "archive_key", ws->archive_key);
	view_text(o, "restore_key", ws->restore_key);
	view_progress(o, ws);
	view_error_facts(o, ws);
	view_times(cx, o, ws);
	view_int(o, "rev", ws->rev);
	view_text(o, "path", arena_printf(&cx->arena, "/w/%s/", ws->id));
	return o;
}

const char *
page_time(struct cx *cx, int64_t ms)
{
	char iso[CLOCK_ISO_MAX];

	if (ms == 0)
		return NULL;
	clock_iso(ms, iso);
	return arena_printf(&cx->arena, "%.10s %.5s UTC", iso, iso + 11);
}

const char *
page_bytes(struct cx *cx, int64_t n)
{
	static const char *const unit[] = {"kB", "MB", "GB", "TB", "PB"};
	int64_t tenths = n / 100;
	size_t u = 0;

	if (n < 1000)
		return arena_printf(&cx->arena, "%lld B", (long long)n);
	for (; tenths >= 10000 && u < 4; u++)
		tenths /= 1000;
	return arena_printf(&cx->arena, "%lld.%lld %s",
			    (long long)(tenths / 10), (long long)(tenths % 10),
			    unit[u]);
}

const char *
page_span(struct cx *cx, int64_t ms)
{
	long long s = (ms < 0 ? 0 : ms) / 1000;

	if (ms >= 0 && ms < 1000)
		return arena_printf(&cx->arena, "%d ms", (int)ms);
	if (ms >= 0 && ms < 10000 && ms % 1000 != 0)
		return arena_printf(&cx->arena, "%lld.%lld s", s,
				    (long long)(ms % 1000 / 100));
	if (s < 60)
		return arena_printf(&cx->arena, "%lld s", s);
	if (s < 3600)
		return arena_printf(&cx->arena, "%lld min %lld s", s / 60,
				    s % 60);
	if (s < 86400)
		return arena_printf(&cx->arena, "%lld h %lld min", s / 3600,
				    s % 3600 / 60);
	return arena_printf(&cx->arena, "%lld d %lld h", s / 86400,
			    s % 86400 / 3600);
}

/* Names what static/ holds, so that browsers may keep it for ever. */
static char version[11];
static pthread_mutex_t version_lock = PTHREAD_MUTEX_INITIALIZER;

static void
version_make(struct cx *cx)
{
	static const char *const files[] = {"roost.css", "roost.js",
					    "roost.svg"};
	char hash[ID_HASH_LEN + 1];
	struct buf b;

	buf_init(&b, STATIC_MAX);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (fs_read(cx,
			    arena_printf(&cx->arena, "%s/static/%s",
					 site_www(cx), files[i]),
			    &b))
			cx_clear(cx); /* the page will do without it */
	id_hash(buf_str(&b), b.len, hash);
	memcpy(version, hash, sizeof(version) - 1);
	buf_free(&b);
}

static const char *
static_version(struct cx *cx)
{
	(void)pthread_mutex_lock(&version_lock);
	if (version[0] == '\0')
		version_make(cx);
	(void)pthread_mutex_unlock(&version_lock);
	return version;
}

/* Where a form of this page shall come back to. */
static const char *
here(const struct call *c)
{
	if (c->again_at)
		return c->again_at;
	if (c->rq->method == METHOD_GET && url_is_local(c->rq->target))
		return c->rq->target;
	return "/";
}

void
page_frame(struct cx *cx, struct call *c)
{
	struct json_object *me;

	view_text(c->view, "lang", page_langs[c->lang]);
	view_bool(c->view, "lang_en", c->lang == 0);
	view_bool(c->view, "lang_ko", c->lang == 1);
	view_text(c->view, "version", static_version(cx));
	view_text(c->view, "csrf", c->csrf);
	view_text(c->view, "here", here(c));
	view_text(c->view, "at",
		  c->rq->method == METHOD_GET ? NULL : c->again_at);
	page_flash(cx, c);
	if (c->who.user_id == 0)
		return;
	me = view_obj(c->view, "me");
	view_text(me, "username", c->who.username);
	view_bool(me, "admin", c->who.admin);
}
