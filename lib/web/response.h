/*
 * An answer while it is being made.
 *
 * 1. A handler fills a view (one json object) and may name a page: JSON
 *    clients get the view, browsers the page rendered with it.
 * 2. Header names are ours, values are checked: a control character in one
 *    (CR, LF) is replaced by a space, so that no header can be split.
 * 3. The body has a ceiling; past it the answer becomes an error.
 */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cx.h"

struct json_object;

#define RESPONSE_BODY_MAX ((size_t)8 << 20)
#define RESPONSE_HEADERS 24

struct response_header {
	const char *name, *value;
};

struct response {
	int status; /* 0: 200 */
	struct response_header header[RESPONSE_HEADERS];
	size_t n_header;
	const char *type;	  /* content type of body; NULL: no body */
	struct buf body;	  /* filled directly, or from view and page */
	struct json_object *view; /* the arena's (view_new) */
	const char *page;	  /* name of the template, for browsers */
};

void response_init(struct response *rp);
void response_free(struct response *rp);

/* Both strings are kept by reference: literals or of the cx's arena. */
void response_header(struct response *rp, const char *name, const char *value);
const char *response_find(const struct response *rp, const char *name);
/* Sets status (303, 302, 308...) and Location; drops the view. */
void response_redirect(struct response *rp, int status, const char *location);
/* ETag: W/"tag", or "tag" when strong. In cx's arena. */
void response_etag(struct cx *cx, struct response *rp, const char *tag);
/* Does an If-None-Match or If-Match value name this tag? "*" names all. */
bool etag_matches(const char *header, const char *tag);
/* The same for a tag in its quotes, as response_etag() made it. */
bool etag_listed(const char *header, const char *etag);
/* "Status: 200 OK\r\n...\r\n\r\n" as CGI wants it. */
void response_head(const struct response *rp, struct buf *out);
const char *response_reason(int status); /* "Not Found" */

#endif
