#include "support/httpd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One byte at a time would do; a test sends little in heads. */
static bool
read_until(struct conn *c, struct buf *b, const char *end)
{
	size_t n = strlen(end);
	char ch;

	while (b->len < n || memcmp(b->data + b->len - n, end, n) != 0) {
		if (conn_read(c, &ch, 1) != 1 || b->over)
			return false;
		buf_putc(b, ch);
	}
	return true;
}

static bool
read_n(struct conn *c, struct buf *b, size_t n)
{
	char some[65536];

	while (n) {
		ssize_t got =
			conn_read(c, some, n < sizeof(some) ? n : sizeof(some));

		if (got <= 0)
			return false;
		buf_add(b, some, (size_t)got);
		n -= (size_t)got;
	}
	return !b->over;
}

static bool
read_chunks(struct conn *c, struct buf *body)
{
	struct buf line;
	size_t n = 1;
	bool fine = true;

	buf_init(&line, 1024);
	while (fine && n) {
		buf_clear(&line);
		fine = read_until(c, &line, "\r\n");
		n = fine ? strtoul(line.data, NULL, 16) : 0;
		fine = fine && read_n(c, body, n);
		buf_clear(&line);
		fine = fine && read_until(c, &line, "\r\n");
	}
	buf_free(&line);
	return fine;
}

bool
httpd_read(struct conn *c, struct httpd_request *rq)
{
	char value[512];

	httpd_free(rq);
	buf_init(&rq->head, 65536);
	buf_init(&rq->body, (size_t)256 << 20);
	if (!read_until(c, &rq->head, "\r\n\r\n") ||
	    sscanf(rq->head.data, "%15s %4095s", rq->method, rq->path) != 2)
		return false;
	if (!strcasecmp(httpd_head(rq, "Transfer-Encoding", value), "chunked"))
		return read_chunks(c, &rq->body);
	return read_n(c, &rq->body,
		      strtoul(httpd_head(rq, "Content-Length", value), NULL,
			      10));
}

void
httpd_free(struct httpd_request *rq)
{
	buf_free(&rq->head);
	buf_free(&rq->body);
	*rq = (struct httpd_request){0};
}

const char *
httpd_head(const struct httpd_request *rq, const char *name, char out[512])
{
	const char *at = strstr(buf_str(&rq->head), "\r\n");
	size_t n = strlen(name);

	*out = '\0';
	for (; at; at = strstr(at, "\r\n")) {
		at += 2;
		if (!strncasecmp(at, name, n) && at[n] == ':') {
			at += n + 1;
			at += strspn(at, " ");
			snprintf(out, 512, "%.*s", (int)strcspn(at, "\r"), at);
			break;
		}
	}
	return out;
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* From at on to the end of the value; in a test's own query every % is good. */
static void
decode(const char *at, char out[512])
{
	size_t n = 0;

	for (; *at && *at != '&' && n < 511; at++) {
		if (*at == '%') {
			out[n++] = (char)(digit(at[1]) * 16 + digit(at[2]));
			at += 2;
		} else {
			out[n++] = *at;
		}
	}
	out[n] = '\0';
}

bool
httpd_param(const char *query, const char *name, char out[512])
{
	size_t n = strlen(name);
	const char *at = query;

	for (; at && *at; at = strchr(at, '&'), at = at ? at + 1 : NULL) {
		if (strncmp(at, name, n) ||
		    (at[n] != '=' && at[n] != '&' && at[n]))
			continue;
		decode(at + n + (at[n] == '='), out);
		return true;
	}
	return false;
}

bool
httpd_answer(struct conn *c, int status, const char *head, const void *body,
	     size_t n)
{
	char top[4096];

	snprintf(top, sizeof(top),
		 "HTTP/1.1 %d Said\r\n%sContent-Length: %zu\r\n\r\n", status,
		 head, n);
	return conn_write(c, top, strlen(top)) &&
	       (!body || conn_write(c, body, n));
}

bool
httpd_text(struct conn *c, int status, const char *body)
{
	return httpd_answer(c, status, "Content-Type: text/plain\r\n", body,
			    strlen(body));
}
