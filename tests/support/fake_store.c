#include "support/fake_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
#include "rules/names.h"

#define OBJECTS 64
#define ROOM ((size_t)256 << 20)

struct object {
	char key[NAME_MAX_LEN];
	struct buf data, meta;
	bool part; /* unfinished */
};

static struct object all[OBJECTS];

struct store_writer {
	struct object *o;
	struct buf data;
};

struct store_reader {
	const struct object *o;
	size_t at;
};

static struct object *
find(const char *key)
{
	size_t i;

	for (i = 0; i < OBJECTS; i++)
		if (!strcmp(all[i].key, key))
			return &all[i];
	return NULL;
}

static void
forget(struct object *o)
{
	buf_free(&o->data);
	buf_free(&o->meta);
	*o = (struct object){.key = ""};
}

void
fake_store_clear(void)
{
	size_t i;

	for (i = 0; i < OBJECTS; i++)
		forget(&all[i]);
}

void
fake_store_damage(const char *key)
{
	struct object *o = find(key);

	if (!o || !o->data.len)
		abort();
	o->data.data[o->data.len / 2] ^= 1;
}

static enum err
check(struct cx *cx, const char *key)
{
	char id[37], op_id[37];

	return key && name_archive_ids(key, id, op_id)
		       ? OK
		       : cx_fail(cx, ERR_INVALID, "not a key");
}

static enum err
fake_probe(struct cx *cx)
{
	(void)cx;
	return OK;
}

static enum err
fake_put_open(struct cx *cx, const char *key, const struct progress *pg,
	      struct store_writer **w)
{
	enum err e = check(cx, key);
	struct object *o;

	(void)pg;
	if (e)
		return e;
	o = find(key);
	if (!o && !(o = find("")))
		return cx_fail(cx, ERR_NO_SPACE, "no room for %s", key);
	forget(o);
	memcpy(o->key, key, strlen(key) + 1);
	o->part = true;
	*w = calloc(1, sizeof(**w));
	if (!*w)
		abort();
	(*w)->o = o;
	buf_init(&(*w)->data, ROOM);
	return OK;
}

static enum err
fake_put_write(struct cx *cx, struct store_writer *w, const void *p, size_t n)
{
	buf_add(&w->data, p, n);
	return w->data.over ? cx_fail(cx, ERR_NO_SPACE, "too large") : OK;
}

static void
fake_put_abort(struct store_writer *w)
{
	if (w)
		buf_free(&w->data);
	free(w);
}

static enum err
fake_put_close(struct cx *cx, struct store_writer *w)
{
	(void)cx;
	w->o->data = w->data;
	w->o->part = false;
	free(w);
	return OK;
}

static enum err
fake_put_meta(struct cx *cx, const char *key, const char *json, size_t n,
	      const struct progress *pg)
{
	enum err e = check(cx, key);
	struct object *o;

	(void)pg;
	if (e)
		return e;
	if (!(o = find(key)))
		return cx_fail(cx, ERR_NOT_FOUND, "no object %s", key);
	buf_free(&o->meta);
	buf_init(&o->meta, 4096);
	buf_add(&o->meta, json, n);
	return OK;
}

static enum err
fake_get_meta(struct cx *cx, const char *key, const struct progress *pg,
	      struct archive_meta *meta)
{
	enum err e = check(cx, key);
	struct object *o;

	(void)pg;
	if (e)
		return e;
	if (!(o = find(key)) || !o->meta.len)
		return cx_fail(cx, ERR_NOT_FOUND, "no archive %s", key);
	return archive_meta_parse(cx, buf_str(&o->meta), o->meta.len, meta);
}

static enum err
whole(struct cx *cx, const char *key, struct object **o)
{
	enum err e = check(cx, key);

	if (e)
		return e;
	*o = find(key);
	return *o && !(*o)->part
		       ? OK
		       : cx_fail(cx, ERR_NOT_FOUND, "no object %s", key);
}

static enum err
fake_get_open(struct cx *cx, const char *key, const struct progress *pg,
	      struct store_reader **r)
{
	struct object *o;
	enum err e = whole(cx, key, &o);

	(void)pg;
	if (e)
		return e;
	*r = calloc(1, sizeof(**r));
	if (!*r)
		abort();
	(*r)->o = o;
	return OK;
}

static enum err
fake_get_read(struct cx *cx, struct store_reader *r, void *p, size_t max,
	      size_t *n)
{
	size_t left = r->o->data.len - r->at;

	(void)cx;
	*n = left < max ? left : max;
	if (*n)
		memcpy(p, r->o->data.data + r->at, *n);
	r->at += *n;
	return OK;
}

static void
fake_get_close(struct store_reader *r)
{
	free(r);
}

static enum err
fake_verify(struct cx *cx, const char *key, const struct archive_meta *meta,
	    const struct progress *pg)
{
	struct object *o;
	char hex[65];
	enum err e = whole(cx, key, &o);

	if (e)
		return e;
	if (pg && pg->tell && pg->tell(pg->arg, meta->size, meta->size))
		return cx_fail(cx, ERR_ABANDONED, "given up");
	id_hash(buf_str(&o->data), o->data.len, hex);
	if ((int64_t)o->data.len != meta->size ||
	    strcmp(hex, meta->sha256) != 0)
		return cx_fail(cx, ERR_CORRUPT, "%s differs", key);
	return OK;
}

static enum err
fake_remove(struct cx *cx, const char *key)
{
	enum err e = check(cx, key);
	struct object *o;

	if (!e && (o = find(key)))
		forget(o);
	return e;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err
fake_list(struct cx *cx, struct archive_names *out)
{
	size_t i;

	out->n = 0;
	out->v = arena_array(&cx->arena, OBJECTS, sizeof(*out->v));
	out->fact = arena_array(&cx->arena, OBJECTS, sizeof(*out->fact));
	for (i = 0; i < OBJECTS; i++)
		if (*all[i].key)
			out->v[out->n++] = arena_strdup(&cx->arena, all[i].key);
	qsort(out->v, out->n, sizeof(*out->v), by_name);
	for (i = 0; i < out->n; i++) {
		const struct object *o = find(out->v[i]);

		if (o)
			out->fact[i] =
				(struct archive_fact){.size = (int64_t)o->data
								      .len,
						      .marked =
							      o->meta.len > 0};
	}
	return OK;
}

const struct store_ops store_fake = {
	.name = "fake",
	.probe = fake_probe,
	.put_open = fake_put_open,
	.put_write = fake_put_write,
	.put_close = fake_put_close,
	.put_abort = fake_put_abort,
	.put_meta = fake_put_meta,
	.get_meta = fake_get_meta,
	.get_open = fake_get_open,
	.get_read = fake_get_read,
	.get_close = fake_get_close,
	.verify = fake_verify,
	.remove = fake_remove,
	.list = fake_list,
};
