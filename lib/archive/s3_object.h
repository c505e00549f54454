/* Objects of a bucket, below the site's prefix: put, looked for, listed,
 * deleted. pg may be NULL everywhere. */
#ifndef ARCHIVE_S3_OBJECT_H
#define ARCHIVE_S3_OBJECT_H

#include "archive/s3.h"

struct s3_item {
	const char *object; /* without the site's prefix */
	int64_t size;
	char etag[S3_ETAG_MAX]; /* of an object */
	const char *upload;	/* of an upload that is not complete */
};

struct s3_items {
	struct s3_item *v; /* in cx's arena */
	size_t n, cap;
};

/* note: one more header, or NULL. */
MUST_USE enum err s3_put(struct cx *cx, struct s3 *s3, const char *object,
			 const void *p, size_t n, const char *note,
			 const struct progress *pg);
/* Absent: OK. */
MUST_USE enum err s3_delete(struct cx *cx, struct s3 *s3, const char *object,
			    const struct progress *pg);
/* What is there by that name; *there. Size and ETag as the store says. */
MUST_USE enum err s3_look(struct cx *cx, struct s3 *s3, const char *object,
			  const struct progress *pg, struct s3_item *out,
			  bool *there);
/* Everything that begins so; uploads: what is not complete. ERR_UNREACHABLE:
 * the store says something else; ERR_TOO_LARGE: it does not come to an end. */
MUST_USE enum err s3_list(struct cx *cx, struct s3 *s3, const char *begin,
			  bool uploads, const struct progress *pg,
			  struct s3_items *out);
/* Gone already: OK. */
MUST_USE enum err s3_abort(struct cx *cx, struct s3 *s3, const char *object,
			   const char *upload, const struct progress *pg);
/* All uploads of objects that begin so. */
MUST_USE enum err s3_abort_all(struct cx *cx, struct s3 *s3, const char *begin,
			       const struct progress *pg);
/* "content-md5: ...", for what is sent. */
const char *s3_md5_head(struct cx *cx, const unsigned char md5[16]);

#endif
