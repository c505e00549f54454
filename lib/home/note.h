/* Notes: files that each name a volume (volume.c). */
#ifndef HOME_NOTE_H
#define HOME_NOTE_H

#include "home/place.h"

/* A name that no volume has: ws-{id}-home.{16 hex} */
const char *note_new_volume(struct cx *cx, const char *id);
/* Durable when OK. */
MUST_USE enum err note_write(struct cx *cx, const char *path,
			     const char *volume);
/* ERR_NOT_FOUND: no note. ERR_IO: a file that is none. */
MUST_USE enum err note_read(struct cx *cx, const char *path,
			    const char **volume);
/* The volume that it names goes, then the note. Absent: OK. */
MUST_USE enum err note_drop(struct cx *cx, const char *path);
/* The same in .unpack. */
MUST_USE enum err note_drop_stage(struct cx *cx, const char *path);

/* ---- volume_seen.c: what the engine has ---- */

MUST_USE enum err seen_volumes(struct cx *cx, struct home_names *out);
/* Names of the containers that hold one. */
MUST_USE enum err seen_holders(struct cx *cx, struct home_names *out);
bool seen_has(const struct home_names *l, const char *name);
MUST_USE enum err seen_strays(struct cx *cx, struct home_names *volumes,
			      struct home_names *entries);

#endif
