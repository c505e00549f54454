/* A home that is only reached by streams (base/tree.h): a tar in memory. */
#ifndef SUPPORT_MEMTREE_H
#define SUPPORT_MEMTREE_H

#include "base/buf.h"
#include "base/tree.h"

/* What the tree is: read by out, filled by in. One at a time. */
extern struct buf memtree;
extern const char *memtree_prefix;
/* So many bytes come or go, then it fails with ERR_UNREACHABLE; 0: all. */
extern size_t memtree_fails_after;
/* So many bytes come, and then the stream ends as if that were all; 0: all. */
extern size_t memtree_ends_after;
extern int memtree_reads; /* streams that were begun */
extern const struct tree memtree_home;

void memtree_open(const char *prefix);
void memtree_close(void);

#endif
