/* Inside the store on S3: names, the site's mark, and the parts of it. */
#ifndef ARCHIVE_STORE_S3_H
#define ARCHIVE_STORE_S3_H

#include "archive/s3_object.h"
#include "archive/spot.h"

/* In a site's bucket, below its prefix, made by probe: whose archives these
 * are. Without it nothing is absent, and nothing is written: it is another
 * bucket, or another site's. */
#define S3_MARK "roost-site"

/* The client, for a bucket that is this site's. ERR_CONFIG: it is not. */
MUST_USE enum err s3_ours(struct cx *cx, const struct progress *pg,
			  struct s3 **out);
/* Makes it so; what is another site's stays that. */
MUST_USE enum err s3_claim(struct cx *cx);
/* "{key}/{file}" */
const char *s3_name(struct cx *cx, const char *key, const char *file);

/* As in archive.h. */
MUST_USE enum err s3_get_open(struct cx *cx, const char *key,
			      const struct progress *pg,
			      struct store_reader **r);
MUST_USE enum err s3_get_read(struct cx *cx, struct store_reader *r, void *p,
			      size_t max, size_t *n);
void s3_get_close(struct store_reader *r);
MUST_USE enum err s3_link(struct cx *cx, const char *key, const char *name,
			  int seconds, const char **url);
MUST_USE enum err s3_remove(struct cx *cx, const char *key);
MUST_USE enum err s3_names(struct cx *cx, struct archive_names *out);

#endif
