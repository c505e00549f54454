/* The credentials of an object store. */
#ifndef ARCHIVE_S3_KEYS_H
#define ARCHIVE_S3_KEYS_H

#include "archive/s3_sign.h"

/*
 * From the file s3_credentials, which nobody but its owner may read, written
 * as AWS's own programs write it; or, without such a file, from
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. They live
 * in cx's arena, and are never logged or told. ERR_CONFIG.
 */
MUST_USE enum err s3_keys_load(struct cx *cx, struct s3_keys *out);
/* The same from a text that was read; `from` names it in messages. */
MUST_USE enum err s3_keys_parse(struct cx *cx, char *text, const char *from,
				struct s3_keys *out);

#endif
