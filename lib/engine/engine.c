#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

static const struct engine_ops *const engines[] = {
	&engine_process,
	&engine_docker,
};

enum err
engine_find(struct cx *cx, const struct engine_ops **out)
{
	size_t i;

	for (i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (!strcmp(engines[i]->name, cx->site->engine)) {
			*out = engines[i];
			return OK;
		}
	return cx_fail(cx, ERR_CONFIG, "engine = %s is unknown",
		       cx->site->engine);
}

static int
find_id(const void *key, const void *one)
{
	const struct instance *i = one;

	return strcmp(key, i->id);
}

const struct instance *
instances_find(const struct instances *list, const char *id)
{
	if (!list->n)
		return NULL;
	return bsearch(id, list->v, list->n, sizeof(*list->v), find_id);
}
