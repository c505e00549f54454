#include "support/fake_s3.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/hash.h"
#include "base/clock.h"
#include "base/id.h"
#include "support/httpd.h"

#define ROOM 32
#define PARTS 16
#define DATA_MOST ((size_t)256 << 20)

struct object {
	char name[256], etag[96], note[128];
	struct buf data;
};

struct upload {
	char name[256], id[16];
	struct buf part[PARTS];
};

struct fake_s3 fake_s3;
static struct object objects[ROOM];
static struct upload uploads[ROOM];
static int next_id;
static struct tcpd *server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* One request, taken apart. */
struct ask {
	struct conn *c;
	const struct httpd_request *rq;
	char name[256]; /* without the bucket; "" for it */
	const char *query;
	enum fake_s3_how how;
};

static struct object *
find(const char *name)
{
	for (int i = 0; i < ROOM; i++)
		if (!strcmp(objects[i].name, name))
			return &objects[i];
	return NULL;
}

static struct upload *
find_upload(const char *id)
{
	for (int i = 0; i < ROOM; i++)
		if (!strcmp(uploads[i].id, id))
			return &uploads[i];
	return NULL;
}

static void
forget_upload(struct upload *u)
{
	for (int i = 0; i < PARTS; i++)
		buf_free(&u->part[i]);
	*u = (struct upload){.id = ""};
}

static void
forget(struct object *o)
{
	buf_free(&o->data);
	*o = (struct object){.name = ""};
}

/* ---- Answers ---- */

static bool
answer(struct ask *a, int status, const char *head, const void *p, size_t n)
{
	char date[CLOCK_ISO_MAX], all[2048] = "";

	if (a->how == FAKE_S3_CUT_AFTER)
		return false;
	if (!fake_s3.no_date)
		snprintf(all, sizeof(all), "Date: %s\r\n",
			 clock_http(clock_now_ms() + fake_s3.ahead_ms, date));
	snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s", head);
	if (a->how == FAKE_S3_CUT_BODY) {
		httpd_answer(a->c, status, all, NULL, n);
		conn_write(a->c, p, n / 2);
		return false;
	}
	return httpd_answer(a->c, status, all, p, n);
}

static bool
text(struct ask *a, int status, const char *head, const char *s)
{
	return answer(a, status, head, s, strlen(s));
}

static bool
refuse(struct ask *a, int status, const char *code)
{
	char body[512];

	snprintf(body, sizeof(body),
		 "<?xml version=\"1.0\"?><Error><Code>%s</Code>"
		 "<Message>as the test wishes</Message></Error>",
		 code);
	return text(a, status, fake_s3.head ? fake_s3.head : "", body);
}

static bool
is_late(const struct ask *a)
{
	char date[512], now[CLOCK_ISO_MAX], want[32];
	int theirs, ours;

	/* 20130524T101112Z: the same day, and minutes of it */
	httpd_head(a->rq, "x-amz-date", date);
	clock_iso(clock_now_ms() + fake_s3.ahead_ms, now);
	snprintf(want, sizeof(want), "%.4s%.2s%.2s", now, now + 5, now + 8);
	if (strncmp(date, want, 8) != 0)
		return true;
	theirs = (int)strtol(date + 9, NULL, 10) / 100;
	ours = ((int)strtol(now + 11, NULL, 10)) * 100 +
	       (int)strtol(now + 14, NULL, 10);
	return abs(theirs / 100 * 60 + theirs % 100 - ours / 100 * 60 -
		   ours % 100) > 15;
}

/* ---- What it can do ---- */

static void
name_etag(struct object *o, const char *etag)
{
	snprintf(o->etag, sizeof(o->etag), "%s%s", fake_s3.encrypts ? "e0" : "",
		 etag);
}

static void
md5_hex(const void *p, size_t n, char out[33])
{
	unsigned char md5[HASH_MD5];

	hash_md5(p, n, md5);
	id_hex(md5, HASH_MD5, out);
}

/* The body is what its head says, or the store would not take it. */
static bool
is_as_said(const struct ask *a)
{
	char said[512], is[ID_HASH_LEN + 1], b64[32];
	unsigned char md5[HASH_MD5];
	const char *p = buf_str(&a->rq->body);

	id_hash(p, a->rq->body.len, is);
	httpd_head(a->rq, "x-amz-content-sha256", said);
	if (strcmp(said, is) != 0)
		return false;
	hash_md5(p, a->rq->body.len, md5);
	hash_base64(md5, HASH_MD5, b64);
	httpd_head(a->rq, "content-md5", said);
	return !*said || !strcmp(said, b64);
}

static struct object *
new_object(const char *name)
{
	struct object *o = find(name);

	if (!o)
		o = find("");
	if (!o)
		abort();
	forget(o);
	snprintf(o->name, sizeof(o->name), "%s", name);
	buf_init(&o->data, DATA_MOST);
	return o;
}

static bool
put(struct ask *a)
{
	struct object *o;
	char hex[33], head[512];

	if (!is_as_said(a))
		return refuse(a, 400, "BadDigest");
	o = new_object(a->name);
	buf_add(&o->data, buf_str(&a->rq->body), a->rq->body.len);
	httpd_head(a->rq, "x-amz-meta-roost-etag", head);
	snprintf(o->note, sizeof(o->note), "%.120s", head);
	md5_hex(buf_str(&o->data), o->data.len, hex);
	name_etag(o, hex);
	snprintf(head, sizeof(head), "ETag: \"%s\"\r\n", o->etag);
	return text(a, 200, head, "");
}

static bool
put_part(struct ask *a)
{
	char id[512] = "", number[512] = "", hex[33], head[64];
	struct upload *u;
	long n;

	httpd_param(a->query, "uploadId", id);
	httpd_param(a->query, "partNumber", number);
	u = *id ? find_upload(id) : NULL;
	n = strtol(number, NULL, 10);
	if (!u || n < 1 || n > PARTS)
		return refuse(a, 404, "NoSuchUpload");
	if (!is_as_said(a))
		return refuse(a, 400, "BadDigest");
	buf_free(&u->part[n - 1]);
	buf_init(&u->part[n - 1], DATA_MOST);
	buf_add(&u->part[n - 1], buf_str(&a->rq->body), a->rq->body.len);
	md5_hex(buf_str(&a->rq->body), a->rq->body.len, hex);
	snprintf(head, sizeof(head), "ETag: \"%s\"\r\n", hex);
	return text(a, 200, head, "");
}

static bool
get(struct ask *a)
{
	char range[512], match[512], head[512];
	struct object *o = find(a->name);
	size_t from = 0;

	if (!o)
		return refuse(a, 404, "NoSuchKey");
	httpd_head(a->rq, "range", range);
	httpd_head(a->rq, "if-match", match);
	if (*match && !fake_s3.ignores_if_match && !strstr(match, o->etag))
		return refuse(a, 412, "PreconditionFailed");
	if (!strncmp(range, "bytes=", 6) && !fake_s3.ignores_ranges)
		from = (size_t)strtoul(range + 6, NULL, 10);
	snprintf(head, sizeof(head), "ETag: \"%s\"\r\n%s%s%s", o->etag,
		 *o->note ? "x-amz-meta-roost-etag: " : "", o->note,
		 *o->note ? "\r\n" : "");
	if (from)
		snprintf(head + strlen(head), sizeof(head) - strlen(head),
			 "Content-Range: bytes %zu-%zu/%zu\r\n", from,
			 o->data.len - 1, o->data.len);
	return answer(a, from ? 206 : 200, head, buf_str(&o->data) + from,
		      o->data.len - from);
}

static bool
del(struct ask *a)
{
	char id[512];
	struct object *o;
	struct upload *u;

	if (httpd_param(a->query, "uploadId", id)) {
		u = *id ? find_upload(id) : NULL;
		if (!u)
			return refuse(a, 404, "NoSuchUpload");
		forget_upload(u);
		return text(a, 204, "", "");
	}
	if ((o = find(a->name)))
		forget(o);
	return text(a, 204, "", "");
}

static bool
initiate(struct ask *a)
{
	struct upload *u = find_upload("");
	char body[512];

	if (!u)
		abort();
	snprintf(u->id, sizeof(u->id), "u%d", ++next_id);
	snprintf(u->name, sizeof(u->name), "%s", a->name);
	snprintf(body, sizeof(body),
		 "<InitiateMultipartUploadResult><Key>%s</Key>"
		 "<UploadId>%s</UploadId></InitiateMultipartUploadResult>",
		 u->name, u->id);
	return text(a, 200, "", body);
}

static bool
complete(struct ask *a)
{
	unsigned char all[PARTS * HASH_MD5];
	char id[512] = "", hex[33], etag[80];
	struct upload *u;
	struct object *o;
	int n = 0;

	httpd_param(a->query, "uploadId", id);
	u = *id ? find_upload(id) : NULL;
	if (!u)
		return refuse(a, 404, "NoSuchUpload");
	o = new_object(u->name);
	for (; n < PARTS && u->part[n].data; n++) {
		buf_add(&o->data, u->part[n].data, u->part[n].len);
		hash_md5(u->part[n].data, u->part[n].len, all + n * HASH_MD5);
	}
	forget_upload(u);
	md5_hex(all, (size_t)n * HASH_MD5, hex);
	snprintf(etag, sizeof(etag), "%s-%d", hex, n);
	name_etag(o, etag);
	return text(a, 200, "",
		    "<CompleteMultipartUploadResult>"
		    "</CompleteMultipartUploadResult>");
}

static int
by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool
begins(const char *name, const char *prefix, bool up)
{
	if (fake_s3.ignores_prefix)
		return true;
	if (up && fake_s3.lists_exactly)
		return !strcmp(name, prefix);
	return !strncmp(name, prefix, strlen(prefix));
}

/* A page with nothing on it that leads to one that was not yet. */
static bool
list_on(struct ask *a)
{
	char body[256];

	snprintf(body, sizeof(body),
		 "<ListBucketResult><IsTruncated>true</IsTruncated>"
		 "<NextContinuationToken>t%d</NextContinuationToken>"
		 "</ListBucketResult>",
		 fake_s3.requests);
	return text(a, 200, "", body);
}

/* Names in order, from the one after `after` on. */
static bool
list(struct ask *a, bool up)
{
	const char *v[ROOM];
	char prefix[512] = "", after[512] = "", id[512] = "";
	int n = 0, i, most = fake_s3.page ? fake_s3.page : 1000, given = 0;
	struct buf b;
	bool sent;

	httpd_param(a->query, "prefix", prefix);
	httpd_param(a->query, up ? "key-marker" : "continuation-token", after);
	httpd_param(a->query, "upload-id-marker", id);
	for (i = 0; i < ROOM; i++) {
		const char *name = up ? uploads[i].name : objects[i].name;

		if (*name && begins(name, prefix, up) &&
		    strcmp(name, after) > 0)
			v[n++] = name;
	}
	qsort(v, (size_t)n, sizeof(*v), by_name);
	buf_init(&b, 1 << 20);
	buf_printf(&b, "<?xml version=\"1.0\"?><%s xmlns=\"http://x/\">\n",
		   up ? "ListMultipartUploadsResult" : "ListBucketResult");
	for (i = 0; i < n && given < most; i++, given++) {
		struct object *o = up ? NULL : find(v[i]);

		if (o)
			buf_printf(&b,
				   "<Contents><Key>%s</Key><Size>%zu</Size>"
				   "<ETag>&quot;%s&quot;</ETag></Contents>",
				   v[i], o->data.len,
				   fake_s3.no_etags ? "" : o->etag);
		for (int k = 0; up && k < ROOM; k++)
			if (uploads[k].name == v[i])
				buf_printf(&b,
					   "<Upload><Key>%s</Key><UploadId>%s"
					   "</UploadId></Upload>",
					   v[i], uploads[k].id);
	}
	buf_printf(&b, "<IsTruncated>%s</IsTruncated>",
		   given < n ? "true" : "false");
	if (given < n)
		buf_printf(&b,
			   up ? "<NextKeyMarker>%s</NextKeyMarker>"
				"<NextUploadIdMarker>x"
				"</NextUploadIdMarker>"
			      : "<NextContinuationToken>%s"
				"</NextContinuationToken>",
			   v[given - 1]);
	buf_printf(&b, "</%s>",
		   up ? "ListMultipartUploadsResult" : "ListBucketResult");
	sent = text(a, 200, "", buf_str(&b));
	buf_free(&b);
	return sent;
}

/* ---- One request ---- */

/* A header that is named as signed was sent, with a value. */
static bool
is_sent_as_signed(const struct ask *a)
{
	char said[512], name[64], value[512];
	const char *at;
	size_t n;

	at = strstr(httpd_head(a->rq, "authorization", said), "SignedHeaders=");
	for (at = at ? at + 14 : ""; *at && *at != ',';
	     at += n + (at[n] == ';')) {
		n = strcspn(at, ";,");
		snprintf(name, sizeof(name), "%.*s", (int)n, at);
		if (!*httpd_head(a->rq, name, value))
			return false;
	}
	return true;
}

static bool
do_it(struct ask *a)
{
	const char *m = a->rq->method;
	char v[512];

	if (!is_sent_as_signed(a))
		return refuse(a, 403, "SignatureDoesNotMatch");
	if (fake_s3.checks_clock && is_late(a))
		return refuse(a, 403, "RequestTimeTooSkewed");
	if (!strcmp(m, "PUT") && httpd_param(a->query, "partNumber", v))
		return put_part(a);
	if (!strcmp(m, "PUT"))
		return *a->name ? put(a) : text(a, 200, "", "");
	if (!strcmp(m, "DELETE"))
		return del(a);
	if (!strcmp(m, "POST"))
		return httpd_param(a->query, "uploads", v) ? initiate(a)
							   : complete(a);
	if (!*a->name && fake_s3.endless &&
	    !httpd_param(a->query, "uploads", v))
		return list_on(a);
	if (!*a->name)
		return list(a, httpd_param(a->query, "uploads", v));
	return get(a);
}

static bool
is_meant(const struct ask *a)
{
	if ((fake_s3.method && strcmp(fake_s3.method, a->rq->method)) ||
	    (fake_s3.match && !strstr(a->rq->path, fake_s3.match)))
		return false;
	if (fake_s3.skip > 0) {
		fake_s3.skip--;
		return false;
	}
	if (!fake_s3.times)
		return false;
	if (fake_s3.times > 0)
		fake_s3.times--;
	fake_s3.hits++;
	return true;
}

static bool
misbehave(struct ask *a)
{
	char ignored[4096];

	switch (a->how) {
	case FAKE_S3_SAYS:
		return refuse(a, fake_s3.status, fake_s3.code);
	case FAKE_S3_SAYS_200:
		return refuse(a, 200, fake_s3.code);
	case FAKE_S3_HTML:
		return text(a, fake_s3.status, "Content-Type: text/html\r\n",
			    "<!DOCTYPE html><html><h1>nginx</h1></html>");
	case FAKE_S3_RAW:
		return text(a, 200, "", fake_s3.code);
	case FAKE_S3_SILENT:
		pthread_mutex_unlock(&lock);
		while (conn_read(a->c, ignored, sizeof(ignored)) > 0)
			;
		pthread_mutex_lock(&lock);
		return false;
	case FAKE_S3_CUT:
		return false;
	case FAKE_S3_CUT_AFTER:
	case FAKE_S3_CUT_BODY:
	case FAKE_S3_WELL:
	default:
		return do_it(a);
	}
}

static bool
one(struct conn *c, const struct httpd_request *rq)
{
	struct ask a = {.c = c, .rq = rq};
	const char *at = strchr(rq->path + 1, '/');
	bool go_on;

	a.query = strchr(rq->path, '?');
	if (at)
		snprintf(a.name, sizeof(a.name), "%.*s",
			 (int)strcspn(at + 1, "?"), at + 1);
	if (a.query)
		a.query++;
	pthread_mutex_lock(&lock);
	fake_s3.requests++;
	snprintf(fake_s3.last, sizeof(fake_s3.last), "%s %.480s", rq->method,
		 rq->path);
	a.how = is_meant(&a) ? fake_s3.how : FAKE_S3_WELL;
	go_on = misbehave(&a);
	pthread_mutex_unlock(&lock);
	return go_on;
}

static void
serve(struct conn *c, void *arg)
{
	struct httpd_request rq = {0};

	(void)arg;
	while (httpd_read(c, &rq) && one(c, &rq))
		;
	httpd_free(&rq);
}

void
fake_s3_start(void)
{
	fake_s3 = (struct fake_s3){.how = FAKE_S3_WELL};
	server = tcpd_start(&(struct tcpd_how){.serve = serve});
}

void
fake_s3_stop(void)
{
	tcpd_stop(server);
	for (int i = 0; i < ROOM; i++) {
		forget(&objects[i]);
		forget_upload(&uploads[i]);
	}
}

const char *
fake_s3_url(void)
{
	return tcpd_url(server);
}

int
fake_s3_objects(void)
{
	int n = 0;

	for (int i = 0; i < ROOM; i++)
		n += *objects[i].name != '\0';
	return n;
}

int
fake_s3_uploads(void)
{
	int n = 0;

	for (int i = 0; i < ROOM; i++)
		n += *uploads[i].id != '\0';
	return n;
}

bool
fake_s3_has(const char *name)
{
	return find(name) != NULL;
}

void
fake_s3_rot(const char *name)
{
	struct object *o = find(name);

	if (!o || !o->data.len)
		abort();
	o->data.data[o->data.len / 2] ^= 1;
}
