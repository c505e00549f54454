/*
 * Archives in a bucket: {s3_prefix}{id}/{op_id}/home.tar.zst, and its .meta
 * last. Unfinished is an upload in parts; it is ended when its archive is
 * begun anew or removed.
 */
#include "archive/store_s3.h"

#include <stdlib.h>
#include <string.h>

#include "archive/hash.h"
#include "archive/meta.h"
#include "archive/s3_upload.h"
#include "archive/tick.h"
#include "base/fault.h"

#define MARK_MOST 256
#define NOTE "x-amz-meta-roost-etag"

struct store_writer {
	struct s3_upload *up;
	const char *key;
};

const char *
s3_name(struct cx *cx, const char *key, const char *file)
{
	return arena_printf(&cx->arena, "%s/%s", key, file);
}

/* ---- Whose bucket ---- */

/* What the mark says, or ERR_NOT_FOUND. */
static enum err
read_mark(struct cx *cx, struct s3 *s3, const struct progress *pg,
	  const char **site_id)
{
	struct s3_ask ask = {.what = "look whose archives these are",
			     .method = "GET",
			     .object = S3_MARK,
			     .most = MARK_MOST};
	struct http_answer a;
	const char *text;
	enum err e = s3_do(cx, s3, &ask, pg, &a);

	if (e)
		return e;
	text = buf_str(&a.body);
	*site_id = arena_strndup(&cx->arena, text, strcspn(text, "\n"));
	http_free(&a);
	return OK;
}

static enum err
check_mark(struct cx *cx, struct s3 *s3, const char *site_id)
{
	const struct site *s = cx->site;

	if (strcmp(site_id, s->site_id) != 0)
		return cx_fail(cx, ERR_CONFIG,
			       "bucket %s, %s" S3_MARK ": these archives"
			       " belong to the site %.40s, not to %s: give"
			       " each site an s3_prefix of its own",
			       s->s3_bucket, s->s3_prefix, site_id, s->site_id);
	s3->marked = true;
	return OK;
}

enum err
s3_ours(struct cx *cx, const struct progress *pg, struct s3 **out)
{
	const char *site_id;
	enum err e;

	if ((e = s3_open(cx, out)) || (*out)->marked)
		return e;
	e = read_mark(cx, *out, pg, &site_id);
	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, ERR_CONFIG,
			       "bucket %s has no %s" S3_MARK ": if it is the"
			       " right one, `roostctl doctor` makes it",
			       cx->site->s3_bucket, cx->site->s3_prefix);
	return e ? e : check_mark(cx, *out, site_id);
}

enum err
s3_claim(struct cx *cx)
{
	const char *site_id, *text;
	struct s3 *s3;
	enum err e;

	if ((e = s3_open(cx, &s3)))
		return e;
	e = read_mark(cx, s3, NULL, &site_id);
	if (e != ERR_NOT_FOUND)
		return e ? e : check_mark(cx, s3, site_id);
	cx_clear(cx);
	text = arena_printf(&cx->arena, "%s\n", cx->site->site_id);
	if ((e = s3_put(cx, s3, S3_MARK, text, strlen(text), NULL, NULL)))
		return e;
	s3->marked = true;
	return OK;
}

/* ---- Writing ---- */

static enum err
put_open(struct cx *cx, const char *key, const struct progress *pg,
	 struct store_writer **w)
{
	struct s3 *s3;
	enum err e;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_PUT_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: write archive %s", key);
	/* A marker without the data that it speaks of must never be seen.
	 * Some stores (MinIO) find uploads by all of their name only. */
	if ((e = s3_ours(cx, pg, &s3)) ||
	    (e = s3_delete(cx, s3, s3_name(cx, key, SPOT_META), pg)) ||
	    (e = s3_abort_all(cx, s3, s3_name(cx, key, SPOT_OBJECT), pg)))
		return e;
	*w = calloc(1, sizeof(**w));
	if (!*w)
		abort(); /* out of memory: crash-only */
	(*w)->up = s3_upload_new(s3, cx->site, key,
				 s3_name(cx, key, SPOT_OBJECT), pg);
	return OK;
}

static enum err
put_write(struct cx *cx, struct store_writer *w, const void *p, size_t n)
{
	return s3_upload_add(cx, w->up, p, n);
}

static void
put_abort(struct store_writer *w)
{
	if (!w)
		return;
	s3_upload_free(w->up);
	free(w);
}

static enum err
put_close(struct cx *cx, struct store_writer *w)
{
	enum err e = OK;

	if (FAULT(FAULT_STORE_PUT_BEFORE))
		e = cx_fail(cx, ERR_IO, "fault: finish an object");
	if (!e)
		e = s3_upload_finish(cx, w->up);
	put_abort(w);
	if (!e && FAULT(FAULT_STORE_PUT_AFTER))
		e = cx_fail(cx, ERR_IO, "fault: finished an object");
	return e;
}

static enum err
put_meta(struct cx *cx, const char *key, const char *json, size_t n,
	 const struct progress *pg)
{
	const char *note = NULL;
	struct s3 *s3;
	enum err e;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_META_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: write marker of %s", key);
	if ((e = s3_ours(cx, pg, &s3)))
		return e;
	/* Signed headers without a value are not sent: no empty one. */
	if (!strcmp(s3->put_key, key) && *s3->put_etag)
		note = arena_printf(&cx->arena, NOTE ": %s", s3->put_etag);
	if ((e = s3_put(cx, s3, s3_name(cx, key, SPOT_META), json, n, note,
			pg)))
		return e;
	if (FAULT(FAULT_STORE_META_AFTER))
		return cx_fail(cx, ERR_IO, "fault: wrote marker of %s", key);
	return OK;
}

/* ---- Looking ---- */

static enum err
ask_marker(struct cx *cx, struct s3 *s3, const char *key,
	   const struct progress *pg, struct http_answer *a)
{
	struct s3_ask ask = {.what = "read the marker of an archive",
			     .method = "GET",
			     .object = s3_name(cx, key, SPOT_META),
			     .most = META_MAX};
	enum err e = s3_do(cx, s3, &ask, pg, a);

	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, e, "there is no archive %s", key);
	if (e == ERR_TOO_LARGE)
		return cx_fail(cx, ERR_CORRUPT, "the marker of %s is too large",
			       key);
	return e;
}

static enum err
get_meta(struct cx *cx, const char *key, const struct progress *pg,
	 struct archive_meta *meta)
{
	struct http_answer a;
	struct s3 *s3;
	enum err e;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_GET))
		return cx_fail(cx, ERR_IO, "fault: read marker of %s", key);
	if ((e = s3_ours(cx, pg, &s3)) || (e = ask_marker(cx, s3, key, pg, &a)))
		return e;
	e = archive_meta_parse(cx, buf_str(&a.body), a.body.len, meta);
	http_free(&a);
	return e;
}

/* What the store must call the object: we know it from sending it, or the
 * marker does. "" when nobody does. */
static enum err
expected_etag(struct cx *cx, struct s3 *s3, const char *key,
	      const struct progress *pg, char out[S3_ETAG_MAX])
{
	struct http_answer a;
	enum err e;

	*out = '\0';
	if (!strcmp(s3->put_key, key)) {
		memcpy(out, s3->put_etag, S3_ETAG_MAX);
		return OK;
	}
	e = ask_marker(cx, s3, key, pg, &a);
	if (e) {
		if (e != ERR_NOT_FOUND && e != ERR_CORRUPT)
			return e;
		cx_clear(cx);
		return OK;
	}
	s3_unquote(http_header(cx, &a, NOTE), out);
	http_free(&a);
	return OK;
}

static enum err
read_all(struct cx *cx, struct store_reader *r, struct hash *h, struct tick *t)
{
	enum { CHUNK = 1 << 17 };
	char *p = malloc(CHUNK);
	size_t n = 1;
	enum err e = OK;

	if (!p)
		abort(); /* out of memory: crash-only */
	while (!e && n && !(e = s3_get_read(cx, r, p, CHUNK, &n))) {
		hash_add(h, p, n);
		e = tick_add(t, (int64_t)n);
	}
	free(p);
	return e;
}

static enum err
read_back(struct cx *cx, const char *key, const struct archive_meta *meta,
	  const struct progress *pg)
{
	struct store_reader *r;
	struct hash *h;
	struct tick t;
	char hex[65];
	enum err e;

	if ((e = s3_get_open(cx, key, pg, &r)))
		return e;
	tick_begin(&t, cx, pg, meta->size);
	h = hash_new();
	e = read_all(cx, r, h, &t);
	s3_get_close(r);
	hash_hex(h, hex);
	hash_free(h);
	if (!e && strcmp(hex, meta->sha256) != 0)
		return cx_fail(cx, ERR_CORRUPT,
			       "the sha256 of archive %s is %s, not %s", key,
			       hex, meta->sha256);
	return e;
}

/*
 * Size, and the name that the store gives to what it holds: the MD5 of what
 * was sent, which nobody but it computed. A store that names otherwise (it
 * encrypts), or does not have what the name says, is read back.
 */
static enum err
check_object(struct cx *cx, struct s3 *s3, const char *key,
	     const struct archive_meta *meta, const struct s3_item *it,
	     const struct progress *pg)
{
	char etag[S3_ETAG_MAX];
	enum err e;

	if (it->size != meta->size)
		return cx_fail(cx, ERR_CORRUPT,
			       "archive %s has %lld bytes, not %lld", key,
			       (long long)it->size, (long long)meta->size);
	if ((e = expected_etag(cx, s3, key, pg, etag)))
		return e;
	if (*etag && !strcmp(etag, it->etag) && !cx->site->s3_read_back)
		return OK;
	if ((e = read_back(cx, key, meta, pg)))
		return e;
	memcpy(s3->put_key, key, strlen(key) + 1);
	memcpy(s3->put_etag, it->etag, S3_ETAG_MAX);
	return OK;
}

static enum err
verify(struct cx *cx, const char *key, const struct archive_meta *meta,
       const struct progress *pg)
{
	struct s3_item it;
	struct s3 *s3;
	bool there;
	enum err e;

	if ((e = spot_key(cx, key)))
		return e;
	if (FAULT(FAULT_STORE_VERIFY))
		return cx_fail(cx, ERR_IO, "fault: verify archive %s", key);
	if ((e = s3_ours(cx, pg, &s3)) ||
	    (e = s3_look(cx, s3, s3_name(cx, key, SPOT_OBJECT), pg, &it,
			 &there)))
		return e;
	return there ? check_object(cx, s3, key, meta, &it, pg)
		     : cx_fail(cx, ERR_NOT_FOUND, "there is no archive %s",
			       key);
}

const struct store_ops store_s3 = {
	.name = "s3",
	.probe = s3_claim,
	.put_open = put_open,
	.put_write = put_write,
	.put_close = put_close,
	.put_abort = put_abort,
	.put_meta = put_meta,
	.get_meta = get_meta,
	.get_open = s3_get_open,
	.get_read = s3_get_read,
	.get_close = s3_get_close,
	.verify = verify,
	.link = s3_link,
	.remove = s3_remove,
	.list = s3_names,
};
