/* Inside the client of object stores: refusals, and trying again. */
#ifndef ARCHIVE_S3_PART_H
#define ARCHIVE_S3_PART_H

#include "archive/s3.h"
#include "net/retry.h"

struct s3_refusal {
	char code[64], message[120]; /* "": it says none */
};

/* What a body says; nothing when it is not that of a store. */
void s3_read_refusal(struct cx *cx, const struct buf *body,
		     struct s3_refusal *r);
enum err s3_refuse(struct cx *cx, const struct s3 *s3, const struct s3_ask *ask,
		   int status, const struct s3_refusal *r);

/* A loop that tries s3_begin again: as retry_again, with the pause that the
 * store wished for. */
struct s3_again {
	struct retry retry;
};
void s3_retry(struct s3_again *r, const struct progress *pg);
bool s3_again(struct cx *cx, struct s3 *s3, struct s3_again *r, enum err *e);
/* e, with what was wanted in cx->why. */
enum err s3_told(struct cx *cx, const struct s3 *s3, const struct s3_ask *ask,
		 enum err e);

#endif
