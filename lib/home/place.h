/* Where homes stand on this machine, and the moves between those places: a
 * directory home itself, or the note that names a volume. */
#ifndef HOME_PLACE_H
#define HOME_PLACE_H

#include <sys/stat.h>

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
/* One of this type (S_IFDIR, S_IFREG) is there: *there. Anything else in its
 * place: ERR_IO. */
MUST_USE enum err place_look(struct cx *cx, const char *path, mode_t type,
			     bool *there);
/* Renames without ever replacing; durable when OK. ERR_EXISTS, and
 * ERR_NOT_FOUND when `from` is not there. */
MUST_USE enum err place_move(struct cx *cx, const char *from, const char *to);
/* Sorted names of this type in {homes_dir}/{sub} that `take` accepts. take may
 * change what is kept by pointing *name elsewhere (in cx's arena). */
MUST_USE enum err place_list(struct cx *cx, const char *sub, mode_t type,
			     bool (*take)(struct cx *cx, const char **name),
			     struct home_names *out);

/* Makes homes_dir and the places in it. */
MUST_USE enum err place_probe(struct cx *cx);

/* ---- entry.c: verbs of home.h that are the same for both types ---- */

MUST_USE enum err entry_look(struct cx *cx, const char *const ids[], size_t n,
			     mode_t type, bool there[]);
MUST_USE enum err entry_list(struct cx *cx, mode_t type,
			     struct home_names *ids);
MUST_USE enum err entry_trash(struct cx *cx, const char *id, const char *op_id);
MUST_USE enum err entry_untrash(struct cx *cx, const char *id,
				const char *op_id, mode_t type);
MUST_USE enum err entry_trash_list(struct cx *cx, mode_t type,
				   struct home_names *names);
/* What an earlier try has staged is put aside. *stage is free then. */
MUST_USE enum err entry_stage(struct cx *cx, const char *id, const char *op_id,
			      const char **stage);
/* After sync(stage), which may say ERR_NOT_FOUND. */
MUST_USE enum err
entry_publish(struct cx *cx, const char *id, const char *op_id, mode_t type,
	      enum err (*sync)(struct cx *cx, const char *stage));
MUST_USE enum err
entry_sweep(struct cx *cx, const char *const keep[], size_t n, mode_t type,
	    enum err (*drop)(struct cx *cx, const char *path));

#endif
