/* What is in a bucket, page by page. */
#include <stdlib.h>
#include <string.h>

#include "archive/s3_object.h"
#include "archive/s3_part.h"
#include "archive/s3_xml.h"

#define PAGE_MOST ((size_t)8 << 20)
/* A server may invent names, and pages without any: then a listing would have
 * no end. */
#define ITEMS_MOST ((size_t)1 << 20)
#define EMPTY_MOST 100 /* pages in a row */
#define OBJECTS "ListBucketResult"
#define UPLOADS "ListMultipartUploadsResult"

struct listing {
	struct cx *cx;
	struct s3_items *out;
	const char *prefix; /* of the site's objects */
	const char *begin;  /* of what is asked for, that included */
	bool uploads;
	int empty;	     /* pages without an item, just now */
	struct s3_item item; /* the one at work */
	bool whole;	     /* the page was one */
	bool more;	     /* there is a further one, after: */
	const char *token, *upload;
};

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Names come percent-encoded: a strange one must not break the XML. */
static const char *
decode(struct cx *cx, const char *s)
{
	char *out = arena_strdup(&cx->arena, s), *to = out;

	for (; *s; s++) {
		if (*s == '%' && digit(s[1]) >= 0 && digit(s[2]) >= 0) {
			*to++ = (char)(digit(s[1]) * 16 + digit(s[2]));
			s += 2;
		} else {
			*to++ = *s == '+' ? ' ' : *s;
		}
	}
	*to = '\0';
	return out;
}

static void
add(struct listing *l)
{
	struct s3_items *o = l->out;

	if (o->n == o->cap) {
		size_t more = o->cap ? o->cap * 2 : 64;
		struct s3_item *v =
			arena_array(&l->cx->arena, more, sizeof(*v));

		if (o->n)
			memcpy(v, o->v, o->n * sizeof(*v));
		o->v = v;
		o->cap = more;
	}
	o->v[o->n++] = l->item;
}

static bool
take_size(struct listing *l, const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	l->item.size = n;
	return n >= 0 && end != text && !*end;
}

static bool
take_name(struct listing *l, const char *text)
{
	text = decode(l->cx, text);
	/* Another name than was asked for: it does not do what we ask. */
	if (strncmp(text, l->begin, strlen(l->begin)) != 0)
		return false;
	l->item.object = text + strlen(l->prefix);
	return true;
}

static bool
end_item(struct listing *l)
{
	if (!l->item.object || (l->uploads && !l->item.upload))
		return false;
	add(l);
	l->item = (struct s3_item){.object = NULL};
	return true;
}

static bool
on_object(void *arg, const char *path, const char *text)
{
	struct listing *l = arg;

	if (!strcmp(path, OBJECTS "/Contents/Key"))
		return take_name(l, text);
	if (!strcmp(path, OBJECTS "/Contents/Size"))
		return take_size(l, text);
	if (!strcmp(path, OBJECTS "/Contents/ETag"))
		s3_unquote(text, l->item.etag);
	else if (!strcmp(path, OBJECTS "/Contents"))
		return end_item(l);
	else if (!strcmp(path, OBJECTS "/IsTruncated"))
		l->more = !strcmp(text, "true");
	else if (!strcmp(path, OBJECTS "/NextContinuationToken"))
		l->token = arena_strdup(&l->cx->arena, text);
	else if (!strcmp(path, OBJECTS))
		l->whole = true;
	return true;
}

static bool
on_upload(void *arg, const char *path, const char *text)
{
	struct listing *l = arg;

	if (!strcmp(path, UPLOADS "/Upload/Key"))
		return take_name(l, text);
	if (!strcmp(path, UPLOADS "/Upload/UploadId"))
		l->item.upload = arena_strdup(&l->cx->arena, text);
	else if (!strcmp(path, UPLOADS "/Upload"))
		return end_item(l);
	else if (!strcmp(path, UPLOADS "/IsTruncated"))
		l->more = !strcmp(text, "true");
	else if (!strcmp(path, UPLOADS "/NextKeyMarker"))
		l->token = decode(l->cx, text);
	else if (!strcmp(path, UPLOADS "/NextUploadIdMarker"))
		l->upload = arena_strdup(&l->cx->arena, text);
	else if (!strcmp(path, UPLOADS))
		l->whole = true;
	return true;
}

static size_t
question(const struct listing *l, const struct s3 *s3, struct s3_pair q[8])
{
	size_t n = 0;

	q[n++] = (struct s3_pair){"prefix", l->begin};
	q[n++] = (struct s3_pair){"encoding-type", "url"};
	q[n++] = (struct s3_pair){l->uploads ? "max-uploads" : "max-keys",
				  arena_printf(&l->cx->arena, "%d", s3->page)};
	if (l->uploads)
		q[n++] = (struct s3_pair){"uploads", ""};
	else
		q[n++] = (struct s3_pair){"list-type", "2"};
	if (!l->token)
		return n;
	q[n++] = (struct s3_pair){l->uploads ? "key-marker"
					     : "continuation-token",
				  l->token};
	if (l->upload)
		q[n++] = (struct s3_pair){"upload-id-marker", l->upload};
	return n;
}

static enum err
read_page(struct cx *cx, struct s3 *s3, struct listing *l,
	  const struct s3_ask *ask, const struct http_answer *a)
{
	const struct s3_xml to = {l->uploads ? on_upload : on_object, l};
	const char *before = l->token, *upload = l->upload;
	size_t had = l->out->n;
	enum err e;

	l->whole = l->more = false;
	if ((e = s3_xml_read(cx, a->body.data, a->body.len, &to)))
		return s3_told(cx, s3, ask, e);
	if (!l->whole)
		return s3_fail(cx, s3, ERR_UNREACHABLE, ask,
			       "the answer is no listing: is s3_endpoint an"
			       " object store?");
	/* A page that leads to itself would never end. */
	if (l->more && (!l->token || (before && !strcmp(before, l->token) &&
				      (!upload || !l->upload ||
				       !strcmp(upload, l->upload)))))
		return s3_fail(cx, s3, ERR_UNREACHABLE, ask,
			       "the listing does not go on where it should");
	l->empty = l->out->n > had ? 0 : l->empty + 1;
	if (l->more && (l->empty >= EMPTY_MOST || l->out->n >= ITEMS_MOST))
		return s3_fail(cx, s3, ERR_TOO_LARGE, ask,
			       "the listing is longer than one may be");
	return OK;
}

enum err
s3_list(struct cx *cx, struct s3 *s3, const char *begin, bool uploads,
	const struct progress *pg, struct s3_items *out)
{
	struct listing l = {.cx = cx,
			    .out = out,
			    .prefix = cx->site->s3_prefix,
			    .begin = arena_printf(&cx->arena, "%s%s",
						  cx->site->s3_prefix, begin),
			    .uploads = uploads};
	struct s3_pair query[8];
	struct s3_ask ask = {.what = uploads ? "list unfinished uploads"
					     : "list objects",
			     .method = "GET",
			     .query = query,
			     .most = PAGE_MOST};
	struct http_answer a;
	enum err e;

	do {
		ask.n_query = question(&l, s3, query);
		if ((e = s3_do(cx, s3, &ask, pg, &a)))
			return e;
		e = read_page(cx, s3, &l, &ask, &a);
		http_free(&a);
	} while (!e && l.more);
	return e;
}
