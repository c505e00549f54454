#include "reconcile/cut.h"

#include "store/cut.h"

#define TRIED_MS (10 * 60 * INT64_C(1000))

static bool
cut_one(struct cx *cx, struct world *w, const struct cut *c, struct round *r)
{
	if (!c->id || !w->engine->cut)
		return true;
	if (w->engine->cut(cx, c->id)) {
		round_error(r, cx);
		return false;
	}
	world_note(w, cx, "cut", c->id, "a session of its owner is over");
	return true;
}

enum err
cut_all(struct cx *cx, struct world *w, struct round *r)
{
	bool done = true;
	struct cuts all;
	enum err e;

	if ((e = cut_list(cx, w->db, &all)))
		return e;
	for (size_t i = 0; i < all.n; i++) {
		const struct cut *c = &all.v[i];

		done = cut_one(cx, w, c, r) && done;
		if (i + 1 < all.n && all.v[i + 1].user_id == c->user_id)
			continue;
		if ((done || cx->now_ms - c->at_ms > TRIED_MS) &&
		    (e = cut_done(cx, w->db, c)))
			return e;
		done = true;
	}
	return OK;
}
