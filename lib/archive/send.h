/*
 * Entries of an archive to where only a tar stream leads (base/tree.h).
 *
 * 1. The same bounds and the same kinds of entries as put.h.
 * 2. An entry goes only into a directory that was sent, and not again into
 *    one that was left: so nothing ever leads through a symlink. Archives of
 *    ours are made in that order.
 */
#ifndef ARCHIVE_SEND_H
#define ARCHIVE_SEND_H

#include "archive/bounds.h"
#include "archive/tar.h"

struct send {
	struct cx *cx;
	struct bounds *b;
	const struct tree *to;
	int64_t uid; /* -1: us */
	struct tree_stream *s;
	struct archive *a;
	struct tar tar;
	struct buf dir;	   /* path of the last directory */
	struct buf target; /* clean */
	struct buf name, link, traits;
	enum err err; /* of the write callback */
};

/* All above s is set. send_end in any case. */
MUST_USE enum err send_begin(struct send *sd);
MUST_USE enum err send_entry(void *send, struct archive *a,
			     struct archive_entry *entry);
/* All of it was taken. */
MUST_USE enum err send_finish(struct send *sd);
void send_end(struct send *sd);

#endif
