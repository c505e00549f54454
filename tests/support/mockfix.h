/*
 * An engine in memory, and the real store, which can be interrupted: the
 * outside of a pass in tests of reconcile/. Part of reconfix.h.
 */
#ifndef SUPPORT_MOCKFIX_H
#define SUPPORT_MOCKFIX_H

#define MOCK_MAX 20000

/* ---- The engine ---- */

FIX struct {
	struct instance v[MOCK_MAX]; /* sorted by id */
	size_t n;
	enum err start_err, stop_err, list_err, alive_err, cut_err;
	bool dies;	    /* gone right after a start that said OK */
	void (*hook)(void); /* while it starts */
	int starts, stops, lists;
} mock;

FIX size_t
mock_at(const char *id)
{
	size_t i = 0;

	while (i < mock.n && strcmp(mock.v[i].id, id) < 0)
		i++;
	return i;
}

FIX bool
mock_lives(const char *id)
{
	size_t i = mock_at(id);

	return i < mock.n && !strcmp(mock.v[i].id, id);
}

FIX void
mock_add(const char *id, int64_t connections)
{
	size_t i = mock_at(id);

	if (mock_lives(id)) {
		mock.v[i].connections = connections;
		return;
	}
	memmove(mock.v + i + 1, mock.v + i, (mock.n - i) * sizeof *mock.v);
	mock.n++;
	mock.v[i] = (struct instance){.slot = (int64_t)i,
				      .connections = connections};
	snprintf(mock.v[i].id, sizeof mock.v[i].id, "%s", id);
}

FIX void
mock_remove(const char *id)
{
	size_t i = mock_at(id);

	if (!mock_lives(id))
		return;
	memmove(mock.v + i, mock.v + i + 1, (mock.n - i - 1) * sizeof *mock.v);
	mock.n--;
}

FIX enum err
mock_probe(struct cx *c)
{
	(void)c;
	return OK;
}

/* As a real one: asks quit while it waits, kills again what it gave up. */
FIX enum err
mock_start(struct cx *c, const struct instance_spec *spec, struct endpoint *out)
{
	mock.starts++;
	ck_assert(fs_exists(spec->home)); /* invariant 2 */
	if (FAULT(FAULT_ENGINE_START_BEFORE))
		return cx_fail(c, ERR_ACTION, "fault: start");
	if (mock.hook) {
		mock.hook();
		for (int i = 0; i < 60; i++) {
			if (spec->quit && spec->quit(spec->arg))
				return cx_fail(c, ERR_ABANDONED, "given up");
			clock_sleep_ms(5);
		}
	}
	if (mock.start_err)
		return cx_fail(c, mock.start_err, "the engine says no");
	if (!mock.dies)
		mock_add(spec->id, 0);
	if (FAULT(FAULT_ENGINE_START_AFTER))
		return cx_fail(c, ERR_ACTION, "fault: started");
	*out = (struct endpoint){.slot = 7};
	snprintf(out->address, sizeof out->address, "unix:/fake/%s", spec->id);
	return OK;
}

FIX enum err
mock_stop(struct cx *c, const char *id, int64_t deadline_ms)
{
	(void)deadline_ms;
	mock.stops++;
	if (FAULT(FAULT_ENGINE_STOP_BEFORE))
		return cx_fail(c, ERR_ACTION, "fault: stop");
	if (mock.stop_err)
		return cx_fail(c, mock.stop_err, "the engine does not stop it");
	mock_remove(id);
	if (FAULT(FAULT_ENGINE_STOP_AFTER))
		return cx_fail(c, ERR_ACTION, "fault: stopped");
	return OK;
}

FIX enum err
mock_list(struct cx *c, struct instances *out)
{
	mock.lists++;
	if (FAULT(FAULT_ENGINE_LIST))
		return cx_fail(c, ERR_UNREACHABLE, "fault: list");
	if (mock.list_err)
		return cx_fail(c, mock.list_err, "the engine is away");
	out->v = arena_array(&c->arena, mock.n + 1, sizeof *out->v);
	memcpy(out->v, mock.v, mock.n * sizeof *out->v);
	out->n = mock.n;
	return OK;
}

FIX enum err
mock_alive(struct cx *c, const char *id, bool *alive)
{
	if (mock.alive_err)
		return cx_fail(c, mock.alive_err, "the engine is away");
	*alive = mock_lives(id);
	return OK;
}

FIX enum err
mock_cut(struct cx *c, const char *id)
{
	if (FAULT(FAULT_ENGINE_CUT))
		return cx_fail(c, ERR_IO, "fault: cut");
	if (mock.cut_err)
		return cx_fail(c, mock.cut_err, "the engine cannot cut");
	if (mock_lives(id))
		mock_add(id, 0);
	return OK;
}

FIX const struct engine_ops mock_engine = {.name = "mock",
					   .probe = mock_probe,
					   .start = mock_start,
					   .stop = mock_stop,
					   .list = mock_list,
					   .alive = mock_alive,
					   .cut = mock_cut};

/* ---- The store: the real one, which can be interrupted ---- */

FIX struct {
	void (*writes)(void); /* while an archive is written */
	void (*reads)(void);  /* while one is read */
	void (*metas)(void);  /* when its marker has been written */
	enum err list_err;
} shop;
FIX struct store_ops shop_store;

FIX enum err
shop_write(struct cx *c, struct store_writer *sw, const void *p, size_t n)
{
	if (shop.writes) {
		shop.writes();
		clock_sleep_ms(110); /* until the row is looked at again */
	}
	return store_dir.put_write(c, sw, p, n);
}

FIX enum err
shop_meta(struct cx *c, const char *key, const char *json, size_t n,
	  const struct progress *pg)
{
	enum err e = store_dir.put_meta(c, key, json, n, pg);

	if (!e && shop.metas)
		shop.metas();
	return e;
}

FIX enum err
shop_read(struct cx *c, struct store_reader *sr, void *p, size_t max, size_t *n)
{
	if (shop.reads) {
		shop.reads();
		clock_sleep_ms(110);
	}
	return store_dir.get_read(c, sr, p, max, n);
}

FIX enum err
shop_list(struct cx *c, struct archive_names *out)
{
	if (shop.list_err)
		return cx_fail(c, shop.list_err, "the store is away");
	return store_dir.list(c, out);
}

#endif
