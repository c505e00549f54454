/* The handlers of the routes that wait. */
#include <stdlib.h>
#include <string.h>

#include "cgi/page.h"
#include "cgi/wait_part.h"
#include "store/change.h"
#include "web/accept.h"

static int64_t
wait_ms(const struct cx *cx, const struct value *v)
{
	int64_t most = cx->site->max_wait_seconds;
	int64_t s = v->set ? v->num : 0;

	return (s < most ? s : most) * 1000;
}

enum err
wait_status(struct cx *cx, struct call *c)
{
	const struct value *since = IN(c, status, since);

	c->view = ws_view(cx, c->db, c->ws);
	response_etag(cx, c->rp, page_etag(cx, c->ws));
	c->park_wait_ms = wait_ms(cx, IN(c, status, wait));
	if (since->set && c->ws->rev <= since->num && c->park_wait_ms > 0) {
		c->park = PARK_STATUS;
		c->park_since = since->num;
	}
	return OK;
}

/* A digit string that an EventSource sends back; else what the query says. */
static enum err
resume_at(struct cx *cx, struct call *c, int64_t *after)
{
	const char *last = c->rq->header[HEADER_LAST_EVENT_ID];
	const struct value *given = IN(c, events, after);
	char *end;

	if (last && *last >= '0' && *last <= '9' && strlen(last) < 19) {
		*after = strtoll(last, &end, 10);
		if (*end == '\0')
			return OK;
	}
	if (given->set) {
		*after = given->num;
		return OK;
	}
	return change_newest(cx, c->db, after);
}

enum err
wait_events(struct cx *cx, struct call *c)
{
	bool stream =
		accept_names(c->rq->header[HEADER_ACCEPT], "text/event-stream");
	int64_t after = 0, next;
	size_t n;
	enum err e;

	if ((e = resume_at(cx, c, &after)))
		return e;
	c->park_since = after;
	c->park_wait_ms = wait_ms(cx, IN(c, events, wait));
	if (stream) {
		c->park = PARK_STREAM;
		return OK;
	}
	if ((e = wait_events_view(cx, c->db, c->who.user_id, after, c->view,
				  &next, &n)))
		return e;
	if (n == 0 && c->park_wait_ms > 0)
		c->park = PARK_EVENTS;
	return OK;
}

/* ---- At once, where nothing can wait ---- */

enum err
wait_now(struct cx *cx, struct call *c)
{
	int64_t next;
	bool more;
	enum err e;

	response_header(c->rp, "Retry-After", "2");
	if (c->park != PARK_STREAM)
		return OK;
	/* A stream that ends at once: the client comes back in a second. */
	buf_puts(&c->rp->body, "retry: 1000\n\n");
	e = wait_put_events(cx, c->db, c->who.user_id, c->park_since,
			    &c->rp->body, &next, &more);
	if (!e)
		wait_stream_response(c->rp);
	return e;
}
