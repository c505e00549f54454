#include "archive/s3_object.h"

#include <string.h>

#include "archive/hash.h"

const char *
s3_md5_head(struct cx *cx, const unsigned char md5[16])
{
	char text[25];

	hash_base64(md5, HASH_MD5, text);
	return arena_printf(&cx->arena, "content-md5: %s", text);
}

enum err
s3_put(struct cx *cx, struct s3 *s3, const char *object, const void *p,
       size_t n, const char *note, const struct progress *pg)
{
	unsigned char md5[HASH_MD5];
	const char *head[] = {NULL, note, NULL};
	struct s3_ask ask = {.what = "write an object",
			     .method = "PUT",
			     .object = object,
			     .head = head,
			     .body = p,
			     .n = n};

	hash_md5(p, n, md5);
	head[0] = s3_md5_head(cx, md5);
	return s3_do(cx, s3, &ask, pg, NULL);
}

static enum err
absent_is_fine(struct cx *cx, enum err e)
{
	if (e != ERR_NOT_FOUND)
		return e;
	cx_clear(cx);
	return OK;
}

enum err
s3_delete(struct cx *cx, struct s3 *s3, const char *object,
	  const struct progress *pg)
{
	struct s3_ask ask = {.what = "delete an object",
			     .method = "DELETE",
			     .object = object};

	return absent_is_fine(cx, s3_do(cx, s3, &ask, pg, NULL));
}

enum err
s3_abort(struct cx *cx, struct s3 *s3, const char *object, const char *upload,
	 const struct progress *pg)
{
	const struct s3_pair query[] = {{"uploadId", upload}};
	struct s3_ask ask = {.what = "end an unfinished upload",
			     .method = "DELETE",
			     .object = object,
			     .query = query,
			     .n_query = 1};

	return absent_is_fine(cx, s3_do(cx, s3, &ask, pg, NULL));
}

enum err
s3_abort_all(struct cx *cx, struct s3 *s3, const char *begin,
	     const struct progress *pg)
{
	struct s3_items l = {0};
	enum err e = s3_list(cx, s3, begin, true, pg, &l);
	size_t i;

	for (i = 0; !e && i < l.n; i++)
		e = s3_abort(cx, s3, l.v[i].object, l.v[i].upload, pg);
	return e;
}

/* The listing tells absent from a missing bucket, and begins with the one
 * whose name is all of what was asked for. */
enum err
s3_look(struct cx *cx, struct s3 *s3, const char *object,
	const struct progress *pg, struct s3_item *out, bool *there)
{
	struct s3_items l = {0};
	enum err e = s3_list(cx, s3, object, false, pg, &l);

	if (e)
		return e;
	*there = l.n && !strcmp(l.v[0].object, object);
	if (*there)
		*out = l.v[0];
	return OK;
}
