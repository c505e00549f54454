#include "archive/pack.h"

#include <stdio.h>
#include <string.h>

#include "archive/measure.h"
#include "archive/meta.h"
#include "base/clock.h"

/* Data, then a look at what is really on the disk, then the marker. */
static enum err
pack_new(struct pack *pk, const char *key, int level,
	 const struct progress *quiet)
{
	const struct store_ops *s = pk->store;
	struct cx *cx = pk->cx;
	struct buf json;
	enum err e;

	if ((e = s->put_open(cx, key, quiet, &pk->w)))
		return e;
	if ((e = pack_stream(pk, level))) {
		s->put_abort(pk->w);
		return e;
	}
	/* While the store is read back no more content is done, but it must
	 * be possible to give up. */
	if (pk->tick.total)
		pk->tick.done = pk->tick.total;
	if ((e = s->put_close(cx, pk->w)) ||
	    (e = s->verify(cx, key, &pk->meta, quiet)))
		return e == ERR_CORRUPT
			       ? cx_fail(cx, ERR_IO,
					 "archive %s reads back differently",
					 key)
			       : e;
	buf_init(&json, META_MAX);
	meta_print(&pk->meta, &json);
	e = s->put_meta(cx, key, buf_str(&json), json.len, quiet);
	buf_free(&json);
	return e;
}

/*
 * Is this very home in the store already? *there. The marker tells when
 * packing began: what changed after that, or is not the same number of
 * files, makes a new archive.
 */
static enum err
find_done(struct pack *pk, const char *key, const struct measure *m,
	  const struct progress *quiet, struct archive_meta *meta, bool *there)
{
	struct archive_meta old;
	enum err e = pk->store->get_meta(pk->cx, key, quiet, &old);

	*there = false;
	if (!e && (m->files != old.files || m->changed_ms > old.created_ms))
		return OK;
	if (!e) {
		pk->tick.done = pk->tick.total;
		e = pk->store->verify(pk->cx, key, &old, quiet);
		pk->tick.done = 0;
	}
	if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
		cx_clear(pk->cx);
		return OK;
	}
	if (e)
		return e;
	*meta = old;
	*there = true;
	return OK;
}

static void
prepare(struct pack *pk, const struct progress *pg, struct progress *quiet)
{
	pk->meta.created_ms = clock_now_ms();
	snprintf(pk->meta.format, sizeof(pk->meta.format), META_FORMAT);
	tick_begin(&pk->tick, pk->cx, pg, 0);
	*quiet = tick_beside(&pk->tick);
}

static enum err
pack_all(struct pack *pk, const char *key, int level,
	 const struct progress *quiet, struct archive_meta *meta)
{
	enum err e;

	pack_begin(pk);
	if (!(e = pack_new(pk, key, level, quiet)))
		*meta = pk->meta;
	pack_end(pk, e);
	return e;
}

enum err
archive_pack(struct cx *cx, const struct store_ops *store, const char *key,
	     const char *home_path, int level, const struct progress *pg,
	     struct archive_meta *meta)
{
	struct pack pk = {.cx = cx, .store = store, .root = home_path};
	struct progress quiet;
	const struct progress *q = pg ? &quiet : NULL;
	struct measure m;
	bool there;
	enum err e;

	prepare(&pk, pg, &quiet);
	if ((e = measure_tree(cx, home_path, &pk.tick, &m)))
		return e;
	pk.tick.total = m.bytes;
	if ((e = find_done(&pk, key, &m, q, meta, &there)) || there)
		return e;
	return pack_all(&pk, key, level, q, meta);
}

/* A stream tells no times of changes: the same home is one that makes the
 * same archive. */
static enum err
makes_same(const struct pack *as, int level, const struct archive_meta *old,
	   bool *same)
{
	struct pack pk = *as;
	enum err e;

	pack_begin(&pk);
	if (!(e = pack_stream(&pk, level)))
		*same = pk.meta.size == old->size &&
			!strcmp(pk.meta.sha256, old->sha256);
	pack_end(&pk, e);
	return e;
}

/* find_done() of a stream. A home that cannot be read is no reason to write
 * anything where an archive of it is. */
static enum err
find_same(struct pack *pk, const char *key, int level,
	  const struct progress *quiet, struct archive_meta *meta, bool *there)
{
	struct archive_meta old;
	bool same = false;
	enum err e = pk->store->get_meta(pk->cx, key, quiet, &old);

	*there = false;
	if (!e && ((e = makes_same(pk, level, &old, &same)) || !same))
		return e;
	if (!e)
		e = pk->store->verify(pk->cx, key, &old, quiet);
	if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
		cx_clear(pk->cx);
		return OK;
	}
	if (e)
		return e;
	*meta = old;
	*there = true;
	return OK;
}

enum err
archive_pack_home(struct cx *cx, const struct store_ops *store, const char *key,
		  const struct tree *home, int level, const struct progress *pg,
		  struct archive_meta *meta)
{
	struct pack pk = {.cx = cx,
			  .store = store,
			  .root = home->volume ? home->volume : "the home",
			  .from = home};
	struct progress quiet;
	const struct progress *q = pg ? &quiet : NULL;
	bool there;
	enum err e;

	if (home->path)
		return archive_pack(cx, store, key, home->path, level, pg,
				    meta);
	prepare(&pk, pg, &quiet);
	if ((e = find_same(&pk, key, level, q, meta, &there)) || there)
		return e;
	return pack_all(&pk, key, level, q, meta);
}
