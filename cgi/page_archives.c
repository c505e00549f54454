/*
 * The archives of a workspace, and the way back to any of them. SPEC F4, 6.
 *
 * 1. What is in the store decides: the history only says where to look.
 * 2. A store that cannot be asked spoils no page.
 */
#include <string.h>

#include "archive/archive.h"
#include "base/clock.h"
#include "base/log.h"
#include "cgi/page.h"
#include "rules/names.h"
#include "store/setting.h"

#define PATIENCE_MS 5000 /* of a page, for a store that is far away */
#define ARCHIVES_MOST 20 /* of the history; what it keeps at least */

struct found {
	const char *key;
	char op_id[37];
	struct archive_meta meta;
};

struct found_list {
	struct found v[ARCHIVES_MOST + 1];
	size_t n;
	struct progress pg; /* until when the store is asked */
};

static struct progress
patience(void)
{
	return (struct progress){.deadline_ms = clock_mono_ms() + PATIENCE_MS};
}

/* ERR_NOT_FOUND: it is not, or not wholly, in the store. */
static enum err
look(struct cx *cx, const struct store_ops *store, const char *key,
     const struct progress *pg, struct found *out)
{
	struct found f = {.key = key};
	char id[37];
	enum err e;

	if (!name_archive_ids(key, id, f.op_id))
		return cx_fail(cx, ERR_NOT_FOUND, "%s is not a key", key);
	e = store->get_meta(cx, key, pg, &f.meta);
	if (!e)
		*out = f;
	return e;
}

static enum err
add(struct cx *cx, const struct store_ops *store, const char *key,
    struct found_list *l)
{
	enum err e;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].key, key) == 0)
			return OK;
	e = look(cx, store, key, &l->pg, &l->v[l->n]);
	if (!e)
		l->n++;
	if (e != ERR_NOT_FOUND && e != ERR_CORRUPT)
		return e;
	cx_clear(cx);
	return OK;
}

/* Newest first; the one that Restore unpacks also when it is older than the
 * history. */
static enum err
find(struct cx *cx, struct call *c, struct found_list *l)
{
	const struct store_ops *store;
	char key[NAME_MAX_LEN];
	struct opers ops;
	enum err e;

	l->n = 0;
	l->pg = patience();
	if ((e = store_find(cx, &store)) ||
	    (e = operation_archives(cx, c->db, c->ws->id, ARCHIVES_MOST, &ops)))
		return e;
	for (size_t i = 0; i < ops.n; i++) {
		name_archive(c->ws->id, ops.v[i].op_id, key);
		if ((e = add(cx, store, arena_strdup(&cx->arena, key), l)))
			return e;
	}
	return c->ws->archive_key != NULL
		       ? add(cx, store, c->ws->archive_key, l)
		       : OK;
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static void
view_found(const struct call *c, struct json_object *o, const struct found *f)
{
	view_text(o, "op_id", f->op_id);
	view_text(o, "key", f->key);
	view_time(o, "created_at", f->meta.created_ms);
	view_int(o, "size", f->meta.size);
	view_int(o, "content", f->meta.content);
	view_int(o, "files", f->meta.files);
	view_bool(o, "current", same(c->ws->archive_key, f->key));
}

enum err
ws_archives(struct cx *cx, struct call *c)
{
	struct json_object *items;
	struct found_list l;
	enum err e;

	if ((e = find(cx, c, &l)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < l.n; i++)
		view_found(c, view_obj(items, NULL), &l.v[i]);
	return OK;
}

/* ---- Pages ---- */

static void
item_found(struct cx *cx, const struct call *c, struct json_object *o,
	   const struct found *f)
{
	view_found(c, o, f);
	view_text(o, "created_text", page_time(cx, f->meta.created_ms));
	view_text(o, "size_text", page_bytes(cx, f->meta.size));
	view_text(o, "content_text", page_bytes(cx, f->meta.content));
	view_bool(o, "chosen", same(c->ws->restore_key, f->key));
	view_bool(o, "can_load", page_can_load(cx, c));
	view_bool(o, "can_choose",
		  wish_can_choose(&c->who, c->ws) &&
			  !same(c->ws->restore_key, f->key));
}

/* While something is done to a workspace its page fetches itself each second,
 * and no archive comes or goes before the end: the part that is left out stays
 * as it is, and a store far away is not asked for each of them each time. */
void
page_archives(struct cx *cx, struct call *c)
{
	struct json_object *items = view_list(c->view, "archives");
	struct found_list l;

	if (page_by_script(c) && c->ws->operation != OPERATION_NONE)
		return;
	view_bool(c->view, "tells_archives", true);
	if (find(cx, c, &l)) {
		log_fail(cx, "archives");
		cx_clear(cx);
		view_bool(c->view, "archives_unknown", true);
	}
	for (size_t i = 0; i < l.n; i++)
		item_found(cx, c, view_obj(items, NULL), &l.v[i]);
	view_bool(c->view, "has_archives", l.n > 0);
}

/* The archive of c->ws that a field names. ERR_INVALID (archive). */
static enum err
named(struct cx *cx, struct call *c, const struct value *archive,
      struct found *out)
{
	const struct progress pg = patience();
	const struct store_ops *store;
	char key[NAME_MAX_LEN];
	enum err e;

	name_archive(c->ws->id, archive->text, key);
	if (!(e = store_find(cx, &store)))
		e = look(cx, store, arena_strdup(&cx->arena, key), &pg, out);
	if (e == ERR_NOT_FOUND)
		return cx_field(cx, "archive", "not one of this workspace");
	return e;
}

enum err
page_restore_ask(struct cx *cx, struct call *c)
{
	struct json_object *o;
	struct settings s;
	struct found f;
	enum err e;

	if (!wish_can_choose(&c->who, c->ws)) {
		call_back(c, page_path(cx, c->ws->id));
		return OK;
	}
	if ((e = named(cx, c, IN(c, restore_ask, archive), &f)) ||
	    (e = settings_load(cx, c->db, &s)))
		return e;
	o = page_item(cx, c, &s, c->ws);
	view_put(c->view, "workspace", o);
	view_bool(o, "has_home",
		  c->ws->status != STATUS_PENDING &&
			  c->ws->status != STATUS_ERROR);
	item_found(cx, c, view_obj(c->view, "archive"), &f);
	view_text(c->view, "title", c->ws->name);
	view_text(c->view, "page", "restore");
	c->rp->page = "restore";
	return OK;
}

/* ---- The wish ---- */

static enum err
restore(struct cx *cx, struct call *c, const struct value *archive, int64_t rev,
	struct workspace *w)
{
	struct found f;
	enum err e;

	if (!archive->set)
		return wish_restore(cx, c->db, &c->who, c->ws->id, rev, w);
	if ((e = named(cx, c, archive, &f)))
		return e;
	return wish_restore_archive(cx, c->db, &c->who, c->ws->id, rev, f.key,
				    w);
}

enum err
ws_restore(struct cx *cx, struct call *c)
{
	struct workspace w;
	int64_t rev;
	enum err e = page_rev(cx, c, &rev);

	if (e)
		return e;
	e = restore(cx, c, IN(c, api_restore, archive), rev, &w);
	return page_acted_json(cx, c, e, &w);
}

enum err
page_restore(struct cx *cx, struct call *c)
{
	struct workspace w;
	enum err e = restore(cx, c, IN(c, restore, archive), 0, &w);

	return page_acted(cx, c, e, IN(c, restore, back), "said_restore");
}
