/* Streams from and to the engine. */
#include <stdlib.h>

#include "docker/docker_part.h"

#define SAID_MAX ((size_t)64 << 10)

struct docker_stream {
	struct peer_call *call;
	const char *what;
	bool refused; /* it has answered before all was sent */
};

static enum err
begin(struct cx *cx, const struct docker_ask *ask, const char *what,
      int64_t length, struct docker_stream **out)
{
	struct docker_stream *s;
	struct peer_request rq;
	struct peer_call *call;
	enum err e;

	if ((e = docker_request(cx, ask, &rq)))
		return e;
	rq.deadline_ms = ask->deadline_ms;
	if ((e = peer_begin(cx, docker_peer(), &rq, length, &call)))
		return docker_explain(cx, e);
	s = calloc(1, sizeof(*s));
	if (!s)
		abort(); /* out of memory: crash-only */
	s->call = call;
	s->what = arena_strdup(&cx->arena, what);
	*out = s;
	return OK;
}

/* Its words: the body of a refusal, which is JSON with a message. */
static enum err
refused(struct cx *cx, struct docker_stream *s, int status)
{
	struct docker_answer a = {.status = status, .said = ""};
	char *text = arena_alloc(&cx->arena, SAID_MAX + 1);
	size_t n = 0, some = 1;
	struct json_object *o;

	while (some && n < SAID_MAX) {
		if (peer_read(cx, s->call, text + n, SAID_MAX - n, &some))
			break;
		n += some;
	}
	text[n] = '\0';
	a.said = docker_parse(cx, text, n, &o)
			 ? docker_words(cx, text)
			 : docker_words(cx, docker_text(o, "message"));
	cx_clear(cx);
	return docker_refused(cx, &a, s->what);
}

static enum err
answer(struct cx *cx, struct docker_stream *s)
{
	const struct http_answer *a;
	enum err e;

	if ((e = peer_wait(cx, s->call, &a)))
		return docker_explain(cx, e);
	return a->status >= 300 ? refused(cx, s, a->status) : OK;
}

enum err
docker_get(struct cx *cx, const struct docker_ask *ask, const char *what,
	   struct docker_stream **out)
{
	struct docker_stream *s = NULL;
	enum err e;

	if ((e = begin(cx, ask, what, PEER_NO_BODY, &s)) ||
	    (e = answer(cx, s))) {
		docker_end(s);
		return e;
	}
	*out = s;
	return OK;
}

enum err
docker_read(struct cx *cx, struct docker_stream *s, void *p, size_t max,
	    size_t *n)
{
	return peer_read(cx, s->call, p, max, n);
}

enum err
docker_put(struct cx *cx, const struct docker_ask *ask, const char *what,
	   struct docker_stream **out)
{
	return begin(cx, ask, what, PEER_CHUNKED, out);
}

enum err
docker_write(struct cx *cx, struct docker_stream *s, const void *p, size_t n)
{
	enum err e;

	if ((e = peer_send(cx, s->call, p, n, &s->refused)))
		return docker_explain(cx, e);
	if (!s->refused)
		return OK;
	if ((e = answer(cx, s)))
		return e;
	return cx_fail(cx, ERR_ACTION,
		       "%s: the container engine did not take all of it",
		       s->what);
}

enum err
docker_taken(struct cx *cx, struct docker_stream *s)
{
	char rest[256];
	enum err e;
	size_t n;

	if ((e = answer(cx, s)))
		return e;
	/* What is read to its end leaves a connection that can be kept. */
	do {
		e = peer_read(cx, s->call, rest, sizeof(rest), &n);
	} while (!e && n);
	return e;
}

void
docker_end(struct docker_stream *s)
{
	if (!s)
		return;
	peer_end(s->call);
	free(s);
}
