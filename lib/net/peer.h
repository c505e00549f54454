/*
 * A server that is spoken to again and again: its connections are kept,
 * bodies may be streams, TLS may show a certificate of ours. HTTP/1.1 over
 * TCP, TLS or a UNIX socket. (net/http.h is for a single question.)
 *
 * 1. No call blocks beyond the request's deadline, nor 100 ms longer than
 *    quit() says so, nor when the peer is silent for longer than agreed.
 * 2. Nothing grows without a ceiling: heads, answers, what is read ahead.
 * 3. Nothing is followed (redirects), taken from the environment (proxies)
 *    or done twice by itself, but on a kept connection that turns out to be
 *    dead before a byte of the answer has come.
 * 4. Any status is an answer and OK; an error means that there is none:
 *    ERR_UNREACHABLE  not resolved, refused, cut, silent, not HTTP
 *    ERR_CONFIG       its certificate or ours, a file of them, the address
 *    ERR_TIMEOUT, ERR_ABANDONED  the deadline, quit()
 *    ERR_TOO_LARGE    the answer is larger than max
 * 5. What is said about a failure names the peer, never a head or a path:
 *    there may be secrets in them.
 *
 * One struct peer belongs to one thread. It keeps connections for the next
 * request.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "net/http.h"

struct peer;
struct peer_call;

/* Who is spoken to. The texts must live as long as the peer. */
struct peer_at {
	const char *url; /* "https://host:port": no path, no "/" at the end */
	const char *socket;  /* a UNIX socket; then url only names the host */
	const char *ca_file; /* NULL: the system's */
	const char *cert_file, *key_file; /* ours, PEM; NULL: none */
	bool no_verify;			  /* any certificate will do */
	int64_t connect_ms;		  /* to get a connection; 0: 10 s */
	int64_t silent_ms; /* without a byte either way; 0: 60 s */
};

/* The body comes by peer_send. */
#define PEER_NO_BODY ((int64_t)-1)
#define PEER_CHUNKED ((int64_t)-2)

struct peer_request {
	const char *method;
	const char *path;	 /* "/a%20b?c=d", sent as it is */
	const char *const *head; /* "Name: value", the last NULL; or NULL */
	const void *body;	 /* n bytes; NULL and 0: none */
	size_t n;
	size_t max; /* peer_do: ceiling of the answer's body; 0: 1 MiB */
	int64_t deadline_ms;	 /* clock_mono_ms; 0: none */
	bool (*quit)(void *arg); /* asked often; true gives up. May be NULL */
	void *arg;
};

MUST_USE enum err peer_open(struct cx *cx, const struct peer_at *at,
			    struct peer **h);
void peer_close(struct peer *h); /* its calls have ended before; NULL is fine */

/* A whole request and its answer; *a is touched only on OK, and what it held
 * is freed then. http_free() it in any case. */
MUST_USE enum err peer_do(struct cx *cx, struct peer *h,
			  const struct peer_request *rq, struct http_answer *a);

/*
 * The same in steps, for what is too large for memory:
 *
 *	peer_begin(), { peer_send() }, peer_wait(), { peer_read() }, peer_end()
 *
 * length: PEER_NO_BODY (or rq's body), else so many bytes are sent, or any
 * number (PEER_CHUNKED). Several calls of one peer may be at work at once.
 */
MUST_USE enum err peer_begin(struct cx *cx, struct peer *h,
			     const struct peer_request *rq, int64_t length,
			     struct peer_call **c);
/*
 * Returns when all of it was taken. A server that has answered already takes
 * no more: then *refused is set, and peer_wait() has the answer.
 */
MUST_USE enum err peer_send(struct cx *cx, struct peer_call *c, const void *p,
			    size_t n, bool *refused);
/* The body is complete; waits for the head of the answer. It belongs to the
 * call; its body stays empty. */
MUST_USE enum err peer_wait(struct cx *cx, struct peer_call *c,
			    const struct http_answer **a);
/* *n = 0 at the end. An answer that is cut is ERR_UNREACHABLE, not an end. */
MUST_USE enum err peer_read(struct cx *cx, struct peer_call *c, void *p,
			    size_t max, size_t *n);
/* At any time: what is under way is cut off. NULL is fine. */
void peer_end(struct peer_call *c);

#endif
