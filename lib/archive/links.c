#include "archive/links.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct inode {
	dev_t dev;
	ino_t ino;
	nlink_t left; /* names not seen yet */
	char path[];
};

static int
by_inode(const void *a, const void *b)
{
	const struct inode *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void
remember(struct links *l, const struct stat *st, const char *path)
{
	size_t n = strlen(path) + 1;
	struct inode *in = calloc(1, sizeof(*in) + n);

	if (!in)
		abort(); /* out of memory: crash-only */
	in->dev = st->st_dev;
	in->ino = st->st_ino;
	in->left = st->st_nlink - 1;
	memcpy(in->path, path, n);
	if (!tsearch(in, &l->tree, by_inode))
		abort();
}

/* The last name takes the inode out; its path lives until the next call. */
const char *
links_seen(struct links *l, const struct stat *st, const char *path)
{
	struct inode key = {.dev = st->st_dev, .ino = st->st_ino};
	struct inode *in, **found;

	free(l->last);
	l->last = NULL;
	if (st->st_nlink < 2)
		return NULL;
	found = tfind(&key, &l->tree, by_inode);
	if (!found) {
		remember(l, st, path);
		return NULL;
	}
	in = *found;
	if (!--in->left) {
		tdelete(in, &l->tree, by_inode);
		l->last = in;
	}
	return in->path;
}

void
links_free(struct links *l)
{
	free(l->last);
	tdestroy(l->tree, free);
	*l = (struct links){0};
}
