#include "web/request.h"

#include <string.h>
#include <strings.h>

#include "web/url.h"

/* What is read of a body that is refused, before the client is left alone. */
#define DRAIN_MAX ((size_t)64 << 20)

#define WORD_MAX ((size_t)255)

static const struct {
	const char *name;
	bool unsafe;
} METHODS[METHOD__MAX] = {
#define X(method, name, unsafe) [method] = {name, unsafe},
#include "web/method.def"
#undef X
};

static const char *const VARIABLES[HEADER__MAX] = {
#define X(header, variable) [header] = variable,
#include "web/header.def"
#undef X
};

const char *
method_name(enum method m)
{
	return METHODS[m].name;
}

enum method
method_parse(const char *name)
{
	for (unsigned m = 0; m < METHOD_OTHER; m++)
		if (strcmp(METHODS[m].name, name) == 0)
			return (enum method)m;
	return METHOD_OTHER;
}

bool
method_unsafe(enum method m)
{
	return METHODS[m].unsafe;
}

/* A copy, cut one past what is allowed. */
static const char *
var(struct cx *cx, const struct request_source *src, const char *name,
    size_t most)
{
	const char *value = src->var(src->arg, name);

	return value ? arena_strndup(&cx->arena, value,
				     strnlen(value, most + 1))
		     : NULL;
}

static bool
clean(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return false;
	return true;
}

/* A refused header is NULL afterwards, so that nobody uses it. */
static enum err
read_headers(struct cx *cx, const struct request_source *src,
	     struct request *rq)
{
	enum err e = OK;

	for (unsigned i = 0; i < HEADER__MAX; i++) {
		const char *value =
			var(cx, src, VARIABLES[i], REQUEST_HEADER_MAX);

		if (value &&
		    (strlen(value) > REQUEST_HEADER_MAX || !clean(value))) {
			e = cx_fail(cx, ERR_INVALID,
				    "%s too long or with control characters",
				    VARIABLES[i]);
			value = NULL;
		}
		rq->header[i] = value && *value ? value : NULL;
	}
	return e;
}

/* Decodes a path but for its encoded slashes, which stay as they are. */
static enum err
decode_path(struct cx *cx, const char *raw, size_t n, char **out)
{
	struct buf kept;
	enum err e;

	if (!memchr(raw, '%', n))
		return url_decode(cx, raw, n, false, out);
	buf_init(&kept, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		if (n - i >= 3 && strncasecmp(raw + i, "%2f", 3) == 0)
			buf_puts(&kept, "%25");
		else
			buf_putc(&kept, raw[i]);
	}
	e = url_decode(cx, buf_str(&kept), kept.len, false, out);
	buf_free(&kept);
	return e;
}

static bool
has_dot_segment(const char *path)
{
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if ((n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		path += n;
	}
	return false;
}

static enum err
read_target(struct cx *cx, const struct request_source *src, struct request *rq)
{
	const char *target = var(cx, src, "REQUEST_URI", REQUEST_TARGET_MAX),
		   *mark;
	char *path;
	enum err e;

	if (!target || target[0] != '/')
		return cx_fail(cx, ERR_INVALID, "target is no path");
	if (strlen(target) > REQUEST_TARGET_MAX)
		return cx_fail(cx, ERR_INVALID, "target too long");
	rq->target = target;
	mark = strchr(target, '?');
	rq->query = mark ? mark + 1 : "";
	e = decode_path(cx, target,
			mark ? (size_t)(mark - target) : strlen(target), &path);
	if (e)
		return e;
	if (!clean(path) || strchr(path, '\t') || strpbrk(target, "# ") ||
	    has_dot_segment(path))
		return cx_fail(cx, ERR_INVALID, "odd path");
	rq->path = path;
	return OK;
}

/* The last of a comma-separated list: what the nearest proxy added. */
static const char *
last_of(struct cx *cx, const char *list)
{
	const char *comma = strrchr(list, ',');
	const char *p = comma ? comma + 1 : list;

	p += strspn(p, " \t");
	return arena_strndup(&cx->arena, p, strcspn(p, " \t"));
}

static void
read_client(struct cx *cx, const struct request_source *src, struct request *rq)
{
	const char *https = var(cx, src, "HTTPS", WORD_MAX);
	const char *scheme = var(cx, src, "REQUEST_SCHEME", WORD_MAX);
	const char *remote = var(cx, src, "REMOTE_ADDR", WORD_MAX);
	const char *proto = rq->header[HEADER_FORWARDED_PROTO];
	const char *from = rq->header[HEADER_FORWARDED_FOR];

	rq->https = (https && *https && strcasecmp(https, "off") != 0) ||
		    (scheme && strcmp(scheme, "https") == 0);
	rq->remote = remote && clean(remote) ? remote : "";
	if (src->trust_proxy && proto)
		rq->https = strcasecmp(last_of(cx, proto), "https") == 0;
	if (src->trust_proxy && from)
		rq->remote = last_of(cx, from);
}

/* Bytes that the client announced; DRAIN_MAX when it did not say how many. */
static enum err
announced(struct cx *cx, const struct request *rq, size_t *n)
{
	const char *s = rq->header[HEADER_CONTENT_LENGTH];
	size_t len = 0;

	if (!s) {
		*n = rq->header[HEADER_TRANSFER_ENCODING] ? DRAIN_MAX : 0;
		return OK;
	}
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || len > DRAIN_MAX)
			return cx_fail(cx, ERR_INVALID, "bad Content-Length");
		len = len * 10 + (size_t)(*s - '0');
	}
	*n = len;
	return OK;
}

static enum err
read_body(struct cx *cx, const struct request_source *src, struct request *rq)
{
	struct buf body;
	char block[8192];
	size_t want = 0, got = 0;
	ssize_t n = 0;
	enum err e = announced(cx, rq, &want);

	buf_init(&body, REQUEST_BODY_MAX);
	while (got < want && got < DRAIN_MAX) {
		size_t most = want - got;

		n = src->read(src->arg, block,
			      most < sizeof(block) ? most : sizeof(block));
		if (n <= 0)
			break;
		buf_add(&body, block, (size_t)n);
		got += (size_t)n;
	}
	if (!e && (n < 0 || (got < want && want != DRAIN_MAX)))
		e = cx_fail(cx, ERR_IO, "the body broke off");
	if (!e && body.over)
		e = cx_fail(cx, ERR_TOO_LARGE, "body over %zu bytes",
			    REQUEST_BODY_MAX);
	if (!e) {
		char *copy = arena_alloc(&cx->arena, body.len + 1);

		memcpy(copy, buf_str(&body), body.len);
		rq->body = copy;
		rq->body_len = body.len;
	}
	buf_free(&body);
	return e;
}

enum err
request_read(struct cx *cx, const struct request_source *src,
	     struct request *rq)
{
	const char *method = var(cx, src, "REQUEST_METHOD", 15);
	enum err e, late;

	memset(rq, 0, sizeof(*rq));
	rq->target = rq->path = rq->query = rq->remote = rq->body = "";
	rq->method_name = method ? method : "";
	rq->method = method_parse(rq->method_name);
	e = read_headers(cx, src, rq);
	read_client(cx, src, rq);
	late = read_body(cx, src, rq);
	if (!e)
		e = late;
	late = read_target(cx, src, rq);
	return e ? e : late;
}
