/*
 * Memory that lives as long as one request, one pass or one command.
 *
 * 1. arena_alloc never returns NULL: out of memory ends the process (the
 *    design is crash-only), and so does passing the arena's ceiling.
 * 2. Memory comes zeroed and aligned for any type.
 * 3. arena_release frees all and runs what was deferred, newest first; a
 *    zeroed arena is a valid, empty one; releasing twice is fine.
 * 4. Under ASan each allocation is a malloc of its own.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/err.h"

struct arena_block;
struct arena_defer;

struct arena {
	struct arena_block *blocks;
	struct arena_defer *defers;
	size_t used; /* bytes handed out since the last reset */
};

#define ARENA_MAX ((size_t)1 << 30)

void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);
void arena_reset(struct arena *a); /* as release, but keeps one block */
void arena_release(struct arena *a);

#endif
