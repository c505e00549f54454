/*
 * A request as data: read once from CGI variables and a body, then const.
 *
 * 1. target is what the client wrote; path is its decoded path: valid UTF-8,
 *    begins with "/", no control characters, no "." or ".." segment. %2F
 *    stays "%2F" in path, so that segments cannot be forged.
 * 2. A body is at most REQUEST_BODY_MAX bytes; it is read to its end even
 *    when the request is refused (FastCGI connections are reused).
 * 3. Strings live in the cx's arena. A header that was not sent is NULL; one
 *    over REQUEST_HEADER_MAX bytes or with control characters is refused.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cx.h"

#define REQUEST_BODY_MAX ((size_t)1 << 20)
#define REQUEST_TARGET_MAX ((size_t)8192)
#define REQUEST_HEADER_MAX ((size_t)16384)

enum method {
#define X(method, name, unsafe) method,
#include "web/method.def"
#undef X
	METHOD__MAX
};

/* In a table of routes: whatever the method is. */
#define METHOD_ANY METHOD__MAX

enum header {
#define X(header, variable) header,
#include "web/header.def"
#undef X
	HEADER__MAX
};

struct request {
	enum method method;
	const char *method_name; /* as sent, for the log; at most 16 bytes */
	const char *target;	 /* raw, e.g. "/a%20b?x=1" */
	const char *path;	 /* decoded, e.g. "/a b" */
	const char *query;	 /* raw, without "?"; "" when there is none */
	const char *header[HEADER__MAX];
	const char *remote; /* address of the client, "" when not known */
	bool https;
	const char *body; /* 0-terminated for convenience; never NULL */
	size_t body_len;
};

/* Where a request comes from. */
struct request_source {
	/* A CGI variable, NULL when absent. */
	const char *(*var)(void *arg, const char *name);
	/* Up to n bytes of the body; 0 at its end, -1 when it broke off. */
	ssize_t (*read)(void *arg, void *p, size_t n);
	void *arg;
	bool trust_proxy; /* believe X-Forwarded-Proto and -For */
};

/*
 * Reads all of it. ERR_INVALID (the target, a header, the length),
 * ERR_TOO_LARGE, ERR_IO (the client went away). Also when it fails *rq is
 * filled as far as it was understood, enough to log and answer it.
 */
MUST_USE enum err request_read(struct cx *cx, const struct request_source *src,
			       struct request *rq);

const char *method_name(enum method m);
enum method method_parse(const char *name); /* METHOD_OTHER when unknown */
bool method_unsafe(enum method m);

/*
 * The origin that the client sees, "https://host[:port]", from Host and https;
 * base_url (may be "" or NULL) goes before. "" when there is no usable Host.
 */
const char *request_origin(struct cx *cx, const struct request *rq,
			   const char *base_url);

/*
 * Does it come from a page of our own origin, as far as the browser says?
 * SITE_UNKNOWN: neither Origin nor Sec-Fetch-Site was sent: no browser of
 * this decade, or a plain navigation.
 */
enum site_from { SITE_SAME, SITE_OTHER, SITE_UNKNOWN };
enum site_from request_from(struct cx *cx, const struct request *rq,
			    const char *base_url);

#endif
