/* Requests: the head, and bodies of known length or in chunks. */
#include "wsapp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void
refuse(struct conn *c, int status)
{
	struct bytes body = {0};

	bytes_text(&body, "bad request\n");
	page_simple(c, status, "text/plain", &body, "");
	bytes_free(&body);
	c->closing = true;
}

bool
http_header(const struct conn *c, const char *name, char *value, size_t size)
{
	const char *p = c->head.p, *end = p + c->head.n;
	size_t len = strlen(name);

	while ((p = memchr(p, '\n', (size_t)(end - p))) && ++p < end) {
		const char *stop = memchr(p, '\r', (size_t)(end - p));

		if (!stop || (size_t)(stop - p) <= len || p[len] != ':' ||
		    strncasecmp(p, name, len) != 0)
			continue;
		for (p += len + 1; p < stop && isblank((unsigned char)*p); p++)
			;
		snprintf(value, size, "%.*s", (int)(stop - p), p);
		return true;
	}
	return false;
}

/* A path outside the base is left whole, and so not found. */
static void
base_strip(char *target)
{
	size_t len = app.base ? strlen(app.base) : 0;

	if (len > 1 && strncmp(target, app.base, len) == 0)
		memmove(target + 1, target + len, strlen(target + len) + 1);
}

static void
body_begin(struct conn *c)
{
	char value[64];

	c->chunk = CHUNK_NONE;
	c->left = 0;
	if (http_header(c, "Transfer-Encoding", value, sizeof(value)))
		c->chunk = CHUNK_SIZE;
	else if (http_header(c, "Content-Length", value, sizeof(value)))
		c->left = strtoull(value, NULL, 10);
	c->body_size = 0;
	c->body.n = 0;
	c->sum = EVP_MD_CTX_new();
	if (!c->sum || !EVP_DigestInit_ex(c->sum, EVP_sha256(), NULL))
		abort();
	if (http_header(c, "Expect", value, sizeof(value)))
		bytes_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	c->mode = MODE_BODY;
}

/* True when a whole head was there. */
static bool
head_take(struct conn *c)
{
	char *end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4);

	if (!end) {
		if (c->in.n > HEAD_MAX)
			refuse(c, 431);
		return false;
	}
	c->head.n = 0;
	bytes_add(&c->head, c->in.p, (size_t)(end - c->in.p) + 2);
	bytes_add(&c->head, "", 1);
	c->head.n--;
	bytes_drop(&c->in, (size_t)(end - c->in.p) + 4);
	if (sscanf(c->head.p, "%15s %4095s HTTP/1.", c->method, c->target) !=
	    2) {
		refuse(c, 400);
		return false;
	}
	seen_add(c->method, c->target);
	base_strip(c->target);
	body_begin(c);
	return true;
}

static void
body_eat(struct conn *c)
{
	size_t n = c->in.n < c->left ? c->in.n : (size_t)c->left;

	if (!EVP_DigestUpdate(c->sum, c->in.p, n))
		abort();
	c->body_size += n;
	if (strncmp(c->target, "/put/", 5) == 0 && c->body.n + n <= PUT_MAX)
		bytes_add(&c->body, c->in.p, n);
	bytes_drop(&c->in, n);
	c->left -= n;
}

/* One line of the chunked framing; true when it was there. */
static bool
line_take(struct conn *c, char *line, size_t size)
{
	char *end = c->in.n ? memchr(c->in.p, '\n', c->in.n) : NULL;

	if (!end)
		return false;
	snprintf(line, size, "%.*s", (int)(end - c->in.p), c->in.p);
	bytes_drop(&c->in, (size_t)(end - c->in.p) + 1);
	return true;
}

/* One step through a chunked body; true when it got further. */
static bool
chunk_step(struct conn *c)
{
	char line[256];

	if (c->chunk == CHUNK_DATA) {
		body_eat(c);
		if (c->left == 0)
			c->chunk = CHUNK_END;
		return c->left == 0;
	}
	if (!line_take(c, line, sizeof(line)))
		return false;
	if (c->chunk == CHUNK_SIZE) {
		c->left = strtoull(line, NULL, 16);
		c->chunk = c->left ? CHUNK_DATA : CHUNK_TRAILER;
	} else if (c->chunk == CHUNK_END) {
		c->chunk = CHUNK_SIZE;
	} else if (line[0] == '\r' || line[0] == '\0') {
		c->chunk = CHUNK_NONE;
	}
	return true;
}

/* True when the body is complete. */
static bool
body_take(struct conn *c)
{
	while (c->chunk != CHUNK_NONE)
		if (!chunk_step(c))
			return false;
	if (c->left)
		body_eat(c);
	return c->left == 0;
}

static void
answer(struct conn *c)
{
	char value[64];

	if (ws_wanted(c)) {
		ws_accept(c);
	} else {
		page_answer(c);
		c->mode = MODE_HEAD;
	}
	if (c->mode != MODE_WS && !c->streaming &&
	    http_header(c, "Connection", value, sizeof(value)) &&
	    strncasecmp(value, "close", 5) == 0)
		c->closing = true;
	EVP_MD_CTX_free(c->sum);
	c->sum = NULL;
}

void
http_take(struct conn *c)
{
	while (!c->closing && c->mode != MODE_WS && !c->big_left &&
	       !c->streaming) {
		if (c->mode == MODE_HEAD && !head_take(c))
			return;
		if (!body_take(c))
			return;
		answer(c);
	}
}
