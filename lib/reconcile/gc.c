#include "reconcile/gc.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "rules/names.h"
#include "store/meta.h"
#include "store/orphan.h"
#include "store/workspace.h"

#define PAGE 1000

static const struct {
	const char *name, *meaning;
	bool goes;
} whys[GC__MAX] = {
#define X(why, g, n, m) [why] = {.name = n, .meaning = m, .goes = g},
#include "reconcile/gcwhy.def"
#undef X
};

const char *
gc_why_name(enum gc_why why)
{
	return whys[why].name;
}

const char *
gc_why_meaning(enum gc_why why)
{
	return whys[why].meaning;
}

bool
gc_why_goes(enum gc_why why)
{
	return whys[why].goes;
}

enum err
gc_due(struct cx *cx, struct world *w, bool *due)
{
	int64_t last;
	enum err e;

	if ((e = meta_get(cx, w->db, META_LAST_GC_MS, &last)))
		return e;
	*due = last > cx->now_ms ||
	       cx->now_ms - last >=
		       w->set.v[SETTING_GC_INTERVAL_SECONDS] * 1000;
	return OK;
}

/* Until when a delete can be undone. */
static int64_t
undo_until(const struct world *w, const struct workspace *ws)
{
	int64_t hours = w->set.v[SETTING_UNDO_HOURS];
	int64_t until = ws->deleted_ms + hours * 3600 * 1000;

	return ws->purge_ms > until ? ws->purge_ms : until;
}

/* Why this key is protected by its row, or GC_ORPHAN. */
static enum gc_why
protects(const struct cx *cx, const struct world *w, const struct workspace *ws,
	 const char *key, const char *op_id)
{
	if (ws->operation != OPERATION_NONE && ws->op_id &&
	    !strcmp(ws->op_id, op_id))
		return GC_AT_WORK;
	if (ws->deleted_ms && ws->status == STATUS_DELETED)
		return undo_until(w, ws) > cx->now_ms ? GC_UNDO : GC_ORPHAN;
	if ((ws->archive_key && !strcmp(ws->archive_key, key)) ||
	    (ws->restore_key && !strcmp(ws->restore_key, key)))
		return GC_CURRENT;
	if (ws->status == STATUS_ERROR)
		return GC_ERROR;
	return ws->deleted_ms ? GC_UNDO : GC_ORPHAN;
}

struct aged {
	struct gc_item *item;
	int64_t created_ms;
};

static int
newest(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->created_ms != y->created_ms)
		return x->created_ms > y->created_ms ? -1 : 1;
	return strcmp(x->item->key, y->item->key);
}

static bool
may_be_kept(const struct gc_item *it)
{
	return it->marked && (it->why == GC_ORPHAN || it->why == GC_CURRENT);
}

/* True: there are so few that which is newest does not matter, and no marker
 * need be read. (In a store far away each is a request.) */
static bool
keep_few(struct gc_item *v, size_t n, int64_t keep)
{
	int64_t whole = 0;

	for (size_t i = 0; i < n; i++)
		whole += may_be_kept(&v[i]);
	for (size_t i = 0; i < n && whole <= keep; i++)
		if (may_be_kept(&v[i]) && v[i].why == GC_ORPHAN)
			v[i].why = GC_KEPT;
	return whole <= keep;
}

/*
 * The newest whole ones of a living workspace are kept; the one that it is
 * restored from counts among them. One without its marker is not whole; one
 * whose marker cannot be understood is for a person to look at.
 */
static enum err
keep_newest(struct cx *cx, struct world *w, struct gc_item *v, size_t n)
{
	struct aged *aged = arena_array(&cx->arena, n, sizeof *aged);
	int64_t keep = w->set.v[SETTING_KEEP_ARCHIVES];
	struct archive_meta meta;
	size_t whole = 0;
	enum err e;

	if (keep_few(v, n, keep))
		return OK;
	for (size_t i = 0; i < n; i++) {
		if (!may_be_kept(&v[i]))
			continue;
		e = w->store->get_meta(cx, v[i].key, NULL, &meta);
		if (e == ERR_CORRUPT)
			v[i].why = GC_KEPT;
		else if (e && e != ERR_NOT_FOUND)
			return e;
		cx_clear(cx);
		if (e)
			continue;
		aged[whole++] = (struct aged){&v[i], meta.created_ms};
	}
	if (whole)
		qsort(aged, whole, sizeof *aged, newest);
	for (size_t i = 0; i < whole && (int64_t)i < keep; i++)
		if (aged[i].item->why == GC_ORPHAN)
			aged[i].item->why = GC_KEPT;
	return OK;
}

/* All archives of one workspace. */
static enum err
judge_group(struct cx *cx, struct world *w, const char *id, struct gc_item *v,
	    size_t n)
{
	char ws_id[37], op_id[37];
	struct workspace ws;
	enum err e = workspace_get(cx, w->db, id, &ws);

	if (e == ERR_WS_NOT_FOUND) {
		cx_clear(cx);
		for (size_t i = 0; i < n; i++)
			v[i].why = GC_STRANGER;
		return OK;
	}
	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		if (name_archive_ids(v[i].key, ws_id, op_id))
			v[i].why = protects(cx, w, &ws, v[i].key, op_id);
	if (ws.deleted_ms || ws.status == STATUS_ERROR)
		return OK;
	return keep_newest(cx, w, v, n);
}

static bool
same_workspace(const char *a, const char *b)
{
	return !strncmp(a, b, 37); /* the id and the slash */
}

/* A key that is not of our making is nobody's business of ours. */
static enum err
judge_all(struct cx *cx, struct world *w, struct gc_list *l)
{
	char id[37], op_id[37];
	size_t from = 0, to;
	enum err e;

	for (; from < l->n; from = to) {
		to = from + 1;
		if (!name_archive_ids(l->v[from].key, id, op_id)) {
			l->v[from].why = GC_KEPT;
			continue;
		}
		while (to < l->n &&
		       same_workspace(l->v[from].key, l->v[to].key))
			to++;
		if ((e = judge_group(cx, w, id, l->v + from, to - from)))
			return e;
	}
	return OK;
}

static enum err
read_orphans(struct cx *cx, struct world *w, struct orphans *out)
{
	struct orphans page;
	const char *after = "";
	enum err e;

	*out = (struct orphans){0};
	do {
		struct orphan *v;

		if ((e = orphan_list(cx, w->db, after, PAGE, &page)))
			return e;
		v = arena_array(&cx->arena, out->n + page.n + 1, sizeof *v);
		if (out->n)
			memcpy(v, out->v, out->n * sizeof *v);
		if (page.n)
			memcpy(v + out->n, page.v, page.n * sizeof *v);
		out->v = v;
		out->n += page.n;
		if (page.n)
			after = page.v[page.n - 1].key;
	} while (page.n == PAGE);
	return OK;
}

static int
orphan_key(const void *key, const void *o)
{
	return strcmp(key, ((const struct orphan *)o)->key);
}

static const struct orphan *
find(const struct orphans *o, const char *key)
{
	return o->n ? bsearch(key, o->v, o->n, sizeof *o->v, orphan_key) : NULL;
}

static bool
is_nobodys(const struct gc_item *it)
{
	return it->why == GC_ORPHAN || it->why == GC_STRANGER;
}

/* A clock that was set back makes an orphan younger, never older. */
static void
date_orphans(const struct cx *cx, const struct world *w,
	     const struct orphans *o, struct gc_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct gc_item *it = &l->v[i];
		const struct orphan *seen = find(o, it->key);
		enum setting age = it->why == GC_STRANGER
					   ? SETTING_STRANGER_SECONDS
					   : SETTING_ORPHAN_SECONDS;

		if (!is_nobodys(it))
			continue;
		it->since_ms = seen ? seen->first_seen_ms : cx->now_ms;
		if (cx->now_ms - it->since_ms >= w->set.v[age] * 1000)
			it->why = GC_GOES;
	}
}

static enum err
plan(struct cx *cx, struct world *w, struct gc_list *out,
     struct orphans *orphans)
{
	struct archive_names names;
	struct gc_list l;
	enum err e;

	/* The listing comes before the rows: an archive that is begun after
	 * it is not in it. */
	if ((e = w->store->list(cx, &names)))
		return e;
	l.n = names.n;
	l.v = arena_array(&cx->arena, l.n + 1, sizeof *l.v);
	for (size_t i = 0; i < l.n; i++)
		l.v[i] = (struct gc_item){.key = names.v[i],
					  .why = GC_ORPHAN,
					  .bytes = names.fact[i].size,
					  .marked = names.fact[i].marked};
	if ((e = judge_all(cx, w, &l)) || (e = read_orphans(cx, w, orphans)))
		return e;
	date_orphans(cx, w, orphans, &l);
	*out = l;
	return OK;
}

enum err
gc_plan(struct cx *cx, struct world *w, struct gc_list *out)
{
	struct orphans orphans;

	return plan(cx, w, out, &orphans);
}

/* One more look at the row, right before the archive goes. */
static enum err
remove_one(struct cx *cx, struct world *w, struct gc_item *it)
{
	char id[37], op_id[37];
	struct workspace ws;
	enum err e;

	if (!name_archive_ids(it->key, id, op_id))
		return OK;
	e = workspace_get(cx, w->db, id, &ws);
	if (e && e != ERR_WS_NOT_FOUND)
		return e;
	cx_clear(cx);
	if (!e && (it->why = protects(cx, w, &ws, it->key, op_id)) != GC_ORPHAN)
		return OK;
	it->why = GC_GOES;
	if ((e = w->store->remove(cx, it->key)))
		return e;
	it->removed = true;
	world_note(w, cx, "gc-removed", id, it->key);
	return orphan_clear(cx, w->db, it->key);
}

static enum err
apply(struct cx *cx, struct world *w, struct gc_item *it,
      const struct orphans *orphans)
{
	if (it->why == GC_GOES)
		return remove_one(cx, w, it);
	if (is_nobodys(it))
		return find(orphans, it->key) ? OK
					      : orphan_seen(cx, w->db, it->key,
							    it->bytes, NULL);
	return find(orphans, it->key) ? orphan_clear(cx, w->db, it->key) : OK;
}

static int
item_key(const void *key, const void *it)
{
	return strcmp(key, ((const struct gc_item *)it)->key);
}

/* Noted as orphans, but not in the store any more. */
static enum err
forget_gone(struct cx *cx, struct world *w, const struct gc_list *l,
	    const struct orphans *orphans)
{
	enum err e;

	for (size_t i = 0; i < orphans->n; i++) {
		const char *key = orphans->v[i].key;

		if (l->n && bsearch(key, l->v, l->n, sizeof *l->v, item_key))
			continue;
		if ((e = orphan_clear(cx, w->db, key)))
			return e;
	}
	return OK;
}

static enum err
collect(struct cx *cx, struct world *w, struct gc_list *out)
{
	struct orphans orphans;
	enum err e;

	if ((e = plan(cx, w, out, &orphans)))
		return e;
	for (size_t i = 0; i < out->n; i++)
		if ((e = apply(cx, w, &out->v[i], &orphans)))
			return e;
	if ((e = forget_gone(cx, w, out, &orphans)) ||
	    (e = store_trim(cx, w->db)))
		return e;
	return meta_set(cx, w->db, META_LAST_GC_MS, cx->now_ms);
}

enum err
gc_run(struct cx *cx, struct world *w, struct gc_list *out)
{
	enum err e;
	int fd;

	if ((e = lock_take(cx, site_run_file(cx, "gc.lock"), &fd)))
		return e;
	e = collect(cx, w, out);
	lock_drop(fd);
	return e;
}
