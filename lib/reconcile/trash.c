#include "reconcile/trash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/lock.h"
#include "rules/names.h"
#include "store/workspace.h"

struct keep {
	const char **names; /* trash entries */
	const char **ops;   /* op_ids at work */
	size_t n_names, n_ops;
};

static bool
among(const char *const v[], size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i], s))
			return true;
	return false;
}

/* To go: the delete is final, and its time is over. */
static bool
is_over(const struct workspace *ws, int64_t now_ms)
{
	return ws->deleted_ms && ws->status == STATUS_DELETED &&
	       ws->operation == OPERATION_NONE && ws->purge_ms <= now_ms;
}

/* What rows and operations still want, when `now_ms` has come. */
static enum err
wanted(struct cx *cx, struct world *w, int64_t now_ms, struct keep *out)
{
	struct workspaces trash, work;
	enum err e;

	if ((e = workspace_trash(cx, w->db, &trash)) ||
	    (e = workspace_work(cx, w->db, &work)))
		return e;
	*out = (struct keep){0};
	out->names = arena_array(&cx->arena, trash.n + 1, sizeof *out->names);
	out->ops = arena_array(&cx->arena, work.n + 1, sizeof *out->ops);
	for (size_t i = 0; i < trash.n; i++)
		if (!is_over(&trash.v[i], now_ms))
			out->names[out->n_names++] = trash.v[i].trash_key;
	for (size_t i = 0; i < work.n; i++)
		if (work.v[i].operation != OPERATION_NONE)
			out->ops[out->n_ops++] = work.v[i].op_id;
	return OK;
}

static bool
is_kept(const struct keep *k, const char *name)
{
	char id[37], op_id[37];

	if (among(k->names, k->n_names, name))
		return true;
	return name_trash_ids(name, id, op_id) &&
	       among(k->ops, k->n_ops, op_id);
}

/* Less than trash_min_free_percent of the homes' disk is free. */
static bool
is_tight(struct cx *cx, struct world *w)
{
	uint64_t percent = (uint64_t)w->set.v[SETTING_TRASH_MIN_FREE_PERCENT];
	const char *disk = percent ? w->home->disk(cx) : NULL;
	struct statvfs st;

	if (!disk || statvfs(disk, &st))
		return false;
	return st.f_bavail * 100 < st.f_blocks * percent;
}

static bool
is_deleted_entry(const struct workspace *ws)
{
	return ws->trash_key && is_over(ws, INT64_MAX);
}

enum err
trash_due(struct cx *cx, struct world *w, bool *due)
{
	struct home_names entries;
	struct keep keep;
	enum err e;

	if ((e = w->home->trash_list(cx, &entries)))
		return e;
	if (!entries.n) {
		*due = false;
		return OK;
	}
	if ((e = wanted(cx, w, cx->now_ms, &keep)))
		return e;
	*due = is_tight(cx, w);
	for (size_t i = 0; i < entries.n && !*due; i++)
		*due = !is_kept(&keep, entries.v[i]);
	return OK;
}

/* In a transaction: it is still deleted, so the row gives the entry up. */
static enum err
give_up(struct cx *cx, struct world *w, const struct workspace *old)
{
	struct workspace now;
	enum err e;

	if ((e = workspace_get(cx, w->db, old->id, &now)))
		return e;
	if (!is_deleted_entry(&now) || strcmp(now.trash_key, old->trash_key))
		return cx_fail(cx, ERR_CONFLICT, "it was brought back");
	return workspace_purged(cx, w->db, now.id, now.trash_key);
}

static enum err
release(struct cx *cx, struct world *w, const struct workspace *ws, bool *ours)
{
	enum err e;

	*ours = false;
	if ((e = db_begin(cx, w->db)))
		return e;
	e = give_up(cx, w, ws);
	if (!e) {
		*ours = true;
		return db_commit(cx, w->db);
	}
	db_rollback(w->db);
	if (e != ERR_CONFLICT)
		return e;
	cx_clear(cx);
	return OK;
}

static int
by_purge(const void *a, const void *b)
{
	const struct workspace *x = a, *y = b;

	return (x->purge_ms > y->purge_ms) - (x->purge_ms < y->purge_ms);
}

static enum err
purge_entry(struct cx *cx, struct world *w, const char *name, int64_t *purged)
{
	enum err e = w->home->purge(cx, name, NULL, NULL);

	if (e)
		return e;
	world_note(w, cx, "purged", name, NULL);
	++*purged;
	return OK;
}

/* The oldest deleted homes first, until there is room again. */
static enum err
sweep_rows(struct cx *cx, struct world *w, int64_t *purged)
{
	struct workspaces trash;
	bool ours;
	enum err e;

	if ((e = workspace_trash(cx, w->db, &trash)))
		return e;
	if (trash.n)
		qsort(trash.v, trash.n, sizeof *trash.v, by_purge);
	for (size_t i = 0; i < trash.n; i++) {
		if (!is_deleted_entry(&trash.v[i]))
			continue;
		if (!is_over(&trash.v[i], cx->now_ms) && !is_tight(cx, w))
			break;
		if ((e = release(cx, w, &trash.v[i], &ours)) ||
		    (ours &&
		     (e = purge_entry(cx, w, trash.v[i].trash_key, purged))))
			return e;
	}
	return OK;
}

/*
 * Nobody asks for this one. It goes only where nothing hangs on it: its
 * workspace is deleted, has its home, or that very operation archived it.
 * Otherwise (an older database was restored) it may be the last copy.
 */
static enum err
is_spare(struct cx *cx, struct world *w, const char *name, bool *spare)
{
	char id[37], op_id[37], key[NAME_MAX_LEN];
	const char *ids[] = {id};
	struct archive_meta meta;
	struct workspace ws;
	bool home;
	enum err e;

	*spare = false;
	if (!name_trash_ids(name, id, op_id))
		return OK;
	if ((e = workspace_get(cx, w->db, id, &ws)))
		return e;
	if ((e = w->home->look(cx, ids, 1, &home)))
		return e;
	*spare = home || (ws.status == STATUS_DELETED && ws.deleted_ms) ||
		 !w->store->get_meta(cx, name_archive(id, op_id, key), NULL,
				     &meta);
	cx_clear(cx);
	return OK;
}

static enum err
sweep_entry(struct cx *cx, struct world *w, const char *name, int64_t *purged)
{
	bool spare;
	enum err e = is_spare(cx, w, name, &spare);

	if (e && e != ERR_WS_NOT_FOUND)
		return e;
	if (!e && spare)
		return purge_entry(cx, w, name, purged);
	cx_clear(cx);
	world_note(w, cx, "trash-strange", name, "left: may be a last copy");
	return OK;
}

static enum err
sweep_entries(struct cx *cx, struct world *w, int64_t *purged)
{
	struct home_names entries;
	struct keep keep;
	enum err e;

	/* The listing comes first: what is put into the trash after it is
	 * not looked at. */
	if ((e = w->home->trash_list(cx, &entries)) ||
	    (e = wanted(cx, w, INT64_MIN, &keep)))
		return e;
	for (size_t i = 0; i < entries.n; i++)
		if (!is_kept(&keep, entries.v[i]) &&
		    (e = sweep_entry(cx, w, entries.v[i], purged)))
			return e;
	return OK;
}

static enum err
purge_lock(struct cx *cx, int *fd)
{
	return lock_take(cx, site_run_file(cx, "purge.lock"), fd);
}

enum err
trash_sweep(struct cx *cx, struct world *w, int64_t *purged)
{
	enum err e;
	int fd;

	*purged = 0;
	e = purge_lock(cx, &fd);
	if (e == ERR_BUSY) {
		cx_clear(cx);
		return OK;
	}
	if (e)
		return e;
	if (!(e = sweep_rows(cx, w, purged)))
		e = sweep_entries(cx, w, purged);
	lock_drop(fd);
	return e;
}

void
trash_purge_one(struct cx *cx, struct world *w, const char *name)
{
	int64_t purged = 0;
	enum err e;
	int fd;

	if (!(e = purge_lock(cx, &fd))) {
		e = purge_entry(cx, w, name, &purged);
		lock_drop(fd);
	}
	if (e && e != ERR_BUSY)
		world_note(w, cx, "purge-failed", name, cx->why);
	cx_clear(cx);
}
