#include "archive/s3_upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/hash.h"
#include "archive/s3_part.h"
#include "archive/s3_xml.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"

#define ETAG_ROOM 80
#define COMPLETE_MOST ((size_t)4 << 20)
#define GIVE_UP_MS 3000 /* to take an upload back */

struct part {
	unsigned char md5[HASH_MD5];
	char etag[ETAG_ROOM];
};

struct s3_upload {
	struct s3 *s3;
	const struct site *site;
	struct progress pg;
	const struct progress *with; /* &pg, or NULL */
	char *key, *object, *id;     /* id: NULL until there is one */
	char *data;		     /* of the part at work */
	size_t n, room;
	struct part *part;
	int parts;
	int64_t size; /* of the parts before */
};

size_t
s3_part_size(int n)
{
	size_t size = S3_PART_MIN;

	/* The first four thousand (31 GiB) are equal, which some stores
	 * insist on; from there on each thousand is twice the one before. */
	for (; n > 4000; n -= 1000)
		size *= 2;
	return size;
}

static char *
copy(const char *s)
{
	char *out = strdup(s);

	if (!out)
		abort(); /* out of memory: crash-only */
	return out;
}

struct s3_upload *
s3_upload_new(struct s3 *s3, const struct site *site, const char *key,
	      const char *object, const struct progress *pg)
{
	struct s3_upload *u = calloc(1, sizeof(*u));

	if (!u)
		abort(); /* out of memory: crash-only */
	u->s3 = s3;
	u->site = site;
	u->key = copy(key);
	u->object = copy(object);
	if (pg) {
		u->pg = *pg;
		u->with = &u->pg;
	}
	*s3->put_key = '\0';
	return u;
}

/* ---- Its begin ---- */

struct words {
	char upload[512], etag[S3_ETAG_MAX];
	bool begun, complete;
};

static bool
on_word(void *arg, const char *path, const char *text)
{
	struct words *w = arg;

	if (!strcmp(path, "InitiateMultipartUploadResult/UploadId")) {
		if (strlen(text) >= sizeof(w->upload) || !*text)
			return false;
		memcpy(w->upload, text, strlen(text) + 1);
		w->begun = true;
	} else if (!strcmp(path, "CompleteMultipartUploadResult")) {
		w->complete = true;
	} else if (!strcmp(path, "CompleteMultipartUploadResult/ETag")) {
		s3_unquote(text, w->etag);
	}
	return true;
}

static enum err
read_words(struct cx *cx, const struct http_answer *a, struct words *w)
{
	const struct s3_xml to = {on_word, w};

	*w = (struct words){.upload = ""};
	return s3_xml_read(cx, a->body.len ? a->body.data : "", a->body.len,
			   &to);
}

static enum err
begin(struct cx *cx, struct s3_upload *u)
{
	const struct s3_pair query[] = {{"uploads", ""}};
	struct s3_ask ask = {.what = "begin an upload",
			     .method = "POST",
			     .object = u->object,
			     .query = query,
			     .n_query = 1};
	struct http_answer a;
	struct words w;
	enum err e = s3_do(cx, u->s3, &ask, u->with, &a);

	if (e)
		return e;
	if ((e = read_words(cx, &a, &w)))
		e = s3_told(cx, u->s3, &ask, e);
	else if (!w.begun)
		e = s3_fail(cx, u->s3, ERR_UNREACHABLE, &ask,
			    "the answer names no upload");
	else
		u->id = copy(w.upload);
	http_free(&a);
	return e;
}

/* ---- Its parts ---- */

static struct part *
next_part(struct s3_upload *u)
{
	if (u->parts % 64 == 0) {
		struct part *more = realloc(u->part, ((size_t)u->parts + 64) *
							     sizeof(*u->part));

		if (!more)
			abort(); /* out of memory: crash-only */
		u->part = more;
	}
	return &u->part[u->parts];
}

static enum err
send_part(struct cx *cx, struct s3_upload *u, struct part *p)
{
	const char *head[] = {s3_md5_head(cx, p->md5), NULL};
	struct s3_pair query[] = {{"partNumber", arena_printf(&cx->arena, "%d",
							      u->parts + 1)},
				  {"uploadId", u->id}};
	struct s3_ask ask = {.what = "send a part of an upload",
			     .method = "PUT",
			     .object = u->object,
			     .query = query,
			     .n_query = 2,
			     .head = head,
			     .body = u->data,
			     .n = u->n};
	struct http_answer a;
	enum err e = s3_do(cx, u->s3, &ask, u->with, &a);

	if (e == ERR_NOT_FOUND) /* of the upload: repeating begins another */
		return s3_fail(cx, u->s3, ERR_IO, &ask,
			       "the upload was ended by somebody else");
	if (e)
		return e;
	s3_etag(cx, &a, p->etag);
	if (!*p->etag)
		e = s3_fail(cx, u->s3, ERR_UNREACHABLE, &ask,
			    "the answer has no ETag");
	http_free(&a);
	return e;
}

static enum err
flush(struct cx *cx, struct s3_upload *u)
{
	struct part *p;
	enum err e;

	if (u->parts == S3_PARTS_MAX)
		return cx_fail(cx, ERR_TOO_LARGE,
			       "an archive of more than %d parts",
			       S3_PARTS_MAX);
	if (!u->id && (e = begin(cx, u)))
		return e;
	p = next_part(u);
	hash_md5(u->data, u->n, p->md5);
	if ((e = send_part(cx, u, p)))
		return e;
	u->parts++;
	u->size += (int64_t)u->n;
	u->n = 0;
	return OK;
}

static void
make_room(struct s3_upload *u)
{
	size_t size = s3_part_size(u->parts + 1);
	char *more;

	if (u->room >= size)
		return;
	more = realloc(u->data, size);
	if (!more)
		abort(); /* out of memory: crash-only */
	u->data = more;
	u->room = size;
}

enum err
s3_upload_add(struct cx *cx, struct s3_upload *u, const void *p, size_t n)
{
	const char *from = p;
	enum err e;

	while (n) {
		size_t some;

		/* A full part waits: it may be the last, or all there is. */
		if (u->room && u->n == s3_part_size(u->parts + 1) &&
		    (e = flush(cx, u)))
			return e;
		make_room(u);
		some = s3_part_size(u->parts + 1) - u->n;
		if (some > n)
			some = n;
		memcpy(u->data + u->n, from, some);
		u->n += some;
		from += some;
		n -= some;
	}
	return OK;
}

/* ---- Its end ---- */

/* The MD5 of all MD5s, and how many: as stores call what came in parts. */
static void
whole_etag(const struct s3_upload *u, char out[S3_ETAG_MAX])
{
	unsigned char md5[HASH_MD5], *all;
	char hex[HASH_MD5 * 2 + 1];
	int i;

	all = malloc((size_t)u->parts * HASH_MD5);
	if (!all)
		abort(); /* out of memory: crash-only */
	for (i = 0; i < u->parts; i++)
		memcpy(all + i * HASH_MD5, u->part[i].md5, HASH_MD5);
	hash_md5(all, (size_t)u->parts * HASH_MD5, md5);
	free(all);
	id_hex(md5, HASH_MD5, hex);
	snprintf(out, S3_ETAG_MAX, "%s-%d", hex, u->parts);
}

static void
print_parts(const struct s3_upload *u, struct buf *out)
{
	int i;

	buf_init(out, COMPLETE_MOST);
	buf_puts(out, "<CompleteMultipartUpload>");
	for (i = 0; i < u->parts; i++) {
		const char *s = u->part[i].etag;

		buf_printf(out, "<Part><PartNumber>%d</PartNumber><ETag>&quot;",
			   i + 1);
		for (; *s; s++)
			if (*s > ' ' && *s < 127 && !strchr("<>&\"'", *s))
				buf_putc(out, *s);
		buf_puts(out, "&quot;</ETag></Part>");
	}
	buf_puts(out, "</CompleteMultipartUpload>");
}

/* 200 comes before the work is done: the text says how it ended. */
static enum err
complete_once(struct cx *cx, struct s3_upload *u, const struct s3_ask *ask)
{
	struct http_answer a;
	struct words w;
	enum err e = s3_do(cx, u->s3, ask, u->with, &a);

	if (e)
		return e;
	if ((e = read_words(cx, &a, &w)))
		e = s3_told(cx, u->s3, ask, e);
	else if (!w.complete)
		e = s3_refused(cx, u->s3, ask, &a);
	http_free(&a);
	return e;
}

/* An answer was lost: the upload is no more, but is its object there? */
static enum err
is_complete(struct cx *cx, struct s3_upload *u, const struct s3_ask *ask)
{
	char etag[S3_ETAG_MAX];
	struct s3_item it;
	bool there;
	enum err e = s3_look(cx, u->s3, u->object, u->with, &it, &there);

	whole_etag(u, etag);
	if (e || (there && it.size == u->size && !strcmp(it.etag, etag)))
		return e;
	return s3_fail(cx, u->s3, ERR_IO, ask,
		       "the upload was ended by somebody else");
}

static enum err
complete(struct cx *cx, struct s3_upload *u)
{
	const struct s3_pair query[] = {{"uploadId", u->id}};
	struct s3_ask ask = {.what = "complete an upload",
			     .method = "POST",
			     .object = u->object,
			     .query = query,
			     .n_query = 1};
	struct s3_again again;
	struct buf body;
	enum err e;

	print_parts(u, &body);
	ask.body = buf_str(&body);
	ask.n = body.len;
	s3_retry(&again, u->with);
	do {
		e = complete_once(cx, u, &ask);
	} while (s3_again(cx, u->s3, &again, &e));
	buf_free(&body);
	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		e = is_complete(cx, u, &ask);
	}
	if (!e) {
		free(u->id);
		u->id = NULL;
		whole_etag(u, u->s3->put_etag);
	}
	return e;
}

static enum err
put_whole(struct cx *cx, struct s3_upload *u)
{
	unsigned char md5[HASH_MD5];
	const char *data = u->n ? u->data : "";
	enum err e = s3_put(cx, u->s3, u->object, data, u->n, NULL, u->with);

	if (e)
		return e;
	hash_md5(data, u->n, md5);
	id_hex(md5, HASH_MD5, u->s3->put_etag);
	return OK;
}

enum err
s3_upload_finish(struct cx *cx, struct s3_upload *u)
{
	enum err e;

	if (!u->parts)
		e = put_whole(cx, u);
	else if (!(e = u->n ? flush(cx, u) : OK))
		e = complete(cx, u);
	if (!e)
		snprintf(u->s3->put_key, sizeof(u->s3->put_key), "%s", u->key);
	return e;
}

/* Not for long: what stays is known by its name and collected later. */
static void
take_back(struct s3_upload *u)
{
	const struct progress soon = {.deadline_ms =
					      clock_mono_ms() + GIVE_UP_MS};
	struct cx cx = {0};

	cx_begin(&cx, u->site);
	if (s3_abort(&cx, u->s3, u->object, u->id, &soon))
		cx_clear(&cx);
	cx_end(&cx);
}

void
s3_upload_free(struct s3_upload *u)
{
	if (!u)
		return;
	if (u->id)
		take_back(u);
	free(u->id);
	free(u->key);
	free(u->object);
	free(u->data);
	free(u->part);
	free(u);
}
