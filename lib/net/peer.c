#include "net/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/peer_part.h"

#define BODY_MAX ((size_t)1 << 20)
#define LOOK_MS 50 /* how often quit() is asked */
#define IDLE_MS 500

/* libcurl would not say which file it is, and why. */
static enum err
check_file(struct cx *cx, const char *path)
{
	if (!path || !access(path, R_OK))
		return OK;
	cx_errno(cx, errno, "read %s", path);
	cx->err = ERR_CONFIG;
	return ERR_CONFIG;
}

/* A scheme, a host, perhaps a port. */
static enum err
check_url(struct cx *cx, const char *url)
{
	CURLU *u = curl_url();
	char *path = NULL;
	bool fine;

	if (!u)
		abort(); /* out of memory: crash-only */
	fine = (!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8)) &&
	       !strpbrk(url, "?#@") && url[strlen(url) - 1] != '/' &&
	       !curl_url_set(u, CURLUPART_URL, url, 0) &&
	       !curl_url_get(u, CURLUPART_PATH, &path, 0) && !strcmp(path, "/");
	curl_free(path);
	curl_url_cleanup(u);
	if (fine)
		return OK;
	/* There may be a password in it: it is not shown. */
	return cx_fail(cx, ERR_CONFIG,
		       "an address must be like https://host:port, without a"
		       " user, a path or a / at its end");
}

enum err
peer_open(struct cx *cx, const struct peer_at *at, struct peer **out)
{
	struct peer *h;
	enum err e;

	if ((e = check_url(cx, at->url)) || (e = check_file(cx, at->ca_file)) ||
	    (e = check_file(cx, at->cert_file)) ||
	    (e = check_file(cx, at->key_file)))
		return e;
	h = calloc(1, sizeof(*h));
	if (!h || !easy_begin() || !(h->multi = curl_multi_init()))
		abort(); /* out of memory: crash-only */
	h->at = *at;
	h->name = at->socket ? at->socket : at->url;
	if (!h->at.connect_ms)
		h->at.connect_ms = 10 * 1000;
	if (!h->at.silent_ms)
		h->at.silent_ms = 60 * 1000;
	*out = h;
	return OK;
}

void
peer_close(struct peer *h)
{
	if (!h)
		return;
	curl_multi_cleanup(h->multi);
	free(h);
}

static void
take_finished(struct peer *h)
{
	struct peer_call *c;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		c->done = true;
		c->code = m->data.result;
	}
}

/* Not longer than it takes to hear of the one that comes first. */
static int
patience(const struct peer_call *c, int64_t now_ms)
{
	int64_t ms = c->rq.quit ? LOOK_MS : IDLE_MS;

	if (c->rq.deadline_ms && c->rq.deadline_ms - now_ms < ms)
		ms = c->rq.deadline_ms - now_ms;
	return ms > 0 ? (int)ms : 0;
}

static enum err
check_patience(struct cx *cx, const struct peer_call *c, int64_t now_ms)
{
	if (c->rq.quit && c->rq.quit(c->rq.arg))
		return cx_fail(cx, ERR_ABANDONED, "given up on request");
	if (c->rq.deadline_ms && now_ms >= c->rq.deadline_ms)
		return cx_fail(cx, ERR_TIMEOUT, "time is up while %s is asked",
			       c->h->name);
	if (now_ms - c->moved_ms >= c->h->at.silent_ms)
		return cx_fail(cx, ERR_UNREACHABLE,
			       "%s has said nothing for %lld s", c->h->name,
			       (long long)(c->h->at.silent_ms / 1000));
	return OK;
}

/* Lets the call move until ready() or its end. */
static enum err
pump(struct cx *cx, struct peer_call *c,
     bool (*ready)(const struct peer_call *c))
{
	int64_t now_ms;
	int running;
	enum err e;

	while (!c->done && !ready(c)) {
		curl_multi_perform(c->h->multi, &running);
		take_finished(c->h);
		now_ms = clock_mono_ms();
		if (c->done || ready(c))
			break;
		if ((e = check_patience(cx, c, now_ms)))
			return e;
		curl_multi_poll(c->h->multi, NULL, 0, patience(c, now_ms),
				NULL);
	}
	return OK;
}

enum err
peer_begin(struct cx *cx, struct peer *h, const struct peer_request *rq,
	   int64_t length, struct peer_call **out)
{
	struct peer_call *c = calloc(1, sizeof(*c));
	enum err e;

	if (!c || !(c->easy = curl_easy_init()))
		abort(); /* out of memory: crash-only */
	c->h = h;
	c->rq = *rq;
	c->streams = length != PEER_NO_BODY;
	c->out = rq->body;
	c->n_out = rq->n;
	buf_init(&c->answer.head, PEER_HEAD_MAX);
	buf_init(&c->in, PEER_AHEAD * 2);
	c->moved_ms = clock_mono_ms();
	if ((e = peer_set_up(cx, c, length))) {
		peer_end(c);
		return e;
	}
	if (curl_multi_add_handle(h->multi, c->easy))
		abort(); /* out of memory: crash-only */
	*out = c;
	return OK;
}

static void
go_on(struct peer_call *c)
{
	c->paused_in = c->paused_out = false;
	curl_easy_pause(c->easy, CURLPAUSE_CONT);
}

static bool
is_taken(const struct peer_call *c)
{
	return c->n_out == 0;
}

enum err
peer_send(struct cx *cx, struct peer_call *c, const void *p, size_t n,
	  bool *refused)
{
	enum err e;

	c->out = p;
	c->n_out = n;
	c->moved_ms = clock_mono_ms();
	if (c->paused_out && !c->done)
		go_on(c);
	if ((e = pump(cx, c, is_taken)))
		return e;
	if (c->done && c->code)
		return peer_failed(cx, c);
	*refused = c->n_out > 0;
	return OK;
}

static bool
has_head(const struct peer_call *c)
{
	return c->head_seen;
}

enum err
peer_wait(struct cx *cx, struct peer_call *c, const struct http_answer **a)
{
	enum err e;

	if (c->streams && !c->complete) {
		c->complete = true;
		c->n_out = 0;
		c->moved_ms = clock_mono_ms();
		if (c->paused_out && !c->done)
			go_on(c);
	}
	if ((e = pump(cx, c, has_head)))
		return e;
	if (!c->head_seen)
		return peer_failed(cx, c);
	*a = &c->answer;
	return OK;
}

static bool
has_bytes(const struct peer_call *c)
{
	return c->in.len > c->at;
}

enum err
peer_read(struct cx *cx, struct peer_call *c, void *p, size_t max, size_t *n)
{
	size_t some;
	enum err e;

	if (!has_bytes(c)) {
		c->moved_ms = clock_mono_ms();
		if (c->paused_in && !c->done)
			go_on(c);
	}
	if ((e = pump(cx, c, has_bytes)))
		return e;
	some = c->in.len - c->at < max ? c->in.len - c->at : max;
	if (!some && c->done && c->code)
		return peer_failed(cx, c);
	if (some)
		memcpy(p, c->in.data + c->at, some);
	c->at += some;
	*n = some;
	return OK;
}

void
peer_end(struct peer_call *c)
{
	if (!c)
		return;
	curl_multi_remove_handle(c->h->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->lines);
	buf_free(&c->answer.head);
	buf_free(&c->in);
	free(c);
}

static bool
never(const struct peer_call *c)
{
	(void)c;
	return false;
}

enum err
peer_do(struct cx *cx, struct peer *h, const struct peer_request *rq,
	struct http_answer *a)
{
	const struct http_answer *got;
	struct peer_call *c;
	enum err e;

	if ((e = peer_begin(cx, h, rq, PEER_NO_BODY, &c)))
		return e;
	c->whole = true;
	c->in.max = rq->max ? rq->max : BODY_MAX;
	e = pump(cx, c, never);
	if (!e && c->code)
		e = peer_failed(cx, c);
	if (!e && !(e = peer_wait(cx, c, &got))) {
		http_free(a);
		*a = *got;
		a->body = c->in;
		c->answer.head = c->in = (struct buf){.max = 0};
	}
	peer_end(c);
	return e;
}
