#include "web/route.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENTS 16

/* In order of precedence. */
enum kind { LITERAL, ACTION, PARAM, REST };

struct segment {
	enum kind kind;
	const char *text; /* LITERAL: it; ACTION: ":word" */
	size_t len;
};

struct compiled {
	enum method method;
	size_t row, n;
	struct segment seg[SEGMENTS];
};

struct routes {
	size_t n;
	struct compiled v[];
};

/* A path cut at its slashes, without the first one. */
struct cut {
	const char *at[SEGMENTS];
	size_t len[SEGMENTS];
	size_t n;
	bool more; /* it goes on: only a "*" takes it */
};

static bool
cut_path(const char *path, struct cut *c)
{
	c->n = 0;
	while (*path == '/' && c->n < SEGMENTS) {
		c->at[c->n] = ++path;
		c->len[c->n] = strcspn(path, "/");
		path += c->len[c->n++];
	}
	c->more = *path == '/';
	return (*path == '\0' || c->more) && c->n > 0;
}

static struct segment
compile_segment(const char *p, size_t n)
{
	const char *word;
	struct segment s = {.kind = LITERAL, .text = p, .len = n};

	if (n == 1 && *p == '*') {
		s.kind = REST;
	} else if (n > 1 && *p == ':') {
		word = memchr(p + 1, ':', n - 1);
		s.kind = word ? ACTION : PARAM;
		s.text = word;
		s.len = word ? n - (size_t)(word - p) : 0;
	}
	return s;
}

static enum err
compile(struct cx *cx, const struct route_row *row, size_t i,
	struct compiled *out)
{
	struct cut c;
	size_t params = 0;

	if (!cut_path(row->pattern, &c) || c.more)
		return cx_fail(cx, ERR_CONFIG, "route %s: odd pattern",
			       row->pattern);
	out->method = row->method;
	out->row = i;
	out->n = c.n;
	for (size_t s = 0; s < c.n; s++) {
		out->seg[s] = compile_segment(c.at[s], c.len[s]);
		params += out->seg[s].kind != LITERAL;
		if (out->seg[s].kind == REST && s + 1 < c.n)
			return cx_fail(cx, ERR_CONFIG, "route %s: * not last",
				       row->pattern);
	}
	if (params > ROUTE_PARAMS)
		return cx_fail(cx, ERR_CONFIG, "route %s: over %d parameters",
			       row->pattern, ROUTE_PARAMS);
	return OK;
}

static int
compare_segment(const struct segment *a, const struct segment *b)
{
	int diff;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == PARAM || a->kind == REST)
		return 0;
	diff = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
	if (diff != 0)
		return diff;
	return a->len < b->len ? -1 : a->len > b->len;
}

/* Precedence; 0 only for the same method and shape. */
static int
compare(const void *pa, const void *pb)
{
	const struct compiled *a = pa, *b = pb;

	for (size_t i = 0; i < a->n && i < b->n; i++) {
		int diff = compare_segment(&a->seg[i], &b->seg[i]);

		if (diff != 0)
			return diff;
	}
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->method < b->method ? -1 : a->method > b->method;
}

enum err
routes_make(struct cx *cx, const struct route_row *rows, size_t n,
	    struct routes **out)
{
	struct routes *rs = calloc(1, sizeof(*rs) + n * sizeof(*rs->v));
	enum err e = OK;

	if (!rs)
		abort();
	rs->n = n;
	for (size_t i = 0; i < n && !e; i++)
		e = compile(cx, &rows[i], i, &rs->v[i]);
	if (!e)
		qsort(rs->v, n, sizeof(*rs->v), compare);
	for (size_t i = 1; i < n && !e; i++)
		if (compare(&rs->v[i - 1], &rs->v[i]) == 0)
			e = cx_fail(cx, ERR_CONFIG, "route %s stands twice",
				    rows[rs->v[i].row].pattern);
	if (e) {
		free(rs);
		return e;
	}
	*out = rs;
	return OK;
}

void
routes_free(struct routes *rs)
{
	free(rs);
}

static bool
ends_with(const char *p, size_t n, const struct segment *s)
{
	return n > s->len && memcmp(p + n - s->len, s->text, s->len) == 0 &&
	       !memchr(p, ':', n - s->len);
}

static bool
segment_fits(const struct segment *s, const char *p, size_t n)
{
	switch (s->kind) {
	case LITERAL:
		return n == s->len && memcmp(p, s->text, n) == 0;
	case ACTION:
		return ends_with(p, n, s);
	case PARAM:
		return n > 0 && !memchr(p, ':', n);
	case REST:
	default:
		return true;
	}
}

static bool
fits(const struct compiled *r, const struct cut *c)
{
	bool rest = r->seg[r->n - 1].kind == REST;

	if (rest ? c->n < r->n : c->n != r->n || c->more)
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!segment_fits(&r->seg[i], c->at[i], c->len[i]))
			return false;
	return true;
}

static void
take_params(struct cx *cx, const struct compiled *r, const struct cut *c,
	    struct route_match *m)
{
	m->row = r->row;
	m->n_param = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct segment *s = &r->seg[i];
		size_t n = c->len[i];

		if (s->kind == LITERAL)
			continue;
		if (s->kind == ACTION)
			n -= s->len;
		if (s->kind == REST)
			n = strlen(c->at[i]);
		m->param[m->n_param++] = arena_strndup(&cx->arena, c->at[i], n);
	}
}

static bool
method_fits(enum method row, enum method asked)
{
	return row == METHOD_ANY || row == asked ||
	       (row == METHOD_GET && asked == METHOD_HEAD);
}

static const char *
allow(struct cx *cx, unsigned methods)
{
	const char *list = "";

	if (methods & 1u << METHOD_GET)
		methods |= 1u << METHOD_HEAD;
	for (unsigned m = 0; m < METHOD_OTHER; m++)
		if (methods & 1u << m)
			list = arena_printf(&cx->arena, "%s%s%s", list,
					    *list ? ", " : "",
					    method_name((enum method)m));
	return list;
}

enum err
route_find(struct cx *cx, const struct routes *rs, enum method method,
	   const char *path, struct route_match *m)
{
	struct cut c;
	unsigned methods = 0;

	m->allow = NULL;
	if (!cut_path(path, &c))
		return cx_fail(cx, ERR_NOT_FOUND, "no such path");
	for (size_t i = 0; i < rs->n; i++) {
		if (!fits(&rs->v[i], &c))
			continue;
		if (method_fits(rs->v[i].method, method)) {
			take_params(cx, &rs->v[i], &c, m);
			return OK;
		}
		methods |= 1u << rs->v[i].method;
	}
	if (!methods)
		return cx_fail(cx, ERR_NOT_FOUND, "no such path");
	m->allow = allow(cx, methods);
	return cx_fail(cx, ERR_METHOD, "only %s", m->allow);
}
