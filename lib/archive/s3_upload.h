/*
 * A stream of unknown length into one object: in parts, each of which is sent
 * again when it fails; what is short goes in one request.
 *
 * 1. The object appears whole, at the end, or not at all.
 * 2. Of what was sent every part was compared with its MD5 and its sha256 by
 *    the store; what it must call the whole is known (s3->put_etag).
 * 3. One part is in memory: 8 MiB, more only for what is very large.
 */
#ifndef ARCHIVE_S3_UPLOAD_H
#define ARCHIVE_S3_UPLOAD_H

#include "archive/s3_object.h"

#define S3_PART_MIN ((size_t)8 << 20)
#define S3_PARTS_MAX 10000

struct s3_upload;

/* Bytes of part number n (1...): so that ten thousand hold a terabyte. */
size_t s3_part_size(int n);

struct s3_upload *s3_upload_new(struct s3 *s3, const struct site *site,
				const char *key, const char *object,
				const struct progress *pg);
MUST_USE enum err s3_upload_add(struct cx *cx, struct s3_upload *u,
				const void *p, size_t n);
MUST_USE enum err s3_upload_finish(struct cx *cx, struct s3_upload *u);
/* In any case, at last: what is not finished is taken back, if the store can
 * be reached. NULL is fine. */
void s3_upload_free(struct s3_upload *u);

#endif
