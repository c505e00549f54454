#include "reconcile/observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"

/* So many of those whose time to be archived has come are taken at once. */
#define DUE_MAX 256

struct rows {
	struct sight *v;
	size_t n, cap;
	struct arena *arena;
};

static void
add(struct rows *r, const struct workspace *ws)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		struct sight *v = arena_array(r->arena, cap, sizeof *v);

		if (r->n)
			memcpy(v, r->v, r->n * sizeof *v);
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = (struct sight){.ws = *ws, .lock_fd = -1};
}

/* Stands in workspace_work() already. */
static bool
is_work(const struct workspace *ws)
{
	return ws->operation != OPERATION_NONE || ws->deleted_ms ||
	       ws->desired != ws->status || ws->restore_key;
}

static void
blind(struct view *v, struct cx *cx)
{
	if (!v->blind)
		snprintf(v->why, sizeof v->why, "%s", cx->why);
	v->blind = true;
	cx_clear(cx);
}

/*
 * A row with an operation: whoever holds its lock works on it. The row is
 * read again under the lock, since its worker may just have ended.
 */
static enum err
take(struct cx *cx, struct world *w, struct sight *s)
{
	enum err e;

	if (s->ws.operation == OPERATION_NONE)
		return OK;
	e = lock_take(cx, site_run_path(cx, s->ws.id, ".lock"), &s->lock_fd);
	if (e == ERR_BUSY) {
		cx_clear(cx);
		s->held = true;
		return OK;
	}
	return e ? e : workspace_get(cx, w->db, s->ws.id, &s->ws);
}

static enum err
read_rows(struct cx *cx, struct world *w, bool full, struct rows *r)
{
	struct workspaces ws;
	enum err e;

	if ((e = workspace_work(cx, w->db, &ws)))
		return e;
	for (size_t i = 0; i < ws.n; i++)
		add(r, &ws.v[i]);
	if (!full)
		return OK;
	if ((e = workspace_running(cx, w->db, &ws)))
		return e;
	for (size_t i = 0; i < ws.n; i++)
		if (!is_work(&ws.v[i]))
			add(r, &ws.v[i]);
	if ((e = workspace_archive_due(cx, w->db, DUE_MAX, &ws)))
		return e;
	for (size_t i = 0; i < ws.n; i++)
		add(r, &ws.v[i]);
	return OK;
}

static int
by_id(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;

	return strcmp(x->ws.id, y->ws.id);
}

static bool
has(const struct rows *r, size_t sorted, const char *id)
{
	struct sight key = {.ws.id = id};

	if (sorted && bsearch(&key, r->v, sorted, sizeof key, by_id))
		return true;
	for (size_t i = sorted; i < r->n; i++)
		if (!strcmp(r->v[i].ws.id, id))
			return true;
	return false;
}

/* A row that something outside points at: an instance, or the audit. */
static enum err
add_id(struct cx *cx, struct world *w, struct rows *r, size_t sorted,
       const char *id, bool *known)
{
	struct workspace ws;
	enum err e;

	*known = true;
	if (has(r, sorted, id))
		return OK;
	e = workspace_get(cx, w->db, id, &ws);
	if (e == ERR_WS_NOT_FOUND) {
		cx_clear(cx);
		*known = false;
		return OK;
	}
	if (!e)
		add(r, &ws);
	return e;
}

/*
 * Instances that no row so far speaks of: asleep, deleted, or not ours. These
 * rows are read after the listing; since only the pass begins operations they
 * cannot have started or stopped anything in between.
 */
static enum err
add_strays(struct cx *cx, struct world *w, struct rows *r, struct view *out)
{
	size_t sorted = r->n;
	bool known;
	enum err e;

	for (size_t i = 0; i < out->instances.n; i++) {
		const char *id = out->instances.v[i].id;

		if ((e = add_id(cx, w, r, sorted, id, &known)))
			return e;
		if (known)
			continue;
		out->strange++;
		world_note(w, cx, "instance-strange", id,
			   "no workspace has this id");
	}
	return OK;
}

static void
look_homes(struct cx *cx, struct world *w, struct view *out)
{
	const char **ids = arena_array(&cx->arena, out->n + 1, sizeof *ids);
	bool *there = arena_array(&cx->arena, out->n + 1, sizeof *there);
	enum err e;

	for (size_t i = 0; i < out->n; i++)
		ids[i] = out->v[i].ws.id;
	if (out->n && (e = w->home->look(cx, ids, out->n, there))) {
		blind(out, cx);
		return;
	}
	for (size_t i = 0; i < out->n; i++) {
		out->v[i].seen.home = there[i] ? LOOK_PRESENT : LOOK_ABSENT;
		out->homes += there[i];
	}
}

static void
match_instances(struct view *out)
{
	for (size_t i = 0; i < out->n; i++) {
		struct sight *s = &out->v[i];

		s->inst = instances_find(&out->instances, s->ws.id);
		s->seen.instance = s->inst ? LOOK_PRESENT : LOOK_ABSENT;
	}
}

static void
sort(struct rows *r)
{
	if (r->n)
		qsort(r->v, r->n, sizeof *r->v, by_id);
}

/* The rows, with the locks of those that have an operation. */
static enum err
gather_rows(struct cx *cx, struct world *w, bool full, const char *const more[],
	    size_t n_more, struct rows *r)
{
	size_t sorted;
	bool known;
	enum err e;

	if ((e = read_rows(cx, w, full, r)))
		return e;
	sort(r);
	sorted = r->n;
	for (size_t i = 0; i < n_more; i++)
		if ((e = add_id(cx, w, r, sorted, more[i], &known)))
			return e;
	for (size_t i = 0; i < r->n; i++)
		if ((e = take(cx, w, &r->v[i])))
			return e;
	sort(r);
	return OK;
}

static enum err
gather(struct cx *cx, struct world *w, bool full, const char *const more[],
       size_t n_more, struct rows *r, struct view *out)
{
	bool listed;
	enum err e;

	e = gather_rows(cx, w, full, more, n_more, r);
	if (e || (!full && !r->n))
		return e;
	listed = !w->engine->list(cx, &out->instances);
	if (!listed)
		blind(out, cx);
	if (full && listed && (e = add_strays(cx, w, r, out)))
		return e;
	out->v = r->v;
	out->n = r->n;
	if (listed)
		match_instances(out);
	look_homes(cx, w, out);
	return OK;
}

enum err
observe(struct cx *cx, struct world *w, bool full, const char *const more[],
	size_t n_more, struct view *out)
{
	struct rows r = {.arena = &cx->arena};
	struct view v = {0};
	enum err e = gather(cx, w, full, more, n_more, &r, &v);

	v.v = r.v;
	v.n = r.n;
	if (e) {
		view_release(cx, &v);
		return e;
	}
	*out = v;
	return OK;
}

void
view_release(struct cx *cx, struct view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct sight *s = &v->v[i];

		if (s->lock_fd >= 0)
			lock_remove(site_run_path(cx, s->ws.id, ".lock"),
				    s->lock_fd);
		s->lock_fd = -1;
	}
}
