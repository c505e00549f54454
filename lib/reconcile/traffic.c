#include "reconcile/traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

#define FILE_MAX ((size_t)1 << 20)

/* The flows when the window began. */
struct sample {
	struct traffic t;
	int64_t started_ms; /* of the instance */
	struct flow *v;
	size_t n;
};

static const char *
path_of(struct cx *cx, const char *id)
{
	return site_run_path(cx, id, ".traffic");
}

/* "roost-traffic 1 STARTED BEGAN USED N", then N lines "KEY MOVED". */
static bool
parse(struct cx *cx, const char *p, struct sample *out)
{
	struct sample s = {.n = 0};
	int len = 0;

	if (sscanf(p,
		   "roost-traffic 1 %" SCNd64 " %" SCNd64 " %" SCNd64
		   " %zu\n%n",
		   &s.started_ms, &s.t.began_ms, &s.t.used_ms, &s.n,
		   &len) != 4 ||
	    !len || s.n > FILE_MAX / 4)
		return false;
	p += len;
	s.v = arena_array(&cx->arena, s.n + 1, sizeof(*s.v));
	for (size_t i = 0; i < s.n; i++, p += len)
		if (sscanf(p, "%" SCNx64 " %" SCNd64 "\n%n", &s.v[i].key,
			   &s.v[i].moved, &len) != 2)
			return false;
	*out = s;
	return true;
}

/* False: nothing that can be believed. */
static bool
sample_read(struct cx *cx, const struct instance *inst, struct sample *out)
{
	struct buf b;
	bool good;

	buf_init(&b, FILE_MAX);
	good = !fs_read(cx, path_of(cx, inst->id), &b);
	if (!good)
		cx_clear(cx);
	good = good && parse(cx, buf_str(&b), out) &&
	       out->started_ms == inst->started_ms;
	buf_free(&b);
	return good;
}

static enum err
sample_write(struct cx *cx, const struct instance *inst,
	     const struct traffic *t)
{
	struct buf b;
	enum err e;

	buf_init(&b, FILE_MAX);
	buf_printf(&b,
		   "roost-traffic 1 %" PRId64 " %" PRId64 " %" PRId64 " %zu\n",
		   inst->started_ms, t->began_ms, t->used_ms, inst->n_flows);
	for (size_t i = 0; i < inst->n_flows; i++)
		buf_printf(&b, "%" PRIx64 " %" PRId64 "\n", inst->flows[i].key,
			   inst->flows[i].moved);
	e = b.over ? cx_fail(cx, ERR_TOO_LARGE, "%zu flows", inst->n_flows)
		   : fs_write(cx, path_of(cx, inst->id), buf_str(&b), b.len,
			      0600);
	buf_free(&b);
	return e;
}

static int64_t
moved_before(const struct sample *s, uint64_t key)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].key == key)
			return s->v[i].moved;
	return 0;
}

static int64_t
moved_since(const struct sample *s, const struct instance *inst)
{
	int64_t sum = 0;

	for (size_t i = 0; i < inst->n_flows; i++) {
		const struct flow *f = &inst->flows[i];
		int64_t more = f->moved - moved_before(s, f->key);

		sum += more > 0 ? more : 0;
	}
	return sum;
}

void
traffic_of(struct cx *cx, const struct world *w, const struct instance *inst,
	   struct traffic *out)
{
	struct sample was = {.n = 0};

	if (!sample_read(cx, inst, &was))
		was = (struct sample){.n = 0};
	*out = was.t;
	if (!traffic_look(out, moved_since(&was, inst), &w->set, cx->now_ms) ||
	    !sample_write(cx, inst, out))
		return;
	world_note(w, cx, "traffic", inst->id, cx->why);
	cx_clear(cx);
	out->used_ms = cx->now_ms;
}

void
traffic_forget(struct cx *cx, const char *id)
{
	unlink(path_of(cx, id));
}
