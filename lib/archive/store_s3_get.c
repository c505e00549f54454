/* Reading an object: one stream, which goes on where it was cut; and a link
 * from which a person reads it. */
#include <stdlib.h>
#include <string.h>

#include "archive/s3_part.h"
#include "archive/store_s3.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/uri.h"

struct store_reader {
	struct s3 *s3;
	struct peer_call *call; /* NULL: to be begun, from `at` on */
	struct progress pg;
	const struct progress *with; /* &pg, or NULL */
	char *object;
	char etag[S3_ETAG_MAX];
	int64_t at, size;
	struct s3_again again;
};

static bool
read_number(const char *s, const char *before, int64_t *out)
{
	size_t n = strlen(before);
	char *end;

	if (!s || strncmp(s, before, n) != 0 || !s[n] ||
	    !strchr("0123456789", s[n]))
		return false;
	*out = strtoll(s + n, &end, 10);
	return *out >= 0;
}

static enum err
check_start(struct cx *cx, struct store_reader *r, const struct s3_ask *ask,
	    const struct http_answer *a)
{
	int64_t from = 0;

	if (r->at && (a->status != 206 ||
		      !read_number(http_header(cx, a, "Content-Range"),
				   "bytes ", &from) ||
		      from != r->at))
		return s3_fail(cx, r->s3, ERR_IO, ask,
			       "it does not go on where it was cut");
	if (r->at)
		return OK;
	if (!read_number(http_header(cx, a, "Content-Length"), "", &r->size))
		return s3_fail(cx, r->s3, ERR_UNREACHABLE, ask,
			       "the answer does not say its length");
	s3_etag(cx, a, r->etag);
	return OK;
}

/* From where we are, and of no other object than the one we began with. */
static enum err
begin(struct cx *cx, struct store_reader *r)
{
	const char *head[3] = {NULL};
	struct s3_ask ask = {.what = "read an archive",
			     .method = "GET",
			     .object = r->object,
			     .head = head};
	const struct http_answer *a;
	enum err e;

	if (r->at) {
		head[0] = arena_printf(&cx->arena, "range: bytes=%lld-",
				       (long long)r->at);
		head[1] = arena_printf(&cx->arena, "if-match: \"%s\"", r->etag);
	}
	if ((e = s3_begin(cx, r->s3, &ask, r->with, &r->call, &a))) {
		r->call = NULL;
		return s3_told(cx, r->s3, &ask, e);
	}
	if ((e = check_start(cx, r, &ask, a))) {
		peer_end(r->call);
		r->call = NULL;
	}
	return e;
}

static enum err
begin_patiently(struct cx *cx, struct store_reader *r)
{
	enum err e;

	do {
		e = begin(cx, r);
	} while (s3_again(cx, r->s3, &r->again, &e));
	return e;
}

enum err
s3_get_open(struct cx *cx, const char *key, const struct progress *pg,
	    struct store_reader **out)
{
	struct store_reader *r;
	struct s3 *s3;
	enum err e;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_GET))
		return cx_fail(cx, ERR_IO, "fault: open archive %s", key);
	if ((e = s3_ours(cx, pg, &s3)))
		return e;
	r = calloc(1, sizeof(*r));
	if (!r || !(r->object = strdup(s3_name(cx, key, SPOT_OBJECT))))
		abort(); /* out of memory: crash-only */
	r->s3 = s3;
	if (pg) {
		r->pg = *pg;
		r->with = &r->pg;
	}
	s3_retry(&r->again, r->with);
	if ((e = begin_patiently(cx, r))) {
		s3_get_close(r);
		return e == ERR_NOT_FOUND
			       ? cx_fail(cx, e, "there is no archive %s", key)
			       : e;
	}
	*out = r;
	return OK;
}

/* A stream that ends before its end was cut. */
static enum err
read_some(struct cx *cx, struct store_reader *r, void *p, size_t max, size_t *n)
{
	enum err e;

	if (!r->call && (e = begin(cx, r)))
		return e;
	e = peer_read(cx, r->call, p, max, n);
	if (!e && !*n && r->at < r->size)
		e = cx_fail(cx, ERR_UNREACHABLE,
			    "the archive was cut after %lld of %lld bytes",
			    (long long)r->at, (long long)r->size);
	if (e) {
		peer_end(r->call);
		r->call = NULL;
	}
	return e;
}

enum err
s3_get_read(struct cx *cx, struct store_reader *r, void *p, size_t max,
	    size_t *n)
{
	enum err e;

	do {
		e = read_some(cx, r, p, max, n);
	} while (s3_again(cx, r->s3, &r->again, &e));
	if (e)
		return e;
	/* It gets ahead: the next cut has all its tries. */
	if (*n)
		r->again.retry.n = 0;
	r->at += (int64_t)*n;
	return OK;
}

void
s3_get_close(struct store_reader *r)
{
	if (!r)
		return;
	peer_end(r->call);
	free(r->object);
	free(r);
}

enum err
s3_link(struct cx *cx, const char *key, const char *name, int seconds,
	const char **url)
{
	const struct s3_pair query[] = {
		{"response-content-disposition",
		 arena_printf(&cx->arena, "attachment; filename=\"%s\"",
			      name)}};
	struct s3_signed w = {.method = "GET",
			      .query = query,
			      .n_query = 1,
			      .region = cx->site->s3_region};
	struct s3 *s3;
	enum err e;

	if ((e = spot_key(cx, key)) || (e = s3_open(cx, &s3)))
		return e;
	w.host = s3->host;
	w.at_ms = clock_now_ms() + s3->skew_ms;
	w.path = uri_encode_path(cx,
				 arena_printf(&cx->arena, "%s/%s%s", s3->root,
					      cx->site->s3_prefix,
					      s3_name(cx, key, SPOT_OBJECT)));
	*url = arena_printf(&cx->arena, "%s%s", s3->url,
			    s3_presign(cx, &s3->keys, &w, seconds));
	return OK;
}
