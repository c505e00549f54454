/* What wsapp answers when it is told what to. */
#include "wsapp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_MAX = 512 };

static char seen[SEEN_MAX][256];
static size_t seen_n;

void
seen_add(const char *method, const char *target)
{
	snprintf(seen[seen_n++ % SEEN_MAX], sizeof(seen[0]), "%s %.200s",
		 method, target);
}

void
page_seen(struct conn *c)
{
	struct bytes b = {0};
	size_t i = seen_n > SEEN_MAX ? seen_n - SEEN_MAX : 0;

	for (; i < seen_n; i++)
		bytes_fmt(&b, "%s\n", seen[i % SEEN_MAX]);
	page_simple(c, 200, "text/plain", &b, "");
	bytes_free(&b);
}

static void
add_decoded(struct bytes *b, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char hex[3] = {0}, byte = p[i];

		if (byte == '%' && n - i > 2) {
			memcpy(hex, p + i + 1, 2);
			byte = (char)strtol(hex, NULL, 16);
			i += 2;
		}
		bytes_add(b, &byte, 1);
	}
}

static bool
has_body(const struct conn *c, int status)
{
	return status >= 200 && status != 204 && status != 304 &&
	       strcmp(c->method, "HEAD") != 0;
}

void
page_say(struct conn *c)
{
	const char *p = strchr(c->target, '?');
	int status = p ? (int)strtol(p + 1, NULL, 10) : 200;
	char body[32];

	snprintf(body, sizeof(body), "said %d\n", status);
	bytes_fmt(&c->out, "HTTP/1.1 %d Said\r\n", status);
	while (p && (p = strchr(p, '&'))) {
		p++;
		add_decoded(&c->out, p, strcspn(p, "&"));
		bytes_text(&c->out, "\r\n");
	}
	if (status != 204 && status != 304)
		bytes_fmt(&c->out, "Content-Length: %zu\r\n", strlen(body));
	bytes_text(&c->out, "\r\n");
	if (has_body(c, status))
		bytes_text(&c->out, body);
}

/* ---- Many bytes: each group of four is its own number ---- */

/* "bytes=A-B", "bytes=A-" or "bytes=-N" of N bytes. */
static bool
range(const struct conn *c, uint64_t n, uint64_t *from, uint64_t *to)
{
	char value[64], *end;

	if (!http_header(c, "Range", value, sizeof(value)) ||
	    strncmp(value, "bytes=", 6) != 0)
		return false;
	*to = n - 1;
	*from = strtoull(value + 6, &end, 10);
	if (value[6] == '-')
		*from = n - strtoull(value + 7, NULL, 10);
	else if (*end == '-' && end[1])
		*to = strtoull(end + 1, NULL, 10);
	return *from <= *to && *to < n;
}

void
page_big(struct conn *c)
{
	const char *q = strstr(c->target, "?n=");
	uint64_t n = q ? strtoull(q + 3, NULL, 10) : 0, from = 0, to = 0;
	bool part = range(c, n, &from, &to);

	c->big_at = part ? from : 0;
	c->big_left = part ? to - from + 1 : n;
	bytes_fmt(&c->out,
		  "HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\n"
		  "Accept-Ranges: bytes\r\nContent-Length: %llu\r\n",
		  part ? "206 Part" : "200 OK",
		  (unsigned long long)c->big_left);
	if (part)
		bytes_fmt(&c->out, "Content-Range: bytes %llu-%llu/%llu\r\n",
			  (unsigned long long)from, (unsigned long long)to,
			  (unsigned long long)n);
	bytes_text(&c->out, "\r\n");
	if (strcmp(c->method, "HEAD") == 0)
		c->big_left = 0;
}

void
page_more(struct conn *c)
{
	char fill[16 << 10];
	size_t i, n;

	while (c->big_left && c->out.n < OUT_LOW) {
		n = c->big_left < sizeof(fill) ? (size_t)c->big_left
					       : sizeof(fill);
		for (i = 0; i < n; i++, c->big_at++)
			fill[i] = (char)(c->big_at / 4 >> 8 * (c->big_at % 4));
		bytes_add(&c->out, fill, n);
		c->big_left -= n;
	}
}

/* ---- Answers that do not end by themselves ---- */

void
page_stream(struct conn *c)
{
	bytes_text(&c->out,
		   "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
		   "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
		   "data: begun\n\n");
	c->streaming = true;
}

void
page_push(struct conn *c)
{
	const char *q = strchr(c->target, '?');
	struct bytes b = {0};

	bytes_fmt(&b, "%d\n", conns_push(q ? q + 1 : NULL));
	page_simple(c, 200, "text/plain", &b, "");
	bytes_free(&b);
}
