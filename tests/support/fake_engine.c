#include "support/fake_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"

enum { MOST = 64 };

static struct fake {
	struct instance i; /* id "" : free */
} all[MOST];
static bool broken;

static struct fake *
find(const char *id)
{
	size_t i;

	for (i = 0; i < MOST; i++)
		if (!strcmp(all[i].i.id, id))
			return &all[i];
	return NULL;
}

static bool
slot_used(int64_t n)
{
	size_t i;

	for (i = 0; i < MOST; i++)
		if (all[i].i.id[0] && all[i].i.slot == n)
			return true;
	return false;
}

void
fake_engine_reset(void)
{
	memset(all, 0, sizeof(all));
	broken = false;
}

void
fake_engine_break_look(bool yes)
{
	broken = yes;
}

void
fake_engine_connect(const char *id, int64_t more)
{
	struct fake *f = find(id);

	if (!f)
		abort();
	f->i.connections += more;
}

void
fake_engine_die(const char *id)
{
	struct fake *f = find(id);

	if (f)
		memset(f, 0, sizeof(*f));
}

static enum err
look(struct cx *cx)
{
	return broken ? cx_fail(cx, ERR_IO, "the fake engine is broken") : OK;
}

static enum err
fake_probe(struct cx *cx)
{
	return look(cx);
}

/* Until somebody has had enough. */
static enum err
wait_for_slow(struct cx *cx, const struct instance_spec *spec)
{
	while (clock_mono_ms() < spec->deadline_ms) {
		if (spec->quit && spec->quit(spec->arg))
			return cx_fail(cx, ERR_ABANDONED, "given up");
		clock_sleep_ms(2);
	}
	return cx_fail(cx, ERR_TIMEOUT, "it did not answer in time");
}

static enum err
behave(struct cx *cx, const struct instance_spec *spec)
{
	if (!strcmp(spec->app->name, "missing"))
		return cx_fail(cx, ERR_IMAGE, "no such program");
	if (!strcmp(spec->app->name, "crash"))
		return cx_fail(cx, ERR_ACTION,
			       "ended with exit code 7; it broke");
	if (!strcmp(spec->app->name, "slow"))
		return wait_for_slow(cx, spec);
	return OK;
}

static enum err
fake_start(struct cx *cx, const struct instance_spec *spec,
	   struct endpoint *out)
{
	struct fake *f = find(spec->id);
	enum err e;
	int64_t n = 0;

	if (FAULT(FAULT_ENGINE_START_BEFORE))
		return cx_fail(cx, ERR_ACTION, "fault before launching");
	while (!f && slot_used(n))
		n++;
	if (!f && n >= cx->site->slots)
		return cx_fail(cx, ERR_BUSY, "no slot is free");
	if (!f && (e = behave(cx, spec)))
		return e;
	if (!f && (f = find(""))) {
		snprintf(f->i.id, sizeof(f->i.id), "%s", spec->id);
		f->i.started_ms = clock_now_ms();
		f->i.slot = n;
	}
	if (!f)
		abort();
	if (FAULT(FAULT_ENGINE_START_AFTER))
		return cx_fail(cx, ERR_ACTION, "fault after the start");
	snprintf(out->address, sizeof(out->address), "unix:/fake/%s", spec->id);
	out->slot = f->i.slot;
	return OK;
}

static enum err
fake_stop(struct cx *cx, const char *id, int64_t deadline_ms)
{
	(void)deadline_ms;
	if (FAULT(FAULT_ENGINE_STOP_BEFORE))
		return cx_fail(cx, ERR_ACTION, "fault before the stop");
	fake_engine_die(id);
	if (FAULT(FAULT_ENGINE_STOP_AFTER))
		return cx_fail(cx, ERR_ACTION, "fault after the stop");
	return OK;
}

static int
by_id(const void *a, const void *b)
{
	const struct instance *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static enum err
fake_list(struct cx *cx, struct instances *out)
{
	struct instances list = {arena_array(&cx->arena, MOST, sizeof(*all)),
				 0};
	enum err e;
	size_t i;

	if ((e = look(cx)))
		return e;
	if (FAULT(FAULT_ENGINE_LIST))
		return cx_fail(cx, ERR_IO, "fault while listing");
	for (i = 0; i < MOST; i++)
		if (all[i].i.id[0])
			list.v[list.n++] = all[i].i;
	qsort(list.v, list.n, sizeof(*list.v), by_id);
	*out = list;
	return OK;
}

static enum err
fake_alive(struct cx *cx, const char *id, bool *alive)
{
	enum err e;

	if ((e = look(cx)))
		return e;
	*alive = find(id) != NULL;
	return OK;
}

static enum err
fake_cut(struct cx *cx, const char *id)
{
	struct fake *f;
	enum err e;

	if ((e = look(cx)))
		return e;
	if ((f = find(id)))
		f->i.connections = 0;
	return OK;
}

const struct engine_ops engine_fake = {
	.name = "fake",
	.probe = fake_probe,
	.start = fake_start,
	.stop = fake_stop,
	.list = fake_list,
	.alive = fake_alive,
	.cut = fake_cut,
};
