/*
 * Requests to somebody else's HTTP server, through libcurl.
 *
 * 1. Each has a deadline and a ceiling. None follows a redirect, speaks
 *    anything but http and https, or goes through a proxy that the
 *    environment names. Certificates are checked.
 * 2. Any status is an answer: OK. What is none is ERR_UNREACHABLE (nobody is
 *    there, TLS failed, it broke off), ERR_TIMEOUT or ERR_TOO_LARGE, and
 *    cx->why names the address and what was wrong.
 * 3. The path goes out as it is written: dots and percent signs stay.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cx.h"

struct http_ask {
	const char *method;	   /* NULL: GET */
	const char *url;	   /* "https://host[:port]/path?query" */
	const char *const *header; /* "Name: value", then NULL; may be NULL */
	const char *body;	   /* NULL: none */
	size_t body_len;
	const char *socket;  /* a UNIX socket in place of host and port */
	int64_t deadline_ms; /* milliseconds for all of it */
	size_t most;	     /* bytes of an answer's body */
	/*
	 * Leave when the first bytes of a body have come, though it has not
	 * ended: the answer is OK with `left`.
	 */
	bool first_only;
};

struct http_answer {
	enum err err;	 /* of http_all(): how it went for this one */
	int status;	 /* 0: none came */
	struct buf head; /* header lines with their line ends */
	struct buf body;
	int64_t first_ms; /* until the body's first byte; -1: none came */
	int64_t took_ms;  /* until its end, or until we left */
	bool left;	  /* first_only, and it would have gone on */
};

/* One. The answer is filled as far as it came, also when it failed; free it
 * with http_free() in any case. */
MUST_USE enum err http_do(struct cx *cx, const struct http_ask *ask,
			  struct http_answer *out);
/* n at once, each with its own deadline; out[i].err says how each went. Fails
 * only when nothing could be asked. */
MUST_USE enum err http_all(struct cx *cx, const struct http_ask *ask, size_t n,
			   struct http_answer *out);
void http_free(struct http_answer *a); /* a zeroed one is fine */
/* A header's value (the first of that name), in cx's arena; NULL: none. */
const char *http_header(struct cx *cx, const struct http_answer *a,
			const char *name);

/* ---- A connection as it is, TLS included, for what is no HTTP ---- */

struct http_raw;

/* Connects to the host of url. */
MUST_USE enum err http_raw_open(struct cx *cx, const char *url,
				int64_t deadline_ms, struct http_raw **out);
MUST_USE enum err http_raw_send(struct cx *cx, struct http_raw *r,
				const void *p, size_t n);
/* What comes next, at most n bytes, until the deadline given at the opening;
 * *got is 0 when the other side has closed. */
MUST_USE enum err http_raw_recv(struct cx *cx, struct http_raw *r, void *p,
				size_t n, size_t *got);
void http_raw_close(struct http_raw *r); /* NULL is fine */

#endif
