/* The verbs of the Docker engine. See docker.h. */
#include "engine/docker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/id.h"
#include "base/lock.h"

/* What is left of a start that failed must go in any case. */
#define UNDO_MS 20000
/* A start that was begun is not cut off: nobody would know what came of it. */
#define EFFECT_MS 20000
#define LOOK_EACH_MS 200
#define LOG_MAX ((size_t)256 << 10)
/* Leftovers that one look takes away. */
#define CLEAR_MAX 16

static const char *
name_of(struct cx *cx, const char *id)
{
	char name[NAME_MAX_LEN];

	return arena_strdup(&cx->arena, name_instance(id, name));
}

static enum err
look(struct cx *cx, const char *id, int64_t deadline_ms, struct docker_state *s)
{
	enum err e;

	if ((e = docker_look(cx, name_of(cx, id), DOCKER_KIND, deadline_ms, s)))
		return e;
	if (s->there && !s->ours)
		return cx_fail(cx, ERR_CONFIG,
			       "the container %s is not of this site (its "
			       "label %s is not %s): rename it or choose "
			       "another site_id",
			       name_of(cx, id), DOCKER_LABEL_SITE,
			       cx->site->site_id);
	return OK;
}

static enum err
docker_alive(struct cx *cx, const char *id, bool *alive)
{
	struct docker_state s;
	enum err e;

	if ((e = look(cx, id, 0, &s)))
		return e;
	*alive = s.runs;
	return OK;
}

/* ---- Its end ---- */

/* What it said last, for an error message. */
static const char *
words(struct cx *cx, const struct place *pl)
{
	const char *said;
	struct buf b;

	buf_init(&b, LOG_MAX);
	docker_log(cx, name_of(cx, pl->id), &b);
	said = applog_words(cx, buf_str(&b), b.len);
	buf_free(&b);
	return said;
}

/* All of it goes where the process engine's applications write; once, when
 * the container goes. */
static void
keep_words(struct cx *cx, const struct place *pl)
{
	struct buf b;

	buf_init(&b, LOG_MAX);
	docker_log(cx, name_of(cx, pl->id), &b);
	if (b.len)
		applog_add(pl, buf_str(&b), b.len);
	buf_free(&b);
}

/* Takes away the container and its things. Lock held. */
static enum err
end_and_clear(struct cx *cx, const struct place *pl, int64_t deadline_ms,
	      bool lock_too)
{
	struct docker_state s;
	enum err e;

	if ((e = look(cx, pl->id, deadline_ms, &s)))
		return e;
	if (s.there) {
		keep_words(cx, pl);
		if ((e = docker_remove(cx, name_of(cx, pl->id), deadline_ms)))
			return e;
	}
	return place_clear(cx, pl, lock_too);
}

static enum err
undone(struct cx *cx, const struct place *pl, enum err why)
{
	const char *said = arena_strdup(&cx->arena, cx->why);

	cx_clear(cx);
	if (!end_and_clear(cx, pl, clock_mono_ms() + UNDO_MS, true))
		return cx_fail(cx, why, "%s", said);
	return cx_fail(cx, why, "%s (and then: %s)", said,
		       arena_strdup(&cx->arena, cx->why));
}

/* 126 and 127: its program is not there, or not to be executed; Podman's init
 * says that in words only. */
static bool
lacks_program(const struct docker_state *s, const char *last)
{
	return s->exit_code == 126 || s->exit_code == 127 ||
	       strstr(last, "failed to exec pid1");
}

static enum err
ended(struct cx *cx, const struct place *pl, const struct docker_state *s,
      const char *said)
{
	const char *last = words(cx, pl);

	if (s->out_of_memory)
		return cx_fail(cx, ERR_ACTION,
			       "the application took all the memory that it "
			       "may (memory_mb); its last words: %s",
			       *last ? last : "none");
	return cx_fail(cx, lacks_program(s, last) ? ERR_IMAGE : ERR_ACTION,
		       "the application ended with exit code %d%s%s; its last "
		       "words: %s",
		       s->exit_code, *said ? ": " : "", said,
		       *last ? last : "none");
}

/* ---- Its beginning ---- */

static enum err
run_it(struct cx *cx, const struct place *pl)
{
	const struct docker_ask ask =
		{.method = "POST",
		 .path = arena_printf(&cx->arena, "/containers/%s/start",
				      name_of(cx, pl->id)),
		 .deadline_ms = clock_mono_ms() + EFFECT_MS};
	struct docker_answer a;
	struct docker_state s;
	enum err e;

	if ((e = docker_do(cx, &ask, &a)) || a.status < 400)
		return e;
	if ((e = look(cx, pl->id, 0, &s)))
		return e;
	if (s.there && (s.exit_code == 126 || s.exit_code == 127 ||
			strstr(a.said, "executable file")))
		return cx_fail(cx, ERR_IMAGE,
			       "the image has not the application's program; "
			       "the container engine says: %s",
			       a.said);
	return docker_refused(cx, &a, "starting a container");
}

/* Its first process, as the record has it, so that who listens on its port
 * can be found. */
static enum err
record(struct cx *cx, const struct place *pl, int64_t port)
{
	struct docker_state s;
	enum err e;
	int fd = -1;

	if ((e = look(cx, pl->id, 0, &s)) || (e = record_open(cx, pl, &fd)))
		return e;
	if (!record_write(fd, (pid_t)s.pid, clock_now_ms(), clock_boot_id(),
			  port))
		e = cx_errno(cx, errno, "writing %s", pl->status);
	close(fd);
	return e;
}

/* The socket of the mount: a folder that is not there on the engine's side. */
static enum err
create(struct cx *cx, const struct place *pl, const struct instance_spec *spec,
       struct json_object *body)
{
	const struct docker_ask patience = {.deadline_ms = spec->deadline_ms,
					    .quit = spec->quit,
					    .arg = spec->arg};
	enum err e = docker_create(cx, name_of(cx, pl->id), body, &patience);

	if (e && strstr(cx->why, "bind source path does not exist"))
		return cx_fail(cx, ERR_CONFIG,
			       "%s; docker_host must be an "
			       "engine of this machine that sees its files",
			       arena_strdup(&cx->arena, cx->why));
	return e;
}

static enum err
launch(struct cx *cx, const struct place *pl, const struct instance_spec *spec)
{
	bool port = port_wanted(spec->app);
	struct json_object *body;
	int64_t slot, n;
	enum err e;
	int log = -1;

	if ((e = applog_open(cx, pl, &log)))
		return e;
	close(log);
	if ((e = slot_take(cx, pl->id, port, docker_alive, &slot)) ||
	    (e = place_ws(cx, pl, spec->uid)))
		return e;
	n = port ? port_of_slot(cx, slot) : 0;
	if ((e = docker_spec(cx, pl, spec, n, &body)))
		return e;
	if (FAULT(FAULT_ENGINE_START_BEFORE))
		return cx_fail(cx, ERR_ACTION, "fault before launching");
	if ((e = create(cx, pl, spec, body)))
		return e;
	if (FAULT(FAULT_ENGINE_LAUNCH))
		return cx_fail(cx, ERR_ACTION, "fault after creating");
	return (e = run_it(cx, pl)) ? e : record(cx, pl, n);
}

/* It runs, but whoever began it died before it was recorded: its port is that
 * of the slot that was taken for it. */
static enum err
record_again(struct cx *cx, const struct place *pl,
	     const struct instance_spec *spec)
{
	struct slots slots;
	int64_t slot;
	enum err e;

	if (!port_wanted(spec->app))
		return record(cx, pl, 0);
	if ((e = slots_read(cx, &slots)))
		return e;
	slot = slots_find(&slots, pl->id);
	if (slot < 0)
		return cx_fail(cx, ERR_ACTION,
			       "its container runs, but has no slot");
	return record(cx, pl, port_of_slot(cx, slot));
}

/* Begins it unless it runs. A dead leftover is cleared first. */
static enum err
begin(struct cx *cx, const struct place *pl, const struct instance_spec *spec)
{
	struct docker_state s;
	enum err e;

	if ((e = look(cx, pl->id, 0, &s)))
		return e;
	if (s.runs)
		return fs_exists(pl->status) ? OK : record_again(cx, pl, spec);
	if ((e = end_and_clear(cx, pl, clock_mono_ms() + UNDO_MS, false)))
		return e;
	return launch(cx, pl, spec);
}

struct waiting {
	int64_t looked_ms;
};

static enum err
still_runs(struct cx *cx, const struct place *pl, void *arg, int64_t waited_ms)
{
	struct waiting *w = arg;
	struct docker_state s;
	enum err e;

	if (waited_ms - w->looked_ms < LOOK_EACH_MS)
		return OK;
	w->looked_ms = waited_ms;
	if ((e = look(cx, pl->id, 0, &s)) || s.runs)
		return e;
	if (!s.there)
		return cx_fail(cx, ERR_ACTION, "its container was taken away");
	return ended(cx, pl, &s,
		     docker_words(cx, docker_text(s.json, "State/Error")));
}

static enum err
finish(struct cx *cx, const struct place *pl, const struct instance_spec *spec,
       struct endpoint *out)
{
	struct waiting w = {.looked_ms = 0};
	const struct ready how = {.runs = still_runs,
				  .words = words,
				  .alive = docker_alive,
				  .arg = &w};

	return ready_finish(cx, pl, spec, &how, out);
}

static enum err
docker_start(struct cx *cx, const struct instance_spec *spec,
	     struct endpoint *out)
{
	struct endpoint got = {.slot = -1};
	struct place pl;
	enum err e;
	int lock = -1;

	place_of(cx, spec->id, &pl);
	if ((e = place_dirs(cx)) || (e = place_wait(cx, &pl, spec, &lock)))
		return e;
	if ((e = begin(cx, &pl, spec)) || (e = finish(cx, &pl, spec, &got)))
		e = undone(cx, &pl, e);
	lock_drop(lock);
	if (e)
		return e;
	if (FAULT(FAULT_ENGINE_START_AFTER))
		return cx_fail(cx, ERR_ACTION, "fault after the start");
	*out = got;
	return OK;
}

static enum err
docker_stop(struct cx *cx, const char *id, int64_t deadline_ms)
{
	const struct instance_spec waits = {.id = id,
					    .deadline_ms = deadline_ms};
	struct place pl;
	enum err e;
	int lock = -1;

	if (FAULT(FAULT_ENGINE_STOP_BEFORE))
		return cx_fail(cx, ERR_ACTION, "fault before the stop");
	place_of(cx, id, &pl);
	if ((e = place_dirs(cx)) || (e = place_wait(cx, &pl, &waits, &lock)))
		return e;
	e = end_and_clear(cx, &pl, deadline_ms, true);
	lock_drop(lock);
	if (!e && FAULT(FAULT_ENGINE_STOP_AFTER))
		return cx_fail(cx, ERR_ACTION, "fault after the stop");
	return e;
}

/* ---- Looking at all ---- */

struct listing {
	struct instances list;
	int64_t deadline_ms; /* of all of it */
	struct ports ports;  /* read when the first one with a port is met */
	bool ports_read;
	size_t cleared;
};

/* Rule 3; not while somebody prepares it, and not for longer than a look may
 * take. What fails, or is not reached, is for the next look. */
static void
clear_leftover(struct cx *cx, const char *id, struct listing *g)
{
	struct docker_state s;
	struct place pl;
	int lock = -1;

	if (g->cleared++ >= CLEAR_MAX || clock_mono_ms() >= g->deadline_ms)
		return;
	place_of(cx, id, &pl);
	if (place_dirs(cx) || place_take(cx, &pl, &lock)) {
		cx_clear(cx);
		return;
	}
	/* It may have been begun anew since it was listed. */
	if (look(cx, id, g->deadline_ms, &s) ||
	    (!s.runs && end_and_clear(cx, &pl, g->deadline_ms, true)))
		cx_clear(cx);
	lock_drop(lock);
}

static enum err
mend_route(struct cx *cx, const struct place *pl, struct listing *g,
	   struct instance *one)
{
	struct record r;
	enum err e;

	if ((e = record_read(cx, pl, &r)))
		return e;
	if (r.port)
		return port_list(cx, pl, &r, &g->ports, &g->ports_read, one);
	/* What a workspace does to its own socket is no failure of the look. */
	if (route_mend(cx, pl))
		cx_clear(cx);
	return OK;
}

static enum err
list_one(struct cx *cx, struct json_object *o, struct listing *g)
{
	const char *id =
		docker_text(docker_member(o, "Labels"), DOCKER_LABEL_ID);
	const char *state = docker_text(o, "State");
	struct instance *one;
	struct place pl;

	if (!id_is_uuid(id) ||
	    !docker_is_ours(cx, docker_member(o, "Labels"), DOCKER_KIND))
		return OK;
	if (strcmp(state, "running") && strcmp(state, "paused") &&
	    strcmp(state, "restarting")) {
		clear_leftover(cx, id, g);
		return OK;
	}
	place_of(cx, id, &pl);
	one = &g->list.v[g->list.n++];
	memcpy(one->id, id, 37);
	one->started_ms = docker_number(o, "Created") * 1000;
	one->slot = one->connections = -1;
	one->flows = NULL;
	one->n_flows = 0;
	return mend_route(cx, &pl, g, one);
}

static int
by_id(const void *a, const void *b)
{
	const struct instance *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static enum err
find_slots(struct cx *cx, struct instances *list)
{
	struct slots slots;
	enum err e;
	size_t i;

	if ((e = slots_read(cx, &slots)))
		return e;
	for (i = 0; i < list->n; i++)
		list->v[i].slot = slots_find(&slots, list->v[i].id);
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_id);
	return OK;
}

static enum err
docker_list_all(struct cx *cx, struct instances *out)
{
	struct listing g = {.deadline_ms = clock_mono_ms() + DOCKER_LOOK_MS};
	struct json_object *all;
	enum err e;
	size_t n, i;

	if (FAULT(FAULT_ENGINE_LIST))
		return cx_fail(cx, ERR_IO, "fault while listing instances");
	if ((e = docker_list(cx, DOCKER_KIND, g.deadline_ms, &all)))
		return e;
	n = json_object_array_length(all);
	g.list.v = arena_array(&cx->arena, n + 1, sizeof(*g.list.v));
	for (i = 0; i < n; i++)
		if ((e = list_one(cx, json_object_array_get_idx(all, i), &g)))
			return e;
	if ((e = find_slots(cx, &g.list)) || (e = activity_count(cx, &g.list)))
		return e;
	*out = g.list;
	return OK;
}

static enum err
docker_probe(struct cx *cx)
{
	struct json_object *all;
	enum err e;

	if ((e = place_dirs(cx)))
		return e;
	return docker_list(cx, DOCKER_KIND, 0, &all);
}

const struct engine_ops engine_docker = {
	.name = "docker",
	.probe = docker_probe,
	.start = docker_start,
	.stop = docker_stop,
	.list = docker_list_all,
	.alive = docker_alive,
};
