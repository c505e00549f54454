/* A server that speaks as much HTTP as tests of a client need: requests are
 * read whole and answered by the test. */
#ifndef SUPPORT_HTTPD_H
#define SUPPORT_HTTPD_H

#include "base/buf.h"
#include "support/tcpd.h"

struct httpd_request {
	char method[16], path[4096];
	struct buf head; /* as it came */
	struct buf body; /* chunks put together */
};

/* False: no further request on this connection. Free it with the next. */
bool httpd_read(struct conn *c, struct httpd_request *rq);
void httpd_free(struct httpd_request *rq); /* a zeroed one is fine */
/* "value" in out, or "". */
const char *httpd_head(const struct httpd_request *rq, const char *name,
		       char out[512]);
/* The value of a parameter of a query (NULL: none), decoded; false: it is not
 * there. */
bool httpd_param(const char *query, const char *name, char out[512]);
/* head: lines with \r\n, may be ""; the length is added. body NULL: only the
 * head, as for HEAD. */
bool httpd_answer(struct conn *c, int status, const char *head,
		  const void *body, size_t n);
bool httpd_text(struct conn *c, int status, const char *body);

#endif
