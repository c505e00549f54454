#include "service/bulk.h"

#include "base/id.h"
#include "rules/limits.h"
#include "service/wish_common.h"
#include "store/audit.h"

#define GOOD_MS INT64_C(86400000)
#define TRIES 5 /* a row that changes all the time: who is active touches it */

/* ---- What would be done ---- */

/* Places taken so far in this plan, by owner. */
struct places {
	int64_t owner[BULK_MOST], taken[BULK_MOST];
	size_t n;
	int64_t all;
};

static int64_t *
taken_by(struct places *p, int64_t owner)
{
	size_t i = 0;

	while (i < p->n && p->owner[i] != owner)
		i++;
	if (i == p->n) {
		p->owner[i] = owner;
		p->taken[i] = 0;
		p->n++;
	}
	return &p->taken[i];
}

/* Does one more that starts find a place beside those that start before? */
static enum err
judge_place(struct cx *cx, struct db *db, struct places *p,
	    const struct workspace *w, enum bulk_verdict *v)
{
	int64_t *mine = taken_by(p, w->owner_id);
	enum limit_verdict verdict;
	enum err e;

	if (limit_counts(w))
		return OK;
	if ((e = limit_look(cx, db, w->owner_id, *mine, p->all, &verdict)))
		return e;
	if (verdict != LIMIT_OK) {
		*v = verdict == LIMIT_USER ? BULK_LIMIT_USER : BULK_LIMIT_SITE;
		return OK;
	}
	++*mine;
	p->all++;
	return OK;
}

static enum err
judge(struct cx *cx, struct db *db, enum bulk_verb verb, struct places *p,
      const struct workspace *w, enum bulk_verdict *out)
{
	enum bulk_verdict v = bulk_judge(verb, w);
	enum err e = OK;

	if (verb == BULK_START && bulk_does(v))
		e = judge_place(cx, db, p, w, &v);
	if (!e)
		*out = v;
	return e;
}

static enum err
pick(struct cx *cx, struct db *db, enum bulk_verb verb, const char *const ids[],
     size_t n, struct bulk_pick *v)
{
	struct places *p = arena_alloc(&cx->arena, sizeof(*p));
	struct workspace w;
	enum err e = OK;

	for (size_t i = 0; !e && i < n; i++) {
		if ((e = workspace_get(cx, db, ids[i], &w)))
			break;
		v[i].ws_n = w.n;
		e = judge(cx, db, verb, p, &w, &v[i].verdict);
	}
	return e;
}

enum err
bulk_make(struct cx *cx, struct db *db, const struct who *who,
	  enum bulk_verb verb, const char *const ids[], size_t n,
	  const char *filter, int64_t more, const char **id)
{
	char uuid[ID_UUID_LEN + 1];
	struct bulk b = {.id = uuid,
			 .user_id = who->user_id,
			 .verb = verb,
			 .filter = filter,
			 .more = more};
	struct bulk_pick *v;
	enum err e;

	if (n == 0 || n > BULK_MOST)
		return cx_field(cx, "id", "1 to %d workspaces", BULK_MOST);
	id_uuid(uuid);
	v = arena_array(&cx->arena, n, sizeof(*v));
	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = pick(cx, db, verb, ids, n, v)))
		e = bulk_add(cx, db, &b, v, n);
	if ((e = wish_end(cx, db, e)))
		return e;
	*id = arena_strdup(&cx->arena, uuid);
	return OK;
}

static enum err
look_at(struct cx *cx, struct db *db, enum bulk_verb verb, struct places *p,
	const struct bulk_item *item, struct bulk_one *one)
{
	enum err e = workspace_get(cx, db, item->id, &one->ws);

	one->item = *item;
	one->now = item->verdict;
	return e ? e : judge(cx, db, verb, p, &one->ws, &one->now);
}

enum err
bulk_look(struct cx *cx, struct db *db, const struct who *who, const char *id,
	  struct bulk_view *out)
{
	struct places *p = arena_alloc(&cx->arena, sizeof(*p));
	struct bulk_view view = {.n = 0};
	struct bulk_items items;
	enum err e;

	if ((e = bulk_get(cx, db, id, who->user_id, &view.plan)) ||
	    (e = bulk_items(cx, db, id, &items)))
		return e;
	view.v = arena_array(&cx->arena, items.n + 1, sizeof(*view.v));
	for (; !e && view.n < items.n; view.n++) {
		struct bulk_one *one = &view.v[view.n];

		e = look_at(cx, db, view.plan.verb, p, &items.v[view.n], one);
		view.does += view.plan.done_ms != 0
				     ? one->item.result == BULK_DONE
				     : bulk_covers(one->item.verdict, one->now);
	}
	if (!e)
		*out = view;
	return e;
}

/* ---- Doing it ---- */

static __typeof__(wish_stop) *const wishes[BULK_VERB__MAX] = {
	[BULK_STOP] = wish_stop,       [BULK_START] = wish_start,
	[BULK_ARCHIVE] = wish_archive, [BULK_DELETE] = wish_delete,
	[BULK_RECOVER] = wish_recover,
};

/* ERR_PRECONDITION: look again. */
static enum err
try_one(struct cx *cx, struct db *db, const struct who *who,
	enum bulk_verb verb, struct bulk_item *item)
{
	struct workspace w;
	enum bulk_verdict now;
	enum err e = workspace_get(cx, db, item->id, &w);

	if (e)
		return e;
	now = bulk_judge(verb, &w);
	if (!bulk_covers(item->verdict, now)) {
		item->result = bulk_does(item->verdict) && bulk_does(now)
				       ? BULK_CHANGED
				       : BULK_LEFT;
		return OK;
	}
	e = wishes[verb](cx, db, who, w.id, w.rev, &w);
	if (e == ERR_RUNNING_LIMIT) {
		item->result = BULK_NO_PLACE;
		cx_clear(cx);
		return OK;
	}
	if (!e)
		item->result = BULK_DONE;
	return e;
}

static enum err
do_one(struct cx *cx, struct db *db, const struct who *who, enum bulk_verb verb,
       struct bulk_item *item)
{
	enum err e = ERR_PRECONDITION;

	if (item->result != BULK_OPEN)
		return OK;
	for (int i = 0; e == ERR_PRECONDITION && i < TRIES; i++) {
		cx_clear(cx);
		e = try_one(cx, db, who, verb, item);
	}
	if (e != ERR_PRECONDITION && e != ERR_STATE)
		return e;
	cx_clear(cx);
	item->result = BULK_CHANGED;
	return OK;
}

/* How many were done, for the audit. */
static const char *
summary(struct cx *cx, const struct bulk_items *items)
{
	size_t done = 0;

	for (size_t i = 0; i < items->n; i++)
		done += items->v[i].result == BULK_DONE;
	return arena_printf(&cx->arena, "%zu of %zu", done, items->n);
}

static enum err
finish(struct cx *cx, struct db *db, const struct who *who,
       const struct bulk *b, const struct bulk_items *items)
{
	const char *action =
		arena_printf(&cx->arena, "bulk.%s", bulk_verb_name(b->verb));
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = bulk_results(cx, db, b->id, items->v, items->n, true)))
		e = audit_add(cx, db, who->user_id, who->username, action,
			      b->id, summary(cx, items));
	return wish_end(cx, db, e);
}

/* What was done so far is kept, as well as that goes; the error is the one
 * that stopped it. */
static enum err
keep_some(struct cx *cx, struct db *db, const struct bulk *b,
	  const struct bulk_items *items, enum err e)
{
	const char *why = arena_strdup(&cx->arena, cx->why);

	cx_clear(cx);
	(void)!bulk_results(cx, db, b->id, items->v, items->n, false);
	cx_clear(cx);
	return cx_fail(cx, e, "%s", why);
}

enum err
bulk_do(struct cx *cx, struct db *db, const struct who *who, const char *id)
{
	struct bulk_items items;
	struct bulk b;
	enum err e;

	if ((e = bulk_get(cx, db, id, who->user_id, &b)) || b.done_ms != 0)
		return e;
	if (cx->now_ms - b.made_ms > GOOD_MS)
		return cx_fail(cx, ERR_STATE, "plan %s is a day old", id);
	if ((e = bulk_items(cx, db, id, &items)))
		return e;
	for (size_t i = 0; !e && i < items.n; i++)
		e = do_one(cx, db, who, b.verb, &items.v[i]);
	return e ? keep_some(cx, db, &b, &items, e)
		 : finish(cx, db, who, &b, &items);
}
