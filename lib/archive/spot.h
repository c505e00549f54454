/* What all stores have in common: how the parts of an archive are called, and
 * the making of a list. */
#ifndef ARCHIVE_SPOT_H
#define ARCHIVE_SPOT_H

#include "archive/archive.h"

#define SPOT_OBJECT "home.tar.zst"
#define SPOT_META SPOT_OBJECT ".meta"
#define SPOT_PART SPOT_OBJECT ".part"

/* ERR_INVALID unless it is a key. */
MUST_USE enum err spot_key(struct cx *cx, const char *key);

struct spot {
	const char *key;
	struct archive_fact fact;
};

struct spots {
	struct spot *v; /* in cx's arena */
	size_t n, cap;
};

/* A further one; what is known of it may be filled in. */
struct spot *spots_add(struct cx *cx, struct spots *l, const char *id,
		       const char *op_id);
/* Sorted; what is there twice becomes one, with the facts of both. */
void spots_list(struct cx *cx, struct spots *l, struct archive_names *out);

#endif
