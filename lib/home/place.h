/* Where directory homes stand, and the moves between those places. */
#ifndef HOME_PLACE_H
#define HOME_PLACE_H

#include "home/home.h"

#define PLACE_TRASH ".trash"
#define PLACE_UNPACK ".unpack"
#define PLACE_NEW "new" /* in PLACE_UNPACK, with a random end: an empty home */

/* ERR_INVALID unless they are UUIDs; op_id may be NULL. */
MUST_USE enum err place_ids(struct cx *cx, const char *id, const char *op_id);
/* ERR_UNREACHABLE unless probe has set homes_dir up. */
MUST_USE enum err place_ready(struct cx *cx);
const char *place_home(struct cx *cx, const char *id);
/* {homes_dir}/{sub}/{name}; either may be NULL. */
const char *place_in(struct cx *cx, const char *sub, const char *name);
/* {homes_dir}/{sub}/ws-{id}-home~{op_id} */
const char *home_place_of(struct cx *cx, const char *sub, const char *id,
			  const char *op_id);
/* A name beside `path` that nobody uses: path plus "." and random letters. */
const char *place_aside(struct cx *cx, const char *path);
/* A directory is there: *there. Anything else in its place: ERR_IO. */
MUST_USE enum err place_look(struct cx *cx, const char *path, bool *there);
/* Renames without ever replacing; durable when OK. ERR_EXISTS, and
 * ERR_NOT_FOUND when `from` is not there. */
MUST_USE enum err place_move(struct cx *cx, const char *from, const char *to);
/* Sorted names in {homes_dir}/{sub} that `take` accepts. take may change
 * what is kept by pointing *name elsewhere (in cx's arena). */
MUST_USE enum err place_list(struct cx *cx, const char *sub,
			     bool (*take)(struct cx *cx, const char **name),
			     struct home_names *out);

#endif
