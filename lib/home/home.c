#include "home/home.h"

/* A site has directory homes; another kind gets its key in config.def. */
enum err
home_find(struct cx *cx, const struct home_ops **out)
{
	if (!cx->site->homes_dir || !*cx->site->homes_dir)
		return cx_fail(cx, ERR_CONFIG,
			       "roost.conf names no homes_dir for the homes");
	*out = &home_dir;
	return OK;
}
