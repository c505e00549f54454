#include "archive/s3_sign.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/hash.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/uri.h"

#define HEAD_MOST 24
#define TEXT_MOST ((size_t)64 << 10)
#define ALGORITHM "AWS4-HMAC-SHA256"

/* By what stands before the separator, then by all of it. */
static int
by_name(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t n = strcspn(x, "=:"), m = strcspn(y, "=:");
	int cmp = memcmp(x, y, n < m ? n : m);

	if (cmp)
		return cmp;
	return n != m ? (n < m ? -1 : 1) : strcmp(x, y);
}

const char *
s3_query(struct cx *cx, const struct s3_pair *v, size_t n)
{
	const char *text[S3_PAIRS_MAX];
	struct buf b;
	const char *out;
	size_t i;

	assert(n <= S3_PAIRS_MAX);
	for (i = 0; i < n; i++)
		text[i] = arena_printf(&cx->arena, "%s=%s",
				       uri_encode(cx, v[i].name),
				       uri_encode(cx, v[i].value));
	qsort(text, n, sizeof(*text), by_name);
	buf_init(&b, TEXT_MOST);
	for (i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? "&" : "", text[i]);
	assert(!b.over);
	out = arena_strdup(&cx->arena, buf_str(&b));
	buf_free(&b);
	return out;
}

/* ---- What is signed ---- */

struct stamp {
	char day[9], second[17]; /* 20130524, 20130524T000000Z */
};

static void
stamp_of(int64_t ms, struct stamp *out)
{
	char iso[CLOCK_ISO_MAX], *to = out->second;
	const char *from = clock_iso(ms, iso);

	/* 2013-05-24T00:00:00.000Z without what separates */
	for (; *from && *from != '.'; from++)
		if (*from != '-' && *from != ':')
			*to++ = *from;
	*to++ = 'Z';
	*to = '\0';
	memcpy(out->day, out->second, 8);
	out->day[8] = '\0';
}

static const char *
scope_of(struct cx *cx, const struct s3_signed *w, const struct stamp *at)
{
	return arena_printf(&cx->arena, "%s/%s/s3/aws4_request", at->day,
			    w->region);
}

/* The signature of the canonical request whose text is given. */
static void
signature(struct cx *cx, const struct s3_keys *keys, const struct s3_signed *w,
	  const struct stamp *at, const char *canonical, char out[65])
{
	unsigned char k[HASH_MAC], next[HASH_MAC];
	char hash[65];
	char *first = arena_printf(&cx->arena, "AWS4%s", keys->secret);

	id_hash(canonical, strlen(canonical), hash);
	hash_mac(first, strlen(first), at->day, k);
	explicit_bzero(first, strlen(first));
	hash_mac(k, HASH_MAC, w->region, next);
	hash_mac(next, HASH_MAC, "s3", k);
	hash_mac(k, HASH_MAC, "aws4_request", next);
	hash_mac(next, HASH_MAC,
		 arena_printf(&cx->arena, ALGORITHM "\n%s\n%s\n%s", at->second,
			      scope_of(cx, w, at), hash),
		 k);
	id_hex(k, HASH_MAC, out);
	explicit_bzero(next, sizeof(next));
}

/* "name: value" lines as "name:value\n", and their names as "a;b". */
static const char *
canonical(struct cx *cx, const struct s3_signed *w, const char *query,
	  const char *const *line, size_t n, const char *sha256,
	  const char **names)
{
	struct buf head, name;
	const char *out;
	size_t i;

	buf_init(&head, TEXT_MOST);
	buf_init(&name, TEXT_MOST);
	for (i = 0; i < n; i++) {
		size_t len = strcspn(line[i], ":");

		assert(line[i][len] && line[i][len + 1] == ' ');
		buf_printf(&head, "%.*s:%s\n", (int)len, line[i],
			   line[i] + len + 2);
		buf_printf(&name, "%s%.*s", i ? ";" : "", (int)len, line[i]);
	}
	assert(!head.over && !name.over);
	*names = arena_strdup(&cx->arena, buf_str(&name));
	out = arena_printf(&cx->arena, "%s\n%s\n%s\n%s\n%s\n%s", w->method,
			   w->path, query, buf_str(&head), *names, sha256);
	buf_free(&head);
	buf_free(&name);
	return out;
}

const char *const *
s3_sign(struct cx *cx, const struct s3_keys *keys, const struct s3_signed *w)
{
	const char **line = arena_array(&cx->arena, HEAD_MOST, sizeof(*line));
	const char *text, *names;
	struct stamp at;
	char sum[65];
	size_t i, n = 0;

	stamp_of(w->at_ms, &at);
	line[n++] = arena_printf(&cx->arena, "host: %s", w->host);
	line[n++] = arena_printf(&cx->arena, "x-amz-date: %s", at.second);
	line[n++] =
		arena_printf(&cx->arena, "x-amz-content-sha256: %s", w->sha256);
	if (*keys->token)
		line[n++] = arena_printf(&cx->arena, "x-amz-security-token: %s",
					 keys->token);
	for (i = 0; w->head && w->head[i]; i++) {
		assert(n + 2 < HEAD_MOST);
		line[n++] = w->head[i];
	}
	qsort(line, n, sizeof(*line), by_name);
	text = canonical(cx, w, s3_query(cx, w->query, w->n_query), line, n,
			 w->sha256, &names);
	signature(cx, keys, w, &at, text, sum);
	line[n++] =
		arena_printf(&cx->arena,
			     "authorization: " ALGORITHM
			     " Credential=%s/%s,SignedHeaders=%s,Signature=%s",
			     keys->id, scope_of(cx, w, &at), names, sum);
	line[n] = NULL;
	return line;
}

const char *
s3_presign(struct cx *cx, const struct s3_keys *keys, const struct s3_signed *w,
	   int seconds)
{
	const char *host = arena_printf(&cx->arena, "host: %s", w->host);
	struct s3_pair all[S3_PAIRS_MAX];
	const char *text, *names, *query;
	struct stamp at;
	char sum[65];
	size_t n = w->n_query;

	assert(n + 6 <= S3_PAIRS_MAX);
	if (n)
		memcpy(all, w->query, n * sizeof(*all));
	stamp_of(w->at_ms, &at);
	all[n++] = (struct s3_pair){"X-Amz-Algorithm", ALGORITHM};
	all[n++] = (struct s3_pair){"X-Amz-Credential",
				    arena_printf(&cx->arena, "%s/%s", keys->id,
						 scope_of(cx, w, &at))};
	all[n++] = (struct s3_pair){"X-Amz-Date",
				    arena_strdup(&cx->arena, at.second)};
	all[n++] = (struct s3_pair){"X-Amz-Expires",
				    arena_printf(&cx->arena, "%d", seconds)};
	all[n++] = (struct s3_pair){"X-Amz-SignedHeaders", "host"};
	if (*keys->token)
		all[n++] =
			(struct s3_pair){"X-Amz-Security-Token", keys->token};
	query = s3_query(cx, all, n);
	text = canonical(cx, w, query, &host, 1, "UNSIGNED-PAYLOAD", &names);
	signature(cx, keys, w, &at, text, sum);
	return arena_printf(&cx->arena, "%s?%s&X-Amz-Signature=%s", w->path,
			    query, sum);
}
