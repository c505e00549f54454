/* What waiting requests are told. */

#include "base/clock.h"
#include "base/log.h"
#include "cgi/page.h"
#include "cgi/wait_part.h"
#include "store/change.h"
#include "store/workspace.h"

static void
view_change(struct cx *cx, struct db *db, struct json_object *list,
	    const struct change *ch)
{
	struct json_object *o = view_obj(list, NULL);

	view_int(o, "seq", ch->seq);
	view_text(o, "type", "workspace");
	view_put(o, "workspace", ws_view(cx, db, &ch->workspace));
}

enum err
wait_events_view(struct cx *cx, struct db *db, int64_t user_id, int64_t after,
		 struct json_object *view, int64_t *next, size_t *n)
{
	struct changes changes;
	struct json_object *list;
	enum err e =
		change_after(cx, db, user_id, after, EVENTS_AT_ONCE, &changes);

	if (e)
		return e;
	list = view_list(view, "items");
	for (size_t i = 0; i < changes.n; i++)
		view_change(cx, db, list, &changes.v[i]);
	view_int(view, "next", changes.next);
	if (changes.reload)
		view_bool(view, "reload", true);
	*next = changes.next;
	*n = changes.n + changes.reload;
	return OK;
}

static void
put_event(struct buf *out, const char *event, int64_t seq,
	  const struct json_object *data)
{
	buf_printf(out, "event: %s\nid: %lld\ndata: ", event, (long long)seq);
	view_json(data, out);
	buf_puts(out, "\n\n");
}

/* The changes after `after` as SSE. A workspace's JSON has no newline. */
enum err
wait_put_events(struct cx *cx, struct db *db, int64_t user_id, int64_t after,
		struct buf *out, int64_t *next, bool *more)
{
	struct changes changes;
	enum err e =
		change_after(cx, db, user_id, after, EVENTS_AT_ONCE, &changes);

	if (e)
		return e;
	if (changes.reload)
		put_event(out, "reload", changes.next, view_new(cx));
	for (size_t i = 0; i < changes.n; i++)
		put_event(out, "workspace", changes.v[i].seq,
			  ws_view(cx, db, &changes.v[i].workspace));
	*next = changes.next;
	*more = changes.n == EVENTS_AT_ONCE;
	return OK;
}

void
wait_stream_response(struct response *rp)
{
	rp->status = 200;
	rp->type = "text/event-stream";
	response_header(rp, "Cache-Control", "no-store");
	response_header(rp, "X-Accel-Buffering", "no");
	response_header(rp, "X-Content-Type-Options", "nosniff");
}

static void
send_json(struct cx *cx, struct parked *p, struct response *rp,
	  const struct json_object *view)
{
	struct buf out;

	buf_init(&out, CLIENT_BUF_MAX);
	app_json(cx, rp, view, !p->head, &out);
	io_record(&p->out, p->io->id, buf_str(&out), out.len);
	io_record_end(&p->out, p->io->id);
	buf_free(&out);
	p->ending = true;
}

/* etag: NULL for none. */
static void
answer_json(struct cx *cx, struct parked *p, const char *etag,
	    const struct json_object *view)
{
	struct response rp;

	response_init(&rp);
	if (etag)
		response_etag(cx, &rp, etag);
	send_json(cx, p, &rp, view);
	response_free(&rp);
}

void
wait_error(struct cx *cx, struct parked *p, enum err e)
{
	struct response rp;

	if (p->kind == PARK_STREAM) {
		io_record_end(&p->out, p->io->id);
		p->ending = true;
		return;
	}
	response_init(&rp);
	rp.status = err_http(e);
	response_header(&rp, "Retry-After", "1");
	send_json(cx, p, &rp, view_error(cx, e, err_text(e)));
	response_free(&rp);
}

static enum err
answer_status(struct wait *w, struct parked *p, bool always)
{
	struct cx *cx = &w->worker.cx;
	struct workspace ws;
	enum err e = workspace_get(cx, w->worker.read, p->id, &ws);

	if (!e && (always || ws.rev > p->since))
		answer_json(cx, p, page_etag(cx, &ws),
			    ws_view(cx, w->worker.read, &ws));
	return e;
}

static enum err
answer_events(struct wait *w, struct parked *p, bool always)
{
	struct cx *cx = &w->worker.cx;
	struct json_object *view = view_new(cx);
	int64_t next;
	size_t n;
	enum err e = wait_events_view(cx, w->worker.read, p->user_id, p->since,
				      view, &next, &n);

	if (!e && (always || n))
		answer_json(cx, p, NULL, view);
	return e;
}

/* A client that has not yet taken the last batch gets the next one after it:
 * so its buffer holds one batch at most. */
static enum err
answer_stream(struct wait *w, struct parked *p)
{
	struct cx *cx = &w->worker.cx;
	struct buf text;
	int64_t next = p->since;
	enum err e;

	p->behind = true;
	if (p->out.len > 0)
		return OK;
	buf_init(&text, CLIENT_BUF_MAX);
	e = wait_put_events(cx, w->worker.read, p->user_id, p->since, &text,
			    &next, &p->behind);
	if (!e) {
		io_record(&p->out, p->io->id, buf_str(&text), text.len);
		p->since = next;
	}
	buf_free(&text);
	return e;
}

enum err
wait_answer(struct wait *w, struct parked *p, bool always)
{
	if (p->kind == PARK_STATUS)
		return answer_status(w, p, always);
	if (p->kind == PARK_EVENTS)
		return answer_events(w, p, always);
	return answer_stream(w, p);
}

void
wait_heartbeat(struct parked *p)
{
	static const char BEAT[] = ": still here\n\n";

	io_record(&p->out, p->io->id, BEAT, sizeof(BEAT) - 1);
}

void
wait_stream_head(struct cx *cx, struct parked *p)
{
	struct response rp;
	struct buf out;

	response_init(&rp);
	wait_stream_response(&rp);
	response_header(&rp, "X-Request-Id", arena_strdup(&cx->arena, cx->rid));
	buf_init(&out, CLIENT_BUF_MAX);
	response_head(&rp, &out);
	buf_puts(&out, "retry: 2000\n\n");
	io_record(&p->out, p->io->id, buf_str(&out), out.len);
	buf_free(&out);
	response_free(&rp);
}

void
wait_log(struct cx *cx, const struct parked *p, const char *how)
{
	int64_t ms = clock_mono_ms() - p->began_ms;
	const char *what = p->kind == PARK_STATUS   ? "status"
			   : p->kind == PARK_EVENTS ? "events"
						    : "stream";

	log_event(cx, LOG_LEVEL_INFO, "waited", "for", what, "how", how,
		  "request", p->rid, "user", p->user, "ms",
		  arena_printf(&cx->arena, "%lld", (long long)ms), NULL);
}
