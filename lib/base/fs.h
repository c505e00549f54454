/* Files and directories, with the syncs that durability needs. */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cx.h"

MUST_USE enum err fs_mkdir(struct cx *cx, const char *path, mode_t mode);
MUST_USE enum err fs_mkdirs(struct cx *cx, const char *path, mode_t mode);
MUST_USE enum err fs_sync_dir(struct cx *cx, const char *path);
/* rename, then fsync of both parent directories. */
MUST_USE enum err fs_rename_sync(struct cx *cx, const char *from,
				 const char *to);
/* Whole file into out (bounded by its ceiling); ERR_NOT_FOUND if absent. */
MUST_USE enum err fs_read(struct cx *cx, const char *path, struct buf *out);
/* Writes beside, fsyncs, renames into place, fsyncs the directory. */
MUST_USE enum err fs_write_sync(struct cx *cx, const char *path, const void *p,
				size_t n, mode_t mode);
/* The same without syncs: whole or absent for whoever reads it, but for a power
 * loss. */
MUST_USE enum err fs_write(struct cx *cx, const char *path, const void *p,
			   size_t n, mode_t mode);
/*
 * Removes a tree without following symlinks and without recursion depth
 * limits (10,000 levels are fine), making directories writable as needed.
 * Absent is OK. `stop` (may be NULL) is asked now and then; true ends it with
 * ERR_ABANDONED.
 */
MUST_USE enum err fs_remove_tree(struct cx *cx, const char *path,
				 bool (*stop)(void *), void *arg);
/* As root: gives path the owner of the directory that it is in, so that those
 * who run the site can read what root left there. */
MUST_USE enum err fs_hand_over(struct cx *cx, const char *path);
MUST_USE enum err fs_touch(struct cx *cx, const char *path);
bool fs_exists(const char *path); /* lstat; a failed look is "true" */
/* "network" filesystems (NFS, SMB, FUSE, 9p): no WAL, weaker locks. */
bool fs_is_network(const char *path);
/* Free bytes and inodes of the filesystem that holds path. */
MUST_USE enum err fs_free(struct cx *cx, const char *path, uint64_t *bytes,
			  uint64_t *inodes);

#endif
