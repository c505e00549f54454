#include "archive/spot.h"

#include <stdlib.h>
#include <string.h>

#include "rules/names.h"

enum err
spot_key(struct cx *cx, const char *key)
{
	char id[37], op_id[37];

	if (!key || !name_archive_ids(key, id, op_id))
		return cx_fail(cx, ERR_INVALID, "not the key of an archive");
	return OK;
}

struct spot *
spots_add(struct cx *cx, struct spots *l, const char *id, const char *op_id)
{
	char key[NAME_MAX_LEN];

	if (l->n == l->cap) {
		size_t more = l->cap ? l->cap * 2 : 64;
		struct spot *v = arena_array(&cx->arena, more, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->cap = more;
	}
	l->v[l->n] = (struct spot){
		.key = arena_strdup(&cx->arena, name_archive(id, op_id, key))};
	return &l->v[l->n++];
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct spot *)a)->key,
		      ((const struct spot *)b)->key);
}

void
spots_list(struct cx *cx, struct spots *l, struct archive_names *out)
{
	struct archive_names to = {.n = 0};
	size_t i;

	to.v = arena_array(&cx->arena, l->n + 1, sizeof(*to.v));
	to.fact = arena_array(&cx->arena, l->n + 1, sizeof(*to.fact));
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_key);
	for (i = 0; i < l->n; i++) {
		const struct spot *s = &l->v[i];

		if (!to.n || strcmp(to.v[to.n - 1], s->key) != 0)
			to.v[to.n++] = s->key;
		to.fact[to.n - 1].marked |= s->fact.marked;
		if (s->fact.size > to.fact[to.n - 1].size)
			to.fact[to.n - 1].size = s->fact.size;
	}
	*out = to;
}
