#include "home/home.h"

#include <string.h>

static const struct home_ops *const kinds[] = {&home_dir, &home_volume};

enum err
home_find(struct cx *cx, const struct home_ops **out)
{
	size_t i;

	if (!cx->site->homes_dir || !*cx->site->homes_dir)
		return cx_fail(cx, ERR_CONFIG,
			       "roost.conf names no homes_dir for the homes");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->name, cx->site->home)) {
			*out = kinds[i];
			return OK;
		}
	return cx_fail(cx, ERR_CONFIG, "home = %s is unknown", cx->site->home);
}
