/*
 * An object store, or whatever stands at its address: the connection
 * (net/peer.h) is played with the input, a byte that chooses what is asked,
 * then answers: "STATUS lines of a head", an empty line, a body, 0xff.
 */
#include <stdio.h>
#include <string.h>

#include "archive/s3_object.h"
#include "archive/s3_part.h"
#include "archive/s3_xml.h"
#include "base/clock.h"
#include "fuzz.h"

#define ANSWERS 16

struct peer_call {
	struct http_answer answer;
	const char *body;
	size_t left;
};

static struct {
	const char *at;
	size_t left;
	int asked;
} wire;

/* Up to 0xff, or all of it. */
static struct peer_call *
next_answer(void)
{
	struct peer_call *c = calloc(1, sizeof(*c));
	const char *end = memchr(wire.at, 0xff, wire.left);
	size_t n = end ? (size_t)(end - wire.at) : wire.left, head = 0;
	char status[8] = {0};

	while (head < n &&
	       memcmp(wire.at + head, "\n\n", n - head < 2 ? n - head : 2) != 0)
		head++;
	memcpy(status, wire.at, n < 3 ? n : 3);
	c->answer.status = (int)strtol(status, NULL, 10);
	buf_init(&c->answer.head, 65536);
	buf_printf(&c->answer.head, "HTTP/1.1 ");
	for (size_t i = 0; i < head; i++)
		buf_printf(&c->answer.head, wire.at[i] == '\n' ? "\r\n" : "%c",
			   wire.at[i]);
	buf_printf(&c->answer.head, "\r\n\r\n");
	head = head + 2 > n ? n : head + 2;
	c->body = wire.at + head;
	c->left = n - head;
	wire.at += end ? n + 1 : n;
	wire.left -= end ? n + 1 : n;
	return c;
}

/* ---- The connection ---- */

enum err
peer_open(struct cx *cx, const struct peer_at *at, struct peer **h)
{
	(void)at;
	*h = NULL;
	return cx_fail(cx, ERR_UNREACHABLE, "nobody opens one here");
}

void
peer_close(struct peer *h)
{
	MUST(!h);
}

enum err
peer_begin(struct cx *cx, struct peer *h, const struct peer_request *rq,
	   int64_t length, struct peer_call **c)
{
	(void)h;
	(void)length;
	MUST(rq->path[0] == '/' && !strpbrk(rq->path, " \r\n"));
	for (size_t i = 0; rq->head && rq->head[i]; i++)
		MUST(!strpbrk(rq->head[i], "\r\n"));
	if (!wire.left || wire.asked++ == ANSWERS)
		return cx_fail(cx, ERR_UNREACHABLE, "it does not answer");
	*c = next_answer();
	return OK;
}

enum err
peer_wait(struct cx *cx, struct peer_call *c, const struct http_answer **a)
{
	(void)cx;
	*a = &c->answer;
	return OK;
}

enum err
peer_read(struct cx *cx, struct peer_call *c, void *p, size_t max, size_t *n)
{
	(void)cx;
	*n = c->left < max ? c->left : max;
	memcpy(p, c->body, *n);
	c->body += *n;
	c->left -= *n;
	return OK;
}

void
peer_end(struct peer_call *c)
{
	if (!c)
		return;
	buf_free(&c->answer.head);
	free(c);
}

/* ---- What is asked ---- */

static bool
patient(void *arg, int64_t done, int64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return false;
}

static void
list(struct cx *cx, struct s3 *s3, const struct progress *pg, bool uploads)
{
	struct s3_items items = {0};

	if (s3_list(cx, s3, "ws/", uploads, pg, &items))
		return;
	for (size_t i = 0; i < items.n; i++) {
		MUST(items.v[i].object && items.v[i].size >= 0);
		MUST(!uploads || items.v[i].upload);
		MUST(strlen(items.v[i].etag) < S3_ETAG_MAX);
	}
}

static void
look(struct cx *cx, struct s3 *s3, const struct progress *pg)
{
	struct s3_item item;
	bool there = false;

	if (!s3_look(cx, s3, "ws/one", pg, &item, &there) && there)
		MUST(!strcmp(item.object, "ws/one") && item.size >= 0);
}

static void
refusal(struct cx *cx, const struct s3 *s3)
{
	const struct s3_ask ask = {.what = "try", .method = "GET"};
	struct peer_call *c = next_answer();
	struct http_answer a = {.status = c->answer.status};
	char etag[S3_ETAG_MAX];

	s3_etag(cx, &c->answer, etag);
	MUST(strlen(etag) < S3_ETAG_MAX && !strpbrk(etag, "\r\n\""));
	buf_init(&a.body, 65536);
	buf_add(&a.body, c->body, c->left);
	MUST(s3_refused(cx, s3, &ask, &a) != OK);
	buf_free(&a.body);
	peer_end(c);
}

static void
ask(struct cx *cx, struct s3 *s3, unsigned what)
{
	const struct progress pg = {.tell = patient,
				    .deadline_ms = clock_mono_ms()};

	switch (what % 5) {
	case 0:
		list(cx, s3, &pg, false);
		break;
	case 1:
		list(cx, s3, &pg, true);
		break;
	case 2:
		look(cx, s3, &pg);
		break;
	case 3:
		if (s3_put(cx, s3, "ws/one", "x", 1, NULL, &pg))
			MUST(cx->why[0]);
		break;
	default:
		refusal(cx, s3);
	}
}

#define SECRET "SECRET-OF-OURS"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct site site = {.s3_bucket = "fuzz",
				  .s3_prefix = "roost/",
				  .s3_region = "here"};
	struct cx cx = {.site = &site};
	struct s3 s3 = {.url = "http://store",
			.host = "store",
			.root = "/fuzz",
			.keys = {"ID", SECRET, ""},
			.page = 100};

	if (!n)
		return 0;
	wire.at = (const char *)data + 1;
	wire.left = n - 1;
	wire.asked = 0;
	ask(&cx, &s3, data[0]);
	/* One line for the operator, without what is secret. */
	for (const char *p = cx.why; *p; p++)
		MUST((unsigned char)*p >= ' ');
	/* Unless the server itself has said it: the fuzzer sees comparisons. */
	MUST(!strstr(cx.why, SECRET) ||
	     memmem(data, n, SECRET, strlen(SECRET)));
	cx_end(&cx);
	return 0;
}
