/* Inside the directory store: where an archive stands, and its end. */
#ifndef ARCHIVE_STORE_DIR_H
#define ARCHIVE_STORE_DIR_H

#include "archive/spot.h"

/* {archives_dir}/{key}/{file}; file NULL: the directory. */
const char *spot_path(struct cx *cx, const char *key, const char *file);
/* The directory of all archives of the key's workspace. */
const char *spot_above(struct cx *cx, const char *key);
/* Without its root a store knows nothing: that is a failed look. */
MUST_USE enum err spot_root(struct cx *cx);
MUST_USE enum err spot_unlink(struct cx *cx, const char *path);

/* As in archive.h. */
MUST_USE enum err dir_remove(struct cx *cx, const char *key);
MUST_USE enum err dir_list(struct cx *cx, struct archive_names *out);

#endif
