#include "web/response.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const struct {
	int status;
	const char *reason;
} REASONS[] = {
#define X(status, reason) {status, reason},
#include "web/status.def"
#undef X
};

const char *
response_reason(int status)
{
	for (size_t i = 0; i < sizeof(REASONS) / sizeof(*REASONS); i++)
		if (REASONS[i].status == status)
			return REASONS[i].reason;
	return "Other";
}

void
response_init(struct response *rp)
{
	memset(rp, 0, sizeof(*rp));
	buf_init(&rp->body, RESPONSE_BODY_MAX);
}

void
response_free(struct response *rp)
{
	buf_free(&rp->body);
}

void
response_header(struct response *rp, const char *name, const char *value)
{
	assert(rp->n_header < RESPONSE_HEADERS);
	rp->header[rp->n_header].name = name;
	rp->header[rp->n_header++].value = value;
}

const char *
response_find(const struct response *rp, const char *name)
{
	for (size_t i = 0; i < rp->n_header; i++)
		if (strcasecmp(rp->header[i].name, name) == 0)
			return rp->header[i].value;
	return NULL;
}

void
response_redirect(struct response *rp, int status, const char *location)
{
	rp->status = status;
	rp->view = NULL;
	rp->page = NULL;
	response_header(rp, "Location", location);
}

void
response_etag(struct cx *cx, struct response *rp, const char *tag)
{
	response_header(rp, "ETag", arena_printf(&cx->arena, "\"%s\"", tag));
}

/* Is "tag" (n bytes, without quotes) in the list? */
static bool
listed(const char *p, const char *tag, size_t n)
{
	while (p && *p) {
		p += strspn(p, " \t,");
		if (*p == '*')
			return true;
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (p[0] == '"' && strncmp(p + 1, tag, n) == 0 &&
		    p[n + 1] == '"')
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

bool
etag_matches(const char *header, const char *tag)
{
	return listed(header, tag, strlen(tag));
}

bool
etag_listed(const char *header, const char *etag)
{
	return listed(header, etag + 1, strlen(etag) - 2);
}

static void
clean_value(struct buf *out, const char *s)
{
	while (*s) {
		const char *from = s;

		while ((unsigned char)*s >= ' ' && *s != 127)
			s++;
		buf_add(out, from, (size_t)(s - from));
		if (!*s)
			return;
		buf_putc(out, ' ');
		s++;
	}
}

static void
head_line(struct buf *out, const char *name, const char *value)
{
	buf_puts(out, name);
	buf_puts(out, ": ");
	clean_value(out, value);
	buf_puts(out, "\r\n");
}

void
response_head(const struct response *rp, struct buf *out)
{
	int status = rp->status ? rp->status : 200;

	buf_printf(out, "Status: %d %s\r\n", status, response_reason(status));
	if (rp->type)
		head_line(out, "Content-Type", rp->type);
	for (size_t i = 0; i < rp->n_header; i++)
		head_line(out, rp->header[i].name, rp->header[i].value);
	buf_puts(out, "\r\n");
}
