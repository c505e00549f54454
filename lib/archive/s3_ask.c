/* Requests to an object store: signed, judged, tried again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/s3_part.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/uri.h"
#include "net/retry.h"

#define ANSWER_MOST ((size_t)1 << 20)
#define REFUSAL_MOST ((size_t)64 << 10)
#define ALONE_MS 60000 /* for a call without a progress */
#define SKEW_MS 300000 /* from here on a store says that a clock is wrong */
#define TRIES 6
#define PAUSE_MOST_MS 30000

/* "Fri, 24 May 2013 00:00:00 GMT"; false: it is not. */
static bool
read_date(const char *s, int64_t *ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = {0};
	char month[4] = "";
	const char *at;

	if (!s || sscanf(s, "%*3s, %2d %3s %4d %2d:%2d:%2d", &tm.tm_mday, month,
			 &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	at = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (!at || (at - months) % 3)
		return false;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	*ms = (int64_t)timegm(&tm) * 1000;
	return true;
}

static void
note_clock(struct cx *cx, struct s3 *s3, const struct http_answer *a)
{
	int64_t theirs;

	if (read_date(http_header(cx, a, "Date"), &theirs))
		s3->offset_ms = theirs - clock_now_ms();
}

/* A refusal because of the time, when ours was not corrected yet and it is
 * known by how much. */
static bool
is_skewed(const struct s3 *s3, int status, const struct s3_refusal *r)
{
	int64_t off = llabs(s3->offset_ms - s3->skew_ms);

	return status == 403 && !s3->skew_ms && s3->offset_ms &&
	       (!strcmp(r->code, "RequestTimeTooSkewed") || off > SKEW_MS);
}

static bool
quits(void *arg)
{
	const struct progress *pg = arg;

	return pg->tell(pg->arg, 0, 0);
}

static void
be_patient(struct peer_request *rq, const struct progress *pg)
{
	rq->deadline_ms = pg ? pg->deadline_ms : clock_mono_ms() + ALONE_MS;
	if (pg && pg->tell) {
		rq->quit = quits;
		/* peer.h has an arg that may be written to; this is not. */
		memcpy(&rq->arg, &pg, sizeof(pg));
	}
}

static const char *const *
signed_head(struct cx *cx, const struct s3 *s3, const struct s3_ask *ask,
	    const char **path)
{
	char sha256[ID_HASH_LEN + 1];
	struct s3_signed w = {.method = ask->method,
			      .host = s3->host,
			      .query = ask->query,
			      .n_query = ask->n_query,
			      .head = ask->head,
			      .sha256 = sha256,
			      .region = cx->site->s3_region,
			      .at_ms = clock_now_ms() + s3->skew_ms};
	const char *query = s3_query(cx, ask->query, ask->n_query);

	w.path = uri_encode_path(cx,
				 arena_printf(&cx->arena, "%s/%s%s", s3->root,
					      ask->object ? cx->site->s3_prefix
							  : "",
					      ask->object ? ask->object : ""));
	id_hash(ask->n ? ask->body : "", ask->n, sha256);
	*path = arena_printf(&cx->arena, "%s%s%s", w.path, *query ? "?" : "",
			     query);
	return s3_sign(cx, &s3->keys, &w);
}

/* The request and the head of its answer, whatever that says. */
static enum err
send_once(struct cx *cx, struct s3 *s3, const struct s3_ask *ask,
	  const struct progress *pg, struct peer_call **c,
	  const struct http_answer **a)
{
	struct peer_request rq = {.method = ask->method,
				  .body = ask->body,
				  .n = ask->n};
	enum err e;

	rq.head = signed_head(cx, s3, ask, &rq.path);
	be_patient(&rq, pg);
	if (FAULT(FAULT_S3_SEND))
		return cx_fail(cx, ERR_UNREACHABLE, "fault: send");
	if ((e = peer_begin(cx, s3->peer, &rq, PEER_NO_BODY, c)))
		return e;
	e = peer_wait(cx, *c, a);
	if (!e && FAULT(FAULT_S3_ANSWER))
		e = cx_fail(cx, ERR_UNREACHABLE, "fault: answer");
	if (e)
		peer_end(*c);
	else
		note_clock(cx, s3, *a);
	return e;
}

static enum err
collect(struct cx *cx, struct peer_call *c, struct buf *out)
{
	char some[16384];
	size_t n;
	enum err e;

	do {
		if ((e = peer_read(cx, c, some, sizeof(some), &n)))
			return e;
		buf_add(out, some, n);
		if (out->over)
			return cx_fail(cx, ERR_TOO_LARGE,
				       "the answer is larger than it may be");
	} while (n);
	return OK;
}

static int64_t
wished_pause_ms(struct cx *cx, const struct http_answer *a)
{
	const char *v = http_header(cx, a, "Retry-After");
	long s = v ? strtol(v, NULL, 10) : 0;

	if (s <= 0 || s > PAUSE_MOST_MS / 1000)
		return s <= 0 ? 0 : PAUSE_MOST_MS;
	return s * 1000;
}

/* Why it was refused. *again: the clock was wrong, and no longer is. */
static enum err
judge_refusal(struct cx *cx, struct s3 *s3, const struct s3_ask *ask,
	      struct peer_call *c, const struct http_answer *a, bool *again)
{
	struct s3_refusal r;
	struct buf body;
	enum err e;

	s3->pause_ms = wished_pause_ms(cx, a);
	buf_init(&body, REFUSAL_MOST);
	e = collect(cx, c, &body);
	if (e == ERR_TOO_LARGE)
		e = OK;
	if (!e) {
		cx_clear(cx);
		s3_read_refusal(cx, &body, &r);
		*again = is_skewed(s3, a->status, &r);
		if (*again)
			s3->skew_ms = s3->offset_ms;
		e = s3_refuse(cx, s3, ask, a->status, &r);
	}
	buf_free(&body);
	return e;
}

enum err
s3_begin(struct cx *cx, struct s3 *s3, const struct s3_ask *ask,
	 const struct progress *pg, struct peer_call **c,
	 const struct http_answer **a)
{
	bool again;
	enum err e;

	do {
		again = false;
		s3->pause_ms = 0;
		if ((e = send_once(cx, s3, ask, pg, c, a)))
			return e;
		if ((*a)->status >= 200 && (*a)->status < 300)
			return OK;
		e = judge_refusal(cx, s3, ask, *c, *a, &again);
		peer_end(*c);
	} while (again);
	return e;
}

static enum err
do_once(struct cx *cx, struct s3 *s3, const struct s3_ask *ask,
	const struct progress *pg, struct http_answer *out)
{
	const struct http_answer *a;
	struct peer_call *c;
	enum err e = s3_begin(cx, s3, ask, pg, &c, &a);

	if (e)
		return e;
	*out = (struct http_answer){.status = a->status};
	buf_init(&out->head, REFUSAL_MOST);
	buf_init(&out->body, ask->most ? ask->most : ANSWER_MOST);
	buf_add(&out->head, buf_str(&a->head), a->head.len);
	if ((e = collect(cx, c, &out->body)))
		http_free(out);
	peer_end(c);
	return e;
}

void
s3_retry(struct s3_again *r, const struct progress *pg)
{
	struct peer_request rq = {0};

	be_patient(&rq, pg);
	*r = (struct s3_again){{.most = TRIES,
				.deadline_ms = rq.deadline_ms,
				.quit = rq.quit,
				.arg = rq.arg}};
}

bool
s3_again(struct cx *cx, struct s3 *s3, struct s3_again *r, enum err *e)
{
	return retry_again(cx, &r->retry, e, s3->pause_ms);
}

/* What the connection says does not name what was wanted. */
enum err
s3_told(struct cx *cx, const struct s3 *s3, const struct s3_ask *ask,
	enum err e)
{
	if (!e || !strncmp(cx->why, "object store ", 13))
		return e;
	return s3_fail(cx, s3, e, ask, arena_strdup(&cx->arena, cx->why));
}

enum err
s3_do(struct cx *cx, struct s3 *s3, const struct s3_ask *ask,
      const struct progress *pg, struct http_answer *out)
{
	const struct progress alone = {.deadline_ms =
					       clock_mono_ms() + ALONE_MS};
	struct http_answer a = {0};
	struct s3_again r;
	enum err e;

	if (!pg)
		pg = &alone;
	s3_retry(&r, pg);
	do {
		e = do_once(cx, s3, ask, pg, &a);
	} while (s3_again(cx, s3, &r, &e));
	if (e)
		return s3_told(cx, s3, ask, e);
	if (out)
		*out = a;
	else
		http_free(&a);
	return OK;
}

void
s3_etag(struct cx *cx, const struct http_answer *a, char out[S3_ETAG_MAX])
{
	s3_unquote(http_header(cx, a, "ETag"), out);
}

/* RFC 9110 section 8.8.3, of ASCII: it goes back in a header of ours. */
void
s3_unquote(const char *etag, char out[S3_ETAG_MAX])
{
	size_t n = 0;

	for (; etag && *etag && n + 1 < S3_ETAG_MAX; etag++)
		if (*etag > ' ' && *etag < 0x7f && *etag != '"')
			out[n++] = *etag;
	out[n] = '\0';
}
