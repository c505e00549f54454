/* roostctl gc: archives that belong to nobody. */
#include "archive/archive.h"
#include "ctl/out.h"
#include "reconcile/gc.h"
#include "store/setting.h"

static const char *const keys[] = {"key",   "what",    "orphan_since",
				   "bytes", "removed", "why"};

static void
show(struct ctl *c, const struct gc_list *all)
{
	struct out o;
	size_t i;

	OUT_INIT(&o, c, keys);
	for (i = 0; i < all->n; i++) {
		const struct gc_item *g = &all->v[i];

		out_text(&o, g->key);
		out_text(&o, gc_why_name(g->why));
		out_time(&o, g->since_ms);
		if (g->bytes)
			out_int(&o, g->bytes);
		else
			out_none(&o);
		out_bool(&o, g->removed);
		out_text(&o, gc_why_meaning(g->why));
	}
	out_list(&o);
}

enum err
ctl_gc(struct ctl *c)
{
	struct world w = {.db = c->db};
	struct gc_list all = {0};
	enum err e;

	if ((e = store_find(&c->cx, &w.store)) ||
	    (e = settings_load(&c->cx, c->db, &w.set)))
		return e;
	if (c->option[OPTION_DRY_RUN])
		e = gc_plan(&c->cx, &w, &all);
	else
		e = gc_run(&c->cx, &w, &all);
	if (e == ERR_BUSY)
		return cx_fail(&c->cx, e,
			       "a pass is collecting archives at this moment");
	if (!e)
		show(c, &all);
	return e;
}
