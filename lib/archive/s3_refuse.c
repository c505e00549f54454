/* What an object store says when it does not do what it was asked. */
#include <stdint.h>
#include <string.h>

#include "archive/s3_part.h"
#include "archive/s3_xml.h"

static const struct {
	const char *code;
	enum err err;
	const char *todo;
} refusals[] = {
#define X(code, err, todo) {code, err, todo},
#include "archive/s3_error.def"
#undef X
};

enum err
s3_fail(struct cx *cx, const struct s3 *s3, enum err e,
	const struct s3_ask *ask, const char *why)
{
	return cx_fail(cx, e, "object store %s, bucket %s: cannot %s: %s",
		       s3->url, cx->site->s3_bucket, ask->what, why);
}

static void
take_plain(const char *text, char *out, size_t max)
{
	size_t n = 0;

	for (; *text && n + 1 < max; text++)
		out[n++] = *text >= ' ' && *text < 127 ? *text : '?';
	out[n] = '\0';
}

static bool
on_error(void *arg, const char *path, const char *text)
{
	struct s3_refusal *r = arg;

	if (!strcmp(path, "Error/Code"))
		take_plain(text, r->code, sizeof(r->code));
	else if (!strcmp(path, "Error/Message"))
		take_plain(text, r->message, sizeof(r->message));
	return true;
}

static size_t
refusal_find(const char *code)
{
	size_t i, n = sizeof(refusals) / sizeof(refusals[0]);

	for (i = 0; i < n && strcmp(refusals[i].code, code); i++)
		;
	return i < n ? i : SIZE_MAX;
}

enum err
s3_refuse(struct cx *cx, const struct s3 *s3, const struct s3_ask *ask,
	  int status, const struct s3_refusal *r)
{
	const char *code =
		*r->code ? r->code : arena_printf(&cx->arena, "%d", status);
	size_t i = refusal_find(code);
	enum err e = status >= 500 ? ERR_UNREACHABLE : ERR_ACTION;
	const char *todo = "it does not say more";

	if (i == SIZE_MAX && *r->code && status != 404)
		i = refusal_find(arena_printf(&cx->arena, "%d", status));
	if (i != SIZE_MAX) {
		e = refusals[i].err;
		todo = refusals[i].todo;
	}
	return s3_fail(cx, s3, e, ask,
		       arena_printf(&cx->arena, "%s%s: %s%s%s",
				    *r->code ? "" : "status ", code, todo,
				    *r->message ? ": " : "", r->message));
}

void
s3_read_refusal(struct cx *cx, const struct buf *body, struct s3_refusal *r)
{
	const struct s3_xml to = {on_error, r};

	*r = (struct s3_refusal){.code = ""};
	if (!body->len)
		return;
	/* Another server's page is no refusal of a store. */
	if (s3_xml_read(cx, body->data, body->len, &to)) {
		*r = (struct s3_refusal){.code = ""};
		cx_clear(cx);
	}
}

enum err
s3_refused(struct cx *cx, const struct s3 *s3, const struct s3_ask *ask,
	   const struct http_answer *a)
{
	struct s3_refusal r;

	s3_read_refusal(cx, &a->body, &r);
	return s3_refuse(cx, s3, ask, a->status, &r);
}
