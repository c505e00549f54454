/* The verbs of the process engine. See process.h. */
#include "engine/process.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/lock.h"
#include "engine/sandbox.h"

/* What is left of a start that failed must go in any case. */
#define UNDO_MS 10000

static enum err
process_probe(struct cx *cx)
{
	enum err e;

	if ((e = place_dirs(cx)))
		return e;
	if (!cx->site->allow_unsandboxed)
		return sandbox_try(cx);
	if (sandbox_try(cx))
		cx_clear(cx);
	return OK;
}

/* Kills what may live of it, then removes its things. */
static enum err
end_and_clear(struct cx *cx, const struct place *pl, int64_t deadline_ms)
{
	enum err e;
	int fd = -1;

	for (;;) {
		if ((e = kill_tree(cx, pl, deadline_ms)))
			return e;
		e = place_take(cx, pl, &fd);
		if (e != ERR_BUSY)
			break;
		/* A look has it for a moment; or it was begun anew. */
		if (clock_mono_ms() >= deadline_ms)
			return e;
		clock_sleep_ms(1);
	}
	if (e)
		return e;
	/* Its processes let the lock go a moment before they are gone. */
	if (!(e = kill_rest(cx, pl, deadline_ms)))
		e = place_clear(cx, pl, true);
	lock_drop(fd);
	return e;
}

/* After a failure: what was begun is undone by `how`, the reason kept. */
static enum err
undone(struct cx *cx, enum err why, const char *said, enum err how)
{
	if (!how)
		return cx_fail(cx, why, "%s", said);
	return cx_fail(cx, why, "%s (and then: %s)", said,
		       arena_strdup(&cx->arena, cx->why));
}

static enum err
process_alive(struct cx *cx, const char *id, bool *alive)
{
	struct place pl;
	struct look l;
	enum err e;

	place_of(cx, id, &pl);
	if ((e = look_and_end(cx, &pl, &l)))
		return e;
	*alive = l.alive;
	return OK;
}

/* Nothing of it lives: makes its things and starts it. Lock held. */
static enum err
launch(struct cx *cx, const struct place *pl, const struct instance_spec *spec,
       int lock)
{
	struct launch l = {.lock = lock, .status = -1, .log = -1};
	bool port = port_wanted(spec->app);
	int64_t slot;
	enum err e;

	if ((e = record_open(cx, pl, &l.status)) ||
	    (e = applog_open(cx, pl, &l.log)) ||
	    (e = slot_take(cx, pl->id, port, process_alive, &slot)))
		goto out;
	l.port = port ? port_of_slot(cx, slot) : 0;
	if ((e = sandbox_plan(cx, pl, spec, &l)) ||
	    (e = place_ws(cx, pl, spec->uid)))
		goto out;
	if (l.bare)
		applog_say(l.log, "WITHOUT A SANDBOX: allow_unsandboxed = yes");
	if (FAULT(FAULT_ENGINE_START_BEFORE))
		e = cx_fail(cx, ERR_ACTION, "fault before launching");
	else
		e = launch_run(cx, &l, spec->deadline_ms);
out:
	launch_free(&l);
	if (l.status >= 0)
		close(l.status);
	if (l.log >= 0)
		close(l.log);
	return e;
}

/* A launch that failed, undone under the same lock, so that nobody's start
 * in between is taken for ours. */
static enum err
launch_undo(struct cx *cx, const struct place *pl, enum err why)
{
	const char *said = arena_strdup(&cx->arena, cx->why);
	int64_t deadline_ms = clock_mono_ms() + UNDO_MS;
	enum err e;

	if (!(e = kill_holders(cx, pl, 0, deadline_ms)) &&
	    !(e = kill_rest(cx, pl, deadline_ms)))
		e = place_clear(cx, pl, true);
	return undone(cx, why, said, e);
}

/* Begins it if nobody has. Another's start, or one that runs already, is
 * joined. */
static enum err
begin(struct cx *cx, const struct place *pl, const struct instance_spec *spec)
{
	struct look l;
	enum err e;
	int lock = -1;

	while ((e = place_take(cx, pl, &lock)) == ERR_BUSY) {
		cx_clear(cx);
		if ((e = look_and_end(cx, pl, &l)) || l.held)
			return e;
		clock_sleep_ms(1);
	}
	if (e)
		return e;
	/* What a dead one left, the host's crash included. */
	if ((e = kill_rest(cx, pl, spec->deadline_ms)) ||
	    (e = place_clear(cx, pl, false)) ||
	    (e = launch(cx, pl, spec, lock)))
		e = launch_undo(cx, pl, e);
	lock_drop(lock);
	return e;
}

/* It is being started or runs: until it answers where servers connect. */
static enum err
finish(struct cx *cx, const struct place *pl, const struct instance_spec *spec,
       struct endpoint *out)
{
	const struct ready how = {.runs = look_runs,
				  .words = applog_tail,
				  .alive = process_alive};

	return ready_finish(cx, pl, spec, &how, out);
}

static enum err
process_start(struct cx *cx, const struct instance_spec *spec,
	      struct endpoint *out)
{
	struct endpoint got = {.slot = -1};
	struct place pl;
	const char *said;
	enum err e;

	place_of(cx, spec->id, &pl);
	if ((e = place_dirs(cx)) || (e = begin(cx, &pl, spec)))
		return e;
	if ((e = finish(cx, &pl, spec, &got))) {
		said = arena_strdup(&cx->arena, cx->why);
		return undone(cx, e, said,
			      end_and_clear(cx, &pl,
					    clock_mono_ms() + UNDO_MS));
	}
	if (FAULT(FAULT_ENGINE_START_AFTER))
		return cx_fail(cx, ERR_ACTION, "fault after the start");
	*out = got;
	return OK;
}

static enum err
process_stop(struct cx *cx, const char *id, int64_t deadline_ms)
{
	struct place pl;
	enum err e;

	if (FAULT(FAULT_ENGINE_STOP_BEFORE))
		return cx_fail(cx, ERR_ACTION, "fault before the stop");
	place_of(cx, id, &pl);
	if ((e = place_dirs(cx)) || (e = end_and_clear(cx, &pl, deadline_ms)))
		return e;
	if (FAULT(FAULT_ENGINE_STOP_AFTER))
		return cx_fail(cx, ERR_ACTION, "fault after the stop");
	return OK;
}

/* What is seen on the way to a list. */
struct listing {
	struct instances list;
	size_t cap;
	struct ports ports; /* read when the first one with a port is met */
	bool ports_read;
	struct roots roots; /* with traffic: one for each of the list */
};

static struct instance *
listing_add(struct cx *cx, struct listing *g)
{
	struct instance *more;
	struct root *roots;

	if (g->list.n == g->cap) {
		more = arena_array(&cx->arena, g->cap * 2, sizeof(*more));
		memcpy(more, g->list.v, g->list.n * sizeof(*more));
		g->list.v = more;
		roots = arena_array(&cx->arena, g->cap * 2, sizeof(*roots));
		memcpy(roots, g->roots.v, g->roots.n * sizeof(*roots));
		g->roots.v = roots;
		g->cap *= 2;
	}
	return &g->list.v[g->list.n++];
}

/* Whose processes work for its UNIX socket; a port is counted exactly. */
static void
listing_root(const struct cx *cx, const char *id, const struct record *r,
	     struct listing *g)
{
	struct root *root = &g->roots.v[g->roots.n++];

	*root = (struct root){.tree.root = 0};
	memcpy(root->id, id, sizeof(root->id));
	if (flow_wanted(cx) && !r->port)
		(void)procfs_tree(record_root(r), &root->tree);
}

/* Adds id to the list if it is alive. */
static enum err
list_one(struct cx *cx, const char *id, struct listing *g)
{
	struct instance *one;
	struct place pl;
	struct look l;
	enum err e;

	place_of(cx, id, &pl);
	if ((e = look_and_end(cx, &pl, &l)) || !l.alive)
		return e;
	one = listing_add(cx, g);
	memcpy(one->id, id, 37);
	one->started_ms = l.rec.wall_ms;
	one->slot = one->connections = -1;
	one->flows = NULL;
	one->n_flows = 0;
	listing_root(cx, id, &l.rec, g);
	applog_trim(&pl);
	if (l.rec.port)
		return port_list(cx, &pl, &l.rec, &g->ports, &g->ports_read,
				 one);
	/* What a workspace does to its own socket meanwhile is no failure
	 * of the look. */
	if (route_mend(cx, &pl))
		cx_clear(cx);
	return OK;
}

/* Each folder of run/ws is an instance's, alive or not. */
static enum err
list_ws(struct cx *cx, struct listing *g)
{
	const char *path = site_run_file(cx, "ws");
	struct dirent *d;
	DIR *dir = opendir(path);
	enum err e = OK;

	if (!dir)
		return errno == ENOENT ? OK : cx_errno(cx, errno, "%s", path);
	g->cap = 64;
	g->list.v = arena_array(&cx->arena, g->cap, sizeof(*g->list.v));
	g->roots.v = arena_array(&cx->arena, g->cap, sizeof(*g->roots.v));
	while (!e) {
		errno = 0;
		if (!(d = readdir(dir)))
			break;
		if (id_is_uuid(d->d_name))
			e = list_one(cx, d->d_name, g);
	}
	if (!e && errno)
		e = cx_errno(cx, errno, "reading %s", path);
	closedir(dir);
	return e;
}

static int
by_id(const void *a, const void *b)
{
	const struct instance *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int
by_root(const void *a, const void *b)
{
	const struct root *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static enum err
process_list(struct cx *cx, struct instances *out)
{
	struct listing g = {.cap = 0};
	struct instances *list = &g.list;
	struct slots slots;
	enum err e;
	size_t i;

	if (FAULT(FAULT_ENGINE_LIST))
		return cx_fail(cx, ERR_IO, "fault while listing instances");
	if ((e = list_ws(cx, &g)) || (e = slots_read(cx, &slots)))
		return e;
	for (i = 0; i < list->n; i++)
		list->v[i].slot = slots_find(&slots, list->v[i].id);
	if (list->n) {
		qsort(list->v, list->n, sizeof(*list->v), by_id);
		qsort(g.roots.v, g.roots.n, sizeof(*g.roots.v), by_root);
	}
	if ((e = activity_count(cx, list)))
		return e;
	if (flow_wanted(cx))
		flow_of_trees(cx, &g.roots, list);
	*out = *list;
	return OK;
}

const struct engine_ops engine_process = {
	.name = "process",
	.probe = process_probe,
	.start = process_start,
	.stop = process_stop,
	.list = process_list,
	.alive = process_alive,
	.cut = process_cut,
};
