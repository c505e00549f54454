/*
 * A home into a store: walk, tar, zstd, sha256, all in one stream. A home that
 * comes as a tar already (base/tree.h) is read entry by entry in place of the
 * walk, so that archives are the same whatever kind of home they are of.
 *
 * 1. A file that cannot be read or that changes while it is read fails the
 *    archive: the home is removed after it, so nothing may be missing.
 * 2. The marker is written when the stored bytes have been read back.
 */
#ifndef ARCHIVE_PACK_H
#define ARCHIVE_PACK_H

#include <archive.h>

#include "archive/hash.h"
#include "archive/links.h"
#include "archive/sparse.h"
#include "archive/tar.h"
#include "archive/tick.h"

struct outlet;

struct pack {
	struct cx *cx;
	const struct store_ops *store;
	struct store_writer *w;	 /* NULL: only to be hashed */
	const char *root;	 /* for messages */
	const struct tree *from; /* NULL: root is a directory */
	struct archive *a;
	struct outlet *outlet; /* of a */
	struct tar tar;
	struct buf traits; /* of the entry at work */
	struct hash *hash;
	struct tick tick;
	struct links links;
	struct region *regions;
	enum err err; /* of the write callback: libarchive knows no enum err */
	struct archive_meta meta;
};

void pack_begin(struct pack *pk); /* cx, store, root, tick are set */
/* The whole tree into pk->w, and what it was into pk->meta. */
MUST_USE enum err pack_stream(struct pack *pk, int level);
/* e: how it ended; who was told to give up does not wait. */
void pack_end(struct pack *pk, enum err e);

/* For what puts entries into it: headers, and what libarchive's failure was:
 * perhaps one of ours, passed through it. */
MUST_USE enum err pack_header(struct pack *pk, const struct tar_entry *en);
enum err pack_broken(struct pack *pk, const char *what);
/* In place of a walk: the tar of pk->from. */
MUST_USE enum err pack_from(struct pack *pk);

#endif
