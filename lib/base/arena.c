#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_BLOCK 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_BLOCK 0
#endif
#endif
#ifndef ARENA_BLOCK
#define ARENA_BLOCK 16384
#endif

#define ALIGN _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t cap, used;
	_Alignas(max_align_t) char data[];
};

struct arena_defer {
	struct arena_defer *next;
	void (*fn)(void *);
	void *arg;
};

static void
out_of_memory(size_t n)
{
	fprintf(stderr, "roost: out of memory (%zu bytes)\n", n);
	abort();
}

static struct arena_block *
block_new(struct arena *a, size_t n)
{
	size_t cap = n > ARENA_BLOCK ? n : ARENA_BLOCK;
	struct arena_block *b = malloc(sizeof(*b) + cap);

	if (!b)
		out_of_memory(cap);
	b->cap = cap;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	size_t room;
	void *p;

	/* Under ASan a block is exactly one allocation, so that its end is
	 * the block's end; otherwise round up to keep the next one aligned. */
	room = ARENA_BLOCK ? (n + ALIGN - 1) & ~(ALIGN - 1) : n;
	if (n > ARENA_MAX || a->used > ARENA_MAX - n)
		out_of_memory(n);
	if (!b || b->cap - b->used < room || !ARENA_BLOCK)
		b = block_new(a, room ? room : 1);
	p = b->data + b->used;
	b->used += room;
	a->used += room;
	memset(p, 0, n);
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > ARENA_MAX / size)
		out_of_memory(ARENA_MAX);
	return arena_alloc(a, n * size);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory(0);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct arena_defer *d = arena_alloc(a, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->next = a->defers;
	a->defers = d;
}

static void
run_defers(struct arena *a)
{
	while (a->defers) {
		struct arena_defer *d = a->defers;

		a->defers = d->next;
		d->fn(d->arg);
	}
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = NULL;

	run_defers(a);
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		if (ARENA_BLOCK && !keep && b->cap == ARENA_BLOCK)
			keep = b;
		else
			free(b);
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
		a->blocks = keep;
	}
	a->used = 0;
}

void
arena_release(struct arena *a)
{
	arena_reset(a);
	free(a->blocks);
	a->blocks = NULL;
}
