/* Lines "VARIABLE value", an empty line, a body. */
#include <string.h>

#include "fuzz.h"
#include "web/accept.h"
#include "web/cookie.h"
#include "web/request.h"
#include "web/response.h"
#include "web/url.h"

#define LINES 64

struct input {
	char *text, *line[LINES];
	size_t n;
	const char *body;
	size_t left;
};

static const char *
get(void *arg, const char *name)
{
	struct input *in = arg;
	size_t len = strlen(name);

	for (size_t i = 0; i < in->n; i++)
		if (strncmp(in->line[i], name, len) == 0 &&
		    in->line[i][len] == ' ')
			return in->line[i] + len + 1;
	return NULL;
}

static ssize_t
take(void *arg, void *p, size_t n)
{
	struct input *in = arg;

	n = n < in->left ? n : in->left;
	memcpy(p, in->body, n);
	in->body += n;
	in->left -= n;
	return (ssize_t)n;
}

static void
split(struct input *in, const uint8_t *data, size_t n)
{
	char *p, *end;

	in->text = malloc(n + 1);
	memcpy(in->text, data, n);
	in->text[n] = '\0';
	end = in->text + n;
	for (p = in->text; in->n < LINES && p < end && *p != '\n';) {
		char *eol = memchr(p, '\n', (size_t)(end - p));

		in->line[in->n++] = p;
		if (!eol)
			eol = end;
		*eol = '\0';
		p = eol < end ? eol + 1 : end;
	}
	in->body = p;
	in->left = (size_t)(end - p);
}

static void
use(struct cx *cx, const struct request *rq)
{
	static const char *const langs[] = {"en", "ko"};
	const char *cookie = cookie_get(cx, rq->header[HEADER_COOKIE], "s");

	MUST(accept_language(rq->header[HEADER_ACCEPT_LANGUAGE], langs, 2) < 2);
	MUST(!accept_navigation(rq) || rq->method == METHOD_GET);
	(void)accept_html(rq);
	MUST(!cookie || !strchr(cookie, ';'));
	(void)request_from(cx, rq, "");
	MUST(!strpbrk(request_origin(cx, rq, ""), " \r\n\"'<>"));
	(void)etag_matches(rq->header[HEADER_IF_NONE_MATCH], "7");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	struct input in = {0};
	struct request rq;
	struct request_source src = {get, take, &in, n & 1};
	enum err e;

	split(&in, data, n);
	e = request_read(&cx, &src, &rq);
	MUST(rq.path && rq.target && rq.query && rq.body && rq.remote);
	MUST(rq.body_len <= REQUEST_BODY_MAX);
	if (!e) {
		MUST(rq.path[0] == '/' && rq.target[0] == '/');
		MUST(utf8_valid(rq.path, strlen(rq.path)));
		MUST(!strstr(rq.path, "/../"));
		for (const char *p = rq.path; *p; p++)
			MUST((unsigned char)*p >= ' ');
	}
	for (int h = 0; h < HEADER__MAX; h++)
		MUST(!rq.header[h] || !strpbrk(rq.header[h], "\r\n"));
	use(&cx, &rq);
	free(in.text);
	cx_end(&cx);
	return 0;
}
