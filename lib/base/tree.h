/*
 * Where the files of a home are: a directory of this machine, or a place that
 * is only reached through somebody else, who gives its files as a tar stream
 * and takes them as one. lib/home says which, lib/archive uses it.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cx.h"

struct tree_stream;

/* How long a call may take: asked often while it waits. */
struct patience {
	int64_t deadline_ms; /* clock_mono_ms; 0: none */
	bool (*quit)(void *arg);
	void *arg;
};

struct tree {
	const char *path;   /* the directory; NULL: only as a stream */
	const char *volume; /* what a container engine calls it; NULL: none */
	const char *disk;   /* its filesystem, to measure it; NULL: unknown */
	const struct tree_ops *ops;
};

/*
 * One stream at a time. Whoever gives or takes it is trusted to be no enemy,
 * the names and contents in it are not.
 */
struct tree_ops {
	/* All of it, its root first, names relative to that ("./a", "/a" and
	 * "a" are the same). */
	enum err (*out)(struct cx *cx, const struct tree *t,
			const struct patience *p, struct tree_stream **s);
	/* *n = 0 at the end. A stream that is cut is an error, not an end. */
	enum err (*read)(struct cx *cx, struct tree_stream *s, void *p,
			 size_t max, size_t *n);
	/* A tar into it, which is empty: names as `prefix` has them. */
	enum err (*in)(struct cx *cx, const struct tree *t,
		       const struct patience *p, struct tree_stream **s);
	enum err (*write)(struct cx *cx, struct tree_stream *s, const void *p,
			  size_t n);
	/* All was taken, and is on the disk where that can be known. */
	enum err (*taken)(struct cx *cx, struct tree_stream *s);
	/* At any time; what is under way is cut off. NULL is fine. */
	void (*end)(struct tree_stream *s);
	/* What stands before each name of a tar that goes in; "" or "x/". */
	const char *(*prefix)(const struct tree_stream *s);
};

#endif
