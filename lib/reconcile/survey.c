#include "reconcile/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/lock.h"
#include "reconcile/audit.h"
#include "reconcile/gc.h"
#include "rules/names.h"
#include "store/survey.h"
#include "store/workspace.h"

#define BUSY_TRIES 50 /* while somebody else collects */
#define BUSY_MS 200
#define AT_ONCE 10 /* surveys of one run */

/* What was found so far. */
struct finds {
	enum found_kind *kinds;
	struct found *v;
	size_t n, cap;
};

static struct found *
add(struct cx *cx, struct finds *f, enum found_kind kind, const char *key,
    const char *id)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct found *v = arena_array(&cx->arena, cap, sizeof(*v));
		enum found_kind *k = arena_array(&cx->arena, cap, sizeof(*k));

		if (f->n) {
			memcpy(v, f->v, f->n * sizeof(*v));
			memcpy(k, f->kinds, f->n * sizeof(*k));
		}
		f->v = v;
		f->kinds = k;
		f->cap = cap;
	}
	f->kinds[f->n] = kind;
	f->v[f->n] = (struct found){.key = key,
				    .workspace_id = id,
				    .why = gc_why_name(GC_STRANGER)};
	return &f->v[f->n++];
}

/* ---- Archives ---- */

/* Its size and age; one without a readable marker has none. */
static enum err
measure(struct cx *cx, struct world *w, struct found *f)
{
	struct archive_meta meta;
	enum err e = w->store->get_meta(cx, f->key, NULL, &meta);

	if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
		cx_clear(cx);
		return OK;
	}
	if (e)
		return e;
	f->bytes = meta.size;
	f->created_ms = meta.created_ms;
	return OK;
}

static enum err
add_archive(struct cx *cx, struct world *w, struct finds *finds,
	    const struct gc_item *it)
{
	char id[37] = "", op_id[37];
	struct found *f;

	(void)!name_archive_ids(it->key, id, op_id);
	f = add(cx, finds, FOUND_ARCHIVE, it->key,
		arena_strdup(&cx->arena, id));
	f->why = gc_why_name(it->why);
	f->since_ms = it->since_ms;
	return it->marked ? measure(cx, w, f) : OK;
}

static enum err
look_archives(struct cx *cx, struct world *w, struct finds *finds)
{
	struct gc_list l;
	enum err e = gc_plan(cx, w, &l);

	for (size_t i = 0; !e && i < l.n; i++)
		e = add_archive(cx, w, finds, &l.v[i]);
	return e;
}

static int
by_key(const void *key, const void *it)
{
	return strcmp(key, ((const struct gc_item *)it)->key);
}

/* Who collects just now is soon done; the next pass may be a minute away. */
static enum err
collect_patiently(struct cx *cx, struct world *w, struct gc_list *l)
{
	enum err e = gc_run(cx, w, l);

	for (int i = 0; e == ERR_BUSY && i < BUSY_TRIES; i++) {
		cx_clear(cx);
		clock_sleep_ms(BUSY_MS);
		e = gc_run(cx, w, l);
	}
	return e;
}

/* Does what a look would have shown: finds holds the archives. */
static enum err
collect_archives(struct cx *cx, struct world *w, struct finds *finds)
{
	struct gc_list l;
	enum err e = collect_patiently(cx, w, &l);

	for (size_t i = 0; !e && i < finds->n; i++) {
		struct found *f = &finds->v[i];
		const struct gc_item *it =
			l.n ? bsearch(f->key, l.v, l.n, sizeof(*it), by_key)
			    : NULL;

		if (it)
			f->why = gc_why_name(it->why);
		/* another collection may have taken it since the look */
		f->gone = !it || it->removed;
	}
	return e;
}

/* ---- Homes and instances of nobody ---- */

static enum err
look_homes(struct cx *cx, struct world *w, struct finds *finds)
{
	struct audit_result r;
	enum err e = audit_homes(cx, w, &r);

	for (size_t i = 0; !e && i < r.n_strange; i++)
		add(cx, finds, FOUND_HOME, r.strange[i], r.strange[i]);
	return e;
}

static enum err
is_strange(struct cx *cx, struct world *w, const char *id, bool *strange)
{
	struct workspace ws;
	enum err e = workspace_get(cx, w->db, id, &ws);

	if (e && e != ERR_WS_NOT_FOUND)
		return e;
	*strange = e != OK;
	cx_clear(cx);
	return OK;
}

static enum err
look_instances(struct cx *cx, struct world *w, struct finds *finds)
{
	struct instances l;
	bool strange = false;
	enum err e = w->engine->list(cx, &l);

	for (size_t i = 0; !e && i < l.n; i++)
		if (!(e = is_strange(cx, w, l.v[i].id, &strange)) && strange)
			add(cx, finds, FOUND_INSTANCE, l.v[i].id, l.v[i].id);
	return e;
}

static int64_t
stop_until(const struct world *w)
{
	return clock_mono_ms() +
	       w->set.v[SETTING_STOPPING_LIMIT_SECONDS] * 1000;
}

/* With its lock, and after one more look at the database. Somebody who holds
 * the lock is at work at it: left. */
static enum err
end_instance(struct cx *cx, struct world *w, struct found *f)
{
	bool strange = false;
	const char *lock = site_run_path(cx, f->key, ".lock");
	enum err e;
	int fd;

	e = lock_take(cx, lock, &fd);
	if (e == ERR_BUSY) {
		cx_clear(cx);
		return OK;
	}
	if (e)
		return e;
	if (!(e = is_strange(cx, w, f->key, &strange)) && strange &&
	    !(e = w->engine->stop(cx, f->key, stop_until(w)))) {
		f->gone = true;
		world_note(w, cx, "instance-ended", f->key,
			   "no workspace has this id");
	}
	lock_remove(lock, fd);
	return e;
}

static enum err
end_instances(struct cx *cx, struct world *w, struct finds *finds)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < finds->n; i++)
		if (finds->kinds[i] == FOUND_INSTANCE)
			e = end_instance(cx, w, &finds->v[i]);
	return e;
}

/* ---- The whole ---- */

static void
count(struct survey *s, const struct finds *finds)
{
	for (size_t i = 0; i < finds->n; i++) {
		const struct found *f = &finds->v[i];

		switch (finds->kinds[i]) {
		case FOUND_ARCHIVE:
			s->archives++;
			s->archive_bytes += f->bytes;
			s->removed += f->gone;
			s->removed_bytes += f->gone ? f->bytes : 0;
			break;
		case FOUND_HOME:
			s->homes++;
			break;
		case FOUND_INSTANCE:
		case FOUND__MAX:
		default:
			s->instances++;
			s->stopped += f->gone;
		}
	}
}

/* What is missing is said, and the rest is reported all the same. */
static void
note_failure(struct cx *cx, struct survey *s, enum err e, enum err *first)
{
	if (!e)
		return;
	if (!*first) {
		*first = e;
		s->message = arena_strdup(&cx->arena, cx->why);
	}
	cx_clear(cx);
}

static enum err
answer(struct cx *cx, struct world *w, struct survey *s)
{
	struct finds finds = {.n = 0};
	struct survey_finds report;
	enum err e, first = OK;

	e = look_archives(cx, w, &finds);
	if (!e && s->what == SURVEY_COLLECT)
		e = collect_archives(cx, w, &finds);
	if (e == ERR_BUSY)
		return e; /* a pass collects just now: the next one asks */
	note_failure(cx, s, e, &first);
	if (e) {
		e = survey_end(cx, w->db, s, NULL);
		return e ? e : cx_fail(cx, first, "%s", s->message);
	}
	note_failure(cx, s, look_homes(cx, w, &finds), &first);
	note_failure(cx, s, look_instances(cx, w, &finds), &first);
	if (s->what == SURVEY_COLLECT)
		note_failure(cx, s, end_instances(cx, w, &finds), &first);
	count(s, &finds);
	report = (struct survey_finds){finds.kinds, finds.v, finds.n};
	if ((e = survey_end(cx, w->db, s, &report)))
		return e;
	return first ? cx_fail(cx, first, "%s", s->message) : OK;
}

enum err
survey_due(struct cx *cx, struct world *w, bool *due)
{
	struct survey s;
	enum err e = survey_open(cx, w->db, &s);

	if (e && e != ERR_NOT_FOUND)
		return e;
	*due = e == OK;
	cx_clear(cx);
	return OK;
}

/* *last: what the last one said, ERR_NOT_FOUND when none is left. */
static enum err
answer_all(struct cx *cx, struct world *w, enum err *last)
{
	enum err e = OK, first = OK;
	struct survey s;

	for (int i = 0; i < AT_ONCE && e != ERR_NOT_FOUND && e != ERR_BUSY;
	     i++) {
		if (!(e = survey_open(cx, w->db, &s)))
			e = answer(cx, w, &s);
		if (e && e != ERR_NOT_FOUND && e != ERR_BUSY && !first)
			first = e;
	}
	if (!first)
		cx_clear(cx);
	*last = e;
	return first;
}

/* One process at a time. Who comes second leaves it to the first, who may have
 * seen already that nothing was left: so the first looks once more when the
 * lock is free. */
enum err
survey_run(struct cx *cx, struct world *w)
{
	enum err e, last;
	bool more = true;
	int fd;

	while (more) {
		if ((e = lock_take(cx, site_run_file(cx, "survey.lock"),
				   &fd))) {
			if (e == ERR_BUSY)
				cx_clear(cx);
			return e == ERR_BUSY ? OK : e;
		}
		e = answer_all(cx, w, &last);
		lock_drop(fd);
		if (e || last != ERR_NOT_FOUND)
			return e;
		if ((e = survey_due(cx, w, &more)))
			return e;
	}
	return OK;
}
