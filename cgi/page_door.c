/* How this very answer came about, and what doctor found when it last came
 * in from outside: a part of the admin page. */
#include <json-c/json.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "cgi/page.h"
#include "cgi/wait.h"
#include "web/json.h"

#define REPORT_MAX ((size_t)256 << 10)
#define REPORT_DEPTH 4
#define REPORT_ITEMS 200

/* ---- What the handler knows itself ---- */

static const char *
serve_detail(enum serve s)
{
	return s == SERVE_SOCKET ? "door_socket"
	       : s == SERVE_CGI	 ? "door_cgi"
				 : "door_started";
}

static void
view_self(struct cx *cx, struct call *c)
{
	const struct program *p = c->worker->program;
	bool named = c->server && *c->server;

	view_text(c->view, "server",
		  named ? c->server : page_say(c->lang, TEXT_door_unnamed));
	view_text(c->view, "serve", serve_detail(p->serve));
	view_int(c->view, "threads", cx->site->handler_threads);
	view_int(c->view, "waiting", p->wait ? wait_count(p->wait) : 0);
	view_int(c->view, "waiting_most", cx->site->max_waiting);
	view_text(c->view, "waiting_text",
		  p->wait ? "door_waiting" : "door_no_waiting");
}

/* ---- What doctor found ---- */

/* The report, a part of the arena; NULL: none, or none that can be read. */
static struct json_object *
read_report(struct cx *cx)
{
	struct json_object *o = NULL;
	struct buf b;

	buf_init(&b, REPORT_MAX);
	if (fs_read(cx, site_run_file(cx, "doctor.json"), &b) == OK &&
	    json_check(cx, b.data, b.len, REPORT_DEPTH) == OK)
		o = json_tokener_parse(buf_str(&b));
	cx_clear(cx);
	buf_free(&b);
	return o;
}

static const char *
text_of(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	return json_object_object_get_ex(o, key, &v) &&
			       json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

static void
add_finding(struct json_object *list, struct json_object *found)
{
	struct json_object *o = view_obj(list, NULL);
	bool fail = strcmp(text_of(found, "result"), "fail") == 0;

	view_text(o, "word", fail ? "check_fail" : "check_bad");
	view_text(o, "tone", fail ? "ERROR" : "ARCHIVED");
	view_text(o, "check", text_of(found, "check"));
	view_text(o, "text", text_of(found, "what"));
}

static void
view_report(struct cx *cx, struct call *c, struct json_object *report)
{
	struct json_object *found = NULL, *at = NULL, *list;
	int64_t good = 0, bad = 0;
	size_t n;

	json_object_object_get_ex(report, "at_ms", &at);
	json_object_object_get_ex(report, "checks", &found);
	if (!json_object_is_type(found, json_type_array))
		return;
	list = view_list(c->view, "findings");
	n = json_object_array_length(found);
	for (size_t i = 0; i < n && i < REPORT_ITEMS; i++) {
		struct json_object *one = json_object_array_get_idx(found, i);

		if (strcmp(text_of(one, "result"), "ok") == 0) {
			good++;
			continue;
		}
		add_finding(list, one);
		bad++;
	}
	view_bool(c->view, "has_report", true);
	view_bool(c->view, "has_findings", bad > 0);
	view_int(c->view, "findings_good", good);
	view_text(c->view, "report_age",
		  page_span(cx, cx->now_ms - json_object_get_int64(at)));
	view_text(c->view, "report_url", text_of(report, "url"));
}

void
page_door(struct cx *cx, struct call *c)
{
	struct json_object *report = read_report(cx);

	view_self(cx, c);
	if (report)
		view_report(cx, c, report);
	json_object_put(report);
	view_bool(c->view, "report_wanted",
		  fs_exists(site_run_file(cx, "doctor.ask")));
}

/* ---- Look again ---- */

/*
 * A web program asks nobody outside: the next pass starts doctor. It is told
 * how this administrator got here, for a site that has no base_url.
 */
enum err
page_doctor(struct cx *cx, struct call *c)
{
	const char *text = arena_printf(&cx->arena, "%s\n", c->origin);
	enum err e = fs_write_sync(cx, site_run_file(cx, "doctor.ask"), text,
				   strlen(text), 0600);

	if (e)
		return e;
	page_kick(cx, c);
	page_done(cx, c, NULL, "/admin", "said_doctor");
	return OK;
}
