/* Random trees of files, and trees as text, so that two can be compared. */
#ifndef SUPPORT_TREE_H
#define SUPPORT_TREE_H

#include <stddef.h>

#include "base/buf.h"

/* About n entries below the directory at path: odd names, sizes, holes,
 * links, attributes, times, modes. The same seed makes the same tree. */
void tree_make(const char *path, unsigned seed, int n);
/* The same without attribute names that GNU tar cannot keep. */
void tree_make_portable(const char *path, unsigned seed, int n);
/*
 * One line per entry, sorted: path, kind, mode, time, size, sha256, target,
 * attributes, holes, and for a further name of a file the first one. The
 * root's own mode and time are left out. Paths must be shorter than 4096.
 */
void tree_print(const char *path, struct buf *out);
/* A file of n bytes that do not compress (seed) at dir/name. */
void tree_file(const char *dir, const char *name, size_t n, unsigned seed);

#endif
