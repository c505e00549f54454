#include "store/ws_find.h"

#include <inttypes.h>

#include "store/ws_row.h"

#define VALUES 12 /* ?1 to ?12: which rows */

/* From which index: sql.def has page, page back, total and plain count of each
 * in this order. */
enum set {
	SET_ALL,
	SET_GONE,
	SET_PHASE,
	SET_APP,
	SET_OWNER,
	SET_BOTH,
	SET_USE,
	SET_OWN_USE
};

static enum set
set_of(const struct ws_find *q)
{
	const struct filter *f = q->filter;

	if (f->set[FILTER_DELETED] && f->deleted)
		return SET_GONE;
	if (q->unused_first)
		return q->owner_id != 0 ? SET_OWN_USE : SET_USE;
	if (q->owner_id != 0)
		return f->phase != NULL ? SET_BOTH : SET_OWNER;
	if (f->phase != NULL)
		return SET_PHASE;
	return f->set[FILTER_APP] ? SET_APP : SET_ALL;
}

static bool
by_use(enum set s)
{
	return s == SET_USE || s == SET_OWN_USE;
}

static const char *
text_if(bool set, const char *text)
{
	return set ? text : NULL;
}

static int64_t
or_never(int64_t before_ms)
{
	return before_ms != 0 ? before_ms : INT64_MAX;
}

/* Which rows: the values of FIND_REST. */
static void
fill(struct cx *cx, const struct ws_find *q, struct arg *a)
{
	const struct filter *f = q->filter;

	a[0] = INT(q->owner_id);
	a[1] = TEXT(f->phase);
	a[2] = TEXT(text_if(f->set[FILTER_APP], f->app));
	a[3] = TEXT(text_if(f->set[FILTER_NAME], f->name));
	a[4] = TEXT(text_if(f->set[FILTER_OPERATION],
			    operation_name(f->operation)));
	a[5] = TEXT(text_if(f->set[FILTER_ERROR], reason_name(f->error)));
	a[6] = INT(f->set[FILTER_PINNED] ? f->pinned : -1);
	a[7] = INT(f->used_from_ms);
	a[8] = INT(or_never(f->used_before_ms));
	a[9] = INT(f->created_from_ms);
	a[10] = INT(or_never(f->created_before_ms));
	a[11] = INT(cx->now_ms);
	a[VALUES].type = ARG_END;
}

/* The keys of the filter that the index of a set answers alone. */
static bool
is_of_index(enum set set, int key)
{
	switch (key) {
	case FILTER_OWNER:
		return set == SET_OWNER || set == SET_BOTH ||
		       set == SET_OWN_USE;
	case FILTER_PHASE:
		return set == SET_PHASE || set == SET_BOTH;
	case FILTER_APP:
		return set == SET_APP;
	case FILTER_IDLE:
		return by_use(set);
	default:
		return key == FILTER_DELETED;
	}
}

/* Is the index's own count the total? */
static bool
is_plain(const struct ws_find *q, enum set set)
{
	for (int k = 0; k < FILTER__MAX; k++)
		if (q->filter->set[k] && !is_of_index(set, k))
			return false;
	return q->filter->phase == NULL || is_of_index(set, FILTER_PHASE);
}

/* How many fit: args are those of FIND_REST. */
static enum err
total(struct cx *cx, struct db *db, const struct ws_find *q, enum set set,
      const struct arg *args, int64_t *out)
{
	static const struct {
		size_t n;
		int at[3]; /* which of args */
	} keys[] = {[SET_ALL] = {0, {0}},    [SET_GONE] = {0, {0}},
		    [SET_PHASE] = {1, {1}},  [SET_APP] = {1, {2}},
		    [SET_OWNER] = {1, {0}},  [SET_BOTH] = {2, {0, 1}},
		    [SET_USE] = {2, {7, 8}}, [SET_OWN_USE] = {3, {0, 7, 8}}};
	enum sql sql = SQL_FIND_ALL + 4 * set;
	struct arg some[4];

	if (!is_plain(q, set))
		return sql_int(cx, db, sql + 2, out, args);
	for (size_t i = 0; i < keys[set].n; i++)
		some[i] = args[keys[set].at[i]];
	some[keys[set].n].type = ARG_END;
	return sql_int(cx, db, sql + 3, out, some);
}

/* Where the page begins: beyond the key, or at the list's end on this side. */
static enum err
fill_page(struct cx *cx, const struct keyset *k, enum set set, struct arg *a)
{
	int64_t ms, n;
	enum err e = keyset_numbers(cx, k, &ms, &n);

	if (e)
		return e;
	if (k->key == NULL)
		n = by_use(set) ? -1 : INT64_MAX;
	a[VALUES] = INT(ms);
	a[VALUES + 1] = INT(n);
	a[VALUES + 2] = INT(k->limit + 1);
	a[VALUES + 3].type = ARG_END;
	return OK;
}

static const char *
key_of(struct cx *cx, const struct workspace *w)
{
	return arena_printf(&cx->arena, "%" PRId64 ".%" PRId64,
			    w->last_access_ms, w->n);
}

static enum err
find(struct cx *cx, struct db *db, const struct ws_find *q,
     struct ws_found *out)
{
	struct arg args[VALUES + 4];
	enum set set = set_of(q);
	enum sql sql = SQL_FIND_ALL + 4 * set;
	struct workspaces ws;
	struct keyset k;
	enum err e;

	fill(cx, q, args);
	if ((e = keyset_read(cx, q->cursor, q->limit, &k)) ||
	    (e = total(cx, db, q, set, args, &out->total)) ||
	    (e = fill_page(cx, &k, set, args)) ||
	    (e = workspace_many(cx, db, sql + k.back, &ws, args)))
		return e;
	keyset_turn(&k, ws.v, sizeof(*ws.v), &ws.n);
	keyset_end(cx, &k, ws.n ? key_of(cx, &ws.v[0]) : NULL,
		   ws.n ? key_of(cx, &ws.v[ws.n - 1]) : NULL, &out->ends);
	out->v = ws.v;
	out->n = ws.n;
	return OK;
}

enum err
workspace_find(struct cx *cx, struct db *db, const struct ws_find *q,
	       struct ws_found *out)
{
	struct ws_found found = {.n = 0};
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)))
		return e;
	e = snap_leave(db, own, find(cx, db, q, &found));
	if (!e)
		*out = found;
	return e;
}

static void
app_row(struct row *r, void *out)
{
	struct ws_app *a = out;

	a->app = row_text(r);
	a->workspaces = row_int(r);
	a->running = row_int(r);
}

enum err
workspace_apps(struct cx *cx, struct db *db, struct ws_apps *out)
{
	return sql_rows(cx, db, SQL_WS_APPS, app_row, &out->v, sizeof(*out->v),
			&out->n, ARGS());
}
