/* What libcurl is told, what it tells us, and what its errors mean. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/peer_part.h"

/* "HTTP/1.1 200 OK" */
static int
status_of(const char *p, size_t n)
{
	const char *at = memchr(p, ' ', n);
	int i, status = 0;

	for (i = 0; at && i < 3; i++) {
		if (++at >= p + n || *at < '0' || *at > '9')
			return 0;
		status = status * 10 + (*at - '0');
	}
	return status;
}

static size_t
on_line(char *p, size_t one, size_t n, void *arg)
{
	struct peer_call *c = arg;
	size_t len = n;

	(void)one;
	c->moved_ms = clock_mono_ms();
	while (len && (p[len - 1] == '\r' || p[len - 1] == '\n'))
		len--;
	/* The head that counts is the last one: not that of a 100. */
	if (len > 5 && !memcmp(p, "HTTP/", 5)) {
		buf_clear(&c->answer.head);
		c->answer.status = status_of(p, len);
	} else if (!len && c->answer.status >= 200) {
		c->head_seen = true;
	}
	buf_add(&c->answer.head, p, n);
	c->too_large |= c->answer.head.over;
	return c->too_large ? 0 : n;
}

static size_t
on_body(char *p, size_t one, size_t n, void *arg)
{
	struct peer_call *c = arg;

	(void)one;
	c->moved_ms = clock_mono_ms();
	if (!c->whole && c->in.len > c->at && c->in.len - c->at >= PEER_AHEAD) {
		c->paused_in = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (!c->whole && c->at == c->in.len) {
		buf_clear(&c->in);
		c->at = 0;
	}
	buf_add(&c->in, p, n);
	c->too_large |= c->in.over;
	return c->too_large ? 0 : n;
}

static size_t
on_send(char *p, size_t one, size_t n, void *arg)
{
	struct peer_call *c = arg;
	size_t some = c->n_out < one * n ? c->n_out : one * n;

	c->moved_ms = clock_mono_ms();
	if (!some && c->streams && !c->complete) {
		c->paused_out = true;
		return CURL_READFUNC_PAUSE;
	}
	if (some)
		memcpy(p, c->out, some);
	c->out += some;
	c->n_out -= some;
	return some;
}

/* libcurl begins anew on another connection: a body in memory can be sent
 * again, a stream cannot. */
static int
on_seek(void *arg, curl_off_t to, int origin)
{
	struct peer_call *c = arg;

	if (c->streams || origin != SEEK_SET || to < 0 || (size_t)to > c->rq.n)
		return CURL_SEEKFUNC_CANTSEEK;
	c->out = (const char *)c->rq.body + to;
	c->n_out = c->rq.n - (size_t)to;
	return CURL_SEEKFUNC_OK;
}

/* libcurl refuses an option only when it was built without it. */
#define SET(c, option, value)                                                  \
	do {                                                                   \
		CURLcode rc_ = curl_easy_setopt((c)->easy, option, value);     \
		assert(rc_ == CURLE_OK || rc_ == CURLE_OUT_OF_MEMORY);         \
		if (rc_)                                                       \
			abort(); /* out of memory: crash-only */               \
	} while (0)

static void
set_peer(struct peer_call *c)
{
	const struct peer_at *at = &c->h->at;

	SET(c, CURLOPT_CONNECTTIMEOUT_MS, (long)at->connect_ms);
	if (at->socket)
		SET(c, CURLOPT_UNIX_SOCKET_PATH, at->socket);
	if (at->ca_file)
		SET(c, CURLOPT_CAINFO, at->ca_file);
	if (at->cert_file)
		SET(c, CURLOPT_SSLCERT, at->cert_file);
	if (at->key_file)
		SET(c, CURLOPT_SSLKEY, at->key_file);
	SET(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (at->no_verify) {
		SET(c, CURLOPT_SSL_VERIFYPEER, 0L);
		SET(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void
set_ways(struct peer_call *c)
{
	SET(c, CURLOPT_QUICK_EXIT, 1L); /* not to wait for a slow resolver */
	SET(c, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(c, CURLOPT_BUFFERSIZE, 128L << 10);
	SET(c, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
	SET(c, CURLOPT_PRIVATE, c);
	SET(c, CURLOPT_HEADERFUNCTION, on_line);
	SET(c, CURLOPT_HEADERDATA, c);
	SET(c, CURLOPT_WRITEFUNCTION, on_body);
	SET(c, CURLOPT_WRITEDATA, c);
	SET(c, CURLOPT_READFUNCTION, on_send);
	SET(c, CURLOPT_READDATA, c);
	SET(c, CURLOPT_SEEKFUNCTION, on_seek);
	SET(c, CURLOPT_SEEKDATA, c);
}

static bool
wants_body(const char *method)
{
	return !strcmp(method, "POST") || !strcmp(method, "PUT");
}

static void
set_method(struct peer_call *c, int64_t length)
{
	const char *method = c->rq.method;
	int64_t n = length == PEER_NO_BODY   ? (int64_t)c->rq.n
		    : length == PEER_CHUNKED ? -1
					     : length;

	if (!strcmp(method, "HEAD")) {
		SET(c, CURLOPT_NOBODY, 1L);
		return;
	}
	if (n || wants_body(method)) {
		SET(c, CURLOPT_UPLOAD, 1L);
		SET(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)n);
	}
	SET(c, CURLOPT_CUSTOMREQUEST, method);
	/* A stream cannot be sent again on another connection. */
	if (c->streams)
		SET(c, CURLOPT_FRESH_CONNECT, 1L);
}

static void
add_line(struct peer_call *c, const char *line)
{
	struct curl_slist *more = curl_slist_append(c->lines, line);

	if (!more)
		abort(); /* out of memory: crash-only */
	c->lines = more;
}

/* A line break in a head would begin another one. */
static bool
is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

enum err
peer_set_up(struct cx *cx, struct peer_call *c, int64_t length)
{
	const char *const *line = c->rq.head;

	if (!is_plain(c->rq.path) || *c->rq.path != '/' ||
	    strchr(c->rq.path, ' '))
		return cx_fail(cx, ERR_INVALID,
			       "a path for %s that cannot be sent", c->h->name);
	easy_common(c->easy,
		    arena_printf(&cx->arena, "%s%s", c->h->at.url, c->rq.path),
		    0, c->error);
	set_peer(c);
	set_ways(c);
	set_method(c, length);
	/* The peer's word before the body is not waited for. */
	add_line(c, "Expect:");
	for (; line && *line; line++) {
		if (!is_plain(*line))
			return cx_fail(cx, ERR_INVALID,
				       "a head for %s that cannot be sent",
				       c->h->name);
		add_line(c, *line);
	}
	SET(c, CURLOPT_HTTPHEADER, c->lines);
	return OK;
}

static const char *
words(const struct peer_call *c)
{
	if (!c->code)
		return "the head of its answer is cut";
	return *c->error ? c->error : curl_easy_strerror(c->code);
}

enum err
peer_failed(struct cx *cx, const struct peer_call *c)
{
	const char *name = c->h->name;

	if (c->too_large)
		return cx_fail(cx, ERR_TOO_LARGE,
			       "the answer of %s is larger than it may be",
			       name);
	switch ((int)c->code) {
	case CURLE_OUT_OF_MEMORY:
		abort(); /* crash-only */
	case CURLE_PEER_FAILED_VERIFICATION:
		return cx_fail(cx, ERR_CONFIG,
			       "the certificate of %s is not to be trusted"
			       " (%s): name the file of its authority",
			       name, words(c));
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
		return cx_fail(cx, ERR_CONFIG,
			       "a file of certificates for %s: %s", name,
			       words(c));
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
		return cx_fail(cx, ERR_UNREACHABLE, "%s cannot be reached: %s",
			       name, words(c));
	default:
		return cx_fail(cx, ERR_UNREACHABLE,
			       "the talk with %s broke off: %s", name,
			       words(c));
	}
}
