/*
 * Homes: the volumes of workspaces. SPEC section 6.
 *
 * 1. A home is there or not; a half-made one is never in its place (made or
 *    unpacked beside, then renamed, with the parent directories fsynced).
 * 2. Every verb may be repeated. Absent is an answer, a failed look an error.
 * 3. Removing is a rename into the trash; purging can be finished later.
 * 4. An id or op_id that is no UUID is ERR_INVALID before any path is built.
 * 5. Nothing is ever renamed over something that is there: ERR_EXISTS.
 *
 * A home of either kind has an entry {homes_dir}/ws-{id}-home, which moves
 * between its places: trash {homes_dir}/.trash/ws-{id}-home~{op_id}; unpacking
 * {homes_dir}/.unpack/ws-{id}-home~{op_id}. Only probe makes these two: a
 * homes_dir without them is a disk that is not mounted, and every verb fails
 * there instead of answering "absent".
 *
 * directory: the entry is the home itself, mode 0700.
 * volume: the entry is a note, a file with the name of a volume of the
 * container engine, ws-{id}-home.{random}. See volume.c.
 */
#ifndef HOME_HOME_H
#define HOME_HOME_H

#include <stddef.h>

#include "base/config.h"
#include "base/cx.h"
#include "base/tree.h"

struct home_names {
	const char **v; /* sorted; in cx's arena */
	size_t n;
};

struct home_ops {
	const char *name;
	enum err (*probe)(
		struct cx *cx); /* makes the directories; says how to mend */
	/* Which of these workspaces have a home? there[i] only set on OK. */
	enum err (*look)(struct cx *cx, const char *const ids[], size_t n,
			 bool there[]);
	/* Ids of all homes: one listing. Names that are no homes are left
	 * out. */
	enum err (*list)(struct cx *cx, struct home_names *ids);
	/* An empty home, owned by uid (-1: us). There already: OK,
	 * untouched. */
	enum err (*create)(struct cx *cx, const char *id, int64_t uid);
	/* A fresh empty place to unpack into; what an earlier try left is put
	 * aside. What *stage has is in cx's arena. */
	enum err (*stage)(struct cx *cx, const char *id, const char *op_id,
			  struct tree *stage);
	/* What was staged becomes the home; syncs what was unpacked.
	 * Home there already and no stage: OK (done before). Both there:
	 * ERR_EXISTS. Neither: ERR_NOT_FOUND. */
	enum err (*publish)(struct cx *cx, const char *id, const char *op_id);
	enum err (*unstage)(struct cx *cx, const char *id, const char *op_id);
	/* Its entry. */
	const char *(*path)(struct cx *cx, const char *id);
	/* Where its files are; it is there. In cx's arena. */
	enum err (*tree)(struct cx *cx, const char *id, struct tree *home);
	/* A path on the disk that homes fill; NULL: not known here. */
	const char *(*disk)(struct cx *cx);
	/* Home into the trash as ~op_id. Absent home: OK. */
	enum err (*trash)(struct cx *cx, const char *id, const char *op_id);
	/* Trash entry back into place. Home there already and no entry: OK
	 * (done before). Both there: ERR_EXISTS. Neither: ERR_NOT_FOUND. */
	enum err (*untrash)(struct cx *cx, const char *id, const char *op_id);
	enum err (*trash_list)(struct cx *cx, struct home_names *names);
	/* Removes a trash entry for good; quit as in engine.h. */
	enum err (*purge)(struct cx *cx, const char *name, bool (*quit)(void *),
			  void *arg);
	/* Leftovers of stages whose op is not in keep[n] are removed. What
	 * else was lost beside a home, and can be made again, is. */
	enum err (*sweep_stages)(struct cx *cx, const char *const keep[],
				 size_t n);
	/* Volumes that no entry leads to, and entries (paths) that lead to
	 * none. NULL: this kind has no such. */
	enum err (*strays)(struct cx *cx, struct home_names *volumes,
			   struct home_names *entries);
};

extern const struct home_ops home_dir, home_volume;

/* The kind that the site names. */
MUST_USE enum err home_find(struct cx *cx, const struct home_ops **out);

#endif
