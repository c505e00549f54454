/* A page of workspaces, sorted and filtered, with the true total. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/keyset.h"
#include "store/ws_row.h"

static const char *const sorts[] = {
	[WS_BY_NAME] = "name",
	[WS_BY_CREATED] = "created",
	[WS_BY_UPDATED] = "updated",
	[WS_BY_ACCESS] = "last_access",
};

bool
ws_sort_parse(const char *s, enum ws_sort *sort, bool *desc)
{
	bool down = s && *s == '-';
	unsigned i;

	for (i = 0; s && i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (!strcmp(s + down, sorts[i])) {
			*sort = i;
			*desc = down;
			return true;
		}
	return false;
}

/*
 * Where a page ended: "N" or "N.KEY", N the row number of its last row and KEY
 * its time. A name is looked up by N: it is too long for a URL.
 */
struct mark {
	bool set;
	int64_t n, ms;
	const char *name;
};

static int64_t
sort_ms(const struct ws_query *q, const struct workspace *w)
{
	switch (q->sort) {
	case WS_BY_UPDATED:
		return w->updated_ms;
	case WS_BY_ACCESS:
		return w->last_access_ms;
	case WS_BY_NAME:
	case WS_BY_CREATED:
	default:
		return w->n;
	}
}

static const char *
mark_print(struct cx *cx, const struct ws_query *q, const struct workspace *w)
{
	return arena_printf(&cx->arena, "%" PRId64 ".%" PRId64, w->n,
			    sort_ms(q, w));
}

static void
name_row(struct row *r, void *out)
{
	*(const char **)out = row_text(r);
}

static enum err
mark_read(struct cx *cx, struct db *db, const struct ws_query *q,
	  const struct keyset *k, struct mark *m)
{
	const char *s = k->key;
	enum err e = OK;

	if (!s)
		return OK;
	if (!keyset_number(&s, '.', &m->n) || !keyset_number(&s, 0, &m->ms))
		return cx_field(cx, "cursor", "not a cursor of ours");
	if (q->sort == WS_BY_NAME)
		e = sql_row(cx, db, SQL_WS_NAME_OF_N, name_row, &m->name,
			    sizeof(m->name), ARGS(INT(m->n)));
	if (e == ERR_NOT_FOUND)
		return cx_field(cx, "cursor", "not a cursor of ours");
	m->set = !e;
	return e;
}

/* Which rows: sql.def has the totals and the pages of each in this order. */
enum set { SET_MINE, SET_PHASE, SET_GONE, SET_EVERY };

static enum set
set_of(const struct ws_query *q)
{
	if (q->owner_id == 0 || q->which == WS_ALL || q->app ||
	    q->unused_since_ms != 0)
		return SET_EVERY;
	if (q->which == WS_DELETED)
		return SET_GONE;
	return q->phase ? SET_PHASE : SET_MINE;
}

static enum sql
variant(const struct ws_query *q, bool back)
{
	unsigned each = SQL_WS_PHASE_NAME_UP - SQL_WS_MINE_NAME_UP;

	return SQL_WS_MINE_NAME_UP + each * set_of(q) + 2 * (unsigned)q->sort +
	       (q->desc != back);
}

static struct arg
mark_arg(const struct ws_query *q, const struct mark *m)
{
	if (!m->set)
		return TEXT(NULL);
	return q->sort == WS_BY_NAME ? TEXT(m->name) : INT(m->ms);
}

/* The first of the pages' values are the total's too; how many of them. */
static const size_t total_args[] =
	{[SET_MINE] = 3, [SET_PHASE] = 4, [SET_GONE] = 4, [SET_EVERY] = 6};

static enum err
total(struct cx *cx, struct db *db, const struct ws_query *q,
      const struct arg *args, int64_t *out)
{
	struct arg some[7];
	enum set set = set_of(q);
	size_t n = total_args[set];

	memcpy(some, args, n * sizeof(*args));
	some[n].type = ARG_END;
	return sql_int(cx, db, SQL_WS_TOTAL_MINE + set, out, some);
}

static void
ends(struct cx *cx, const struct ws_query *q, struct keyset *k,
     struct ws_page *page)
{
	struct keyset_ends end;
	bool some;

	keyset_turn(k, page->v, sizeof(*page->v), &page->n);
	some = page->n > 0;
	keyset_end(cx, k, some ? mark_print(cx, q, &page->v[0]) : NULL,
		   some ? mark_print(cx, q, &page->v[page->n - 1]) : NULL,
		   &end);
	page->next = end.next;
	page->prev = end.prev;
	page->beyond = end.beyond;
}

static enum err
list(struct cx *cx, struct db *db, const struct ws_query *q, struct keyset *k,
     const struct mark *m, struct ws_page *page)
{
	int64_t offset = m->set || q->offset < 0 ? 0 : q->offset;
	const struct arg *args =
		ARGS(INT(q->owner_id), INT(q->which), TEXT(q->q),
		     TEXT(q->phase), TEXT(q->app), INT(q->unused_since_ms),
		     mark_arg(q, m), INT(m->n), INT(k->limit + 1), INT(offset));
	struct workspaces ws = {0};
	enum err e;

	if ((e = total(cx, db, q, args, &page->total)) ||
	    (e = workspace_many(cx, db, variant(q, k->back), &ws, args)))
		return e;
	page->v = ws.v;
	page->n = ws.n;
	ends(cx, q, k, page);
	return OK;
}

static enum err
read_list(struct cx *cx, struct db *db, const struct ws_query *q,
	  struct ws_page *page)
{
	struct mark m = {0};
	struct keyset k;
	enum err e;

	if ((e = keyset_read(cx, q->cursor, q->limit, &k)) ||
	    (e = mark_read(cx, db, q, &k, &m)))
		return e;
	return list(cx, db, q, &k, &m, page);
}

enum err
workspace_list(struct cx *cx, struct db *db, const struct ws_query *q,
	       struct ws_page *out)
{
	struct ws_page page = {0};
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)))
		return e;
	e = snap_leave(db, own, read_list(cx, db, q, &page));
	if (!e)
		*out = page;
	return e;
}
