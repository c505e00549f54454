/* The commit marker's text; parsing it is archive_meta_parse. */
#ifndef ARCHIVE_META_H
#define ARCHIVE_META_H

#include "archive/archive.h"
#include "base/buf.h"

#define META_FORMAT "tar.zst/1"
#define META_MAX 4096

void meta_print(const struct archive_meta *meta, struct buf *out);

#endif
