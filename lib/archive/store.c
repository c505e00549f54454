#include <string.h>

#include "archive/archive.h"

enum err
store_find(struct cx *cx, const struct store_ops **out)
{
	static const struct store_ops *const stores[] = {&store_dir, &store_s3};
	const char *name = cx->site->store;
	size_t i;

	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if (!strcmp(stores[i]->name, name)) {
			*out = stores[i];
			return OK;
		}
	return cx_fail(cx, ERR_CONFIG,
		       "roost.conf: store = %s is not known; use dir or s3",
		       name);
}
