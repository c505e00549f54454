/* Deleting, and changing one's mind. SPEC F7. */
#include "service/wish_common.h"
#include "store/setting.h"

bool
wish_can_undelete(const struct cx *cx, const struct settings *s,
		  const struct workspace *w)
{
	int64_t undo_ms = s->v[SETTING_UNDO_HOURS] * INT64_C(3600000);

	if (w->deleted_ms == 0)
		return false;
	if (w->status != STATUS_DELETED)
		return true; /* nothing was taken away yet, or just now */
	if (w->trash_key != NULL)
		return w->purge_ms > cx->now_ms;
	return w->archive_key != NULL && w->deleted_ms + undo_ms > cx->now_ms;
}

static enum err
rev_fits(struct cx *cx, const struct workspace *w, int64_t rev)
{
	if (rev == 0 || rev == w->rev)
		return OK;
	return cx_fail(cx, ERR_PRECONDITION, "%s is at rev %lld", w->id,
		       (long long)w->rev);
}

static enum err
delete_row(struct cx *cx, struct db *db, const struct who *who, int64_t rev,
	   struct workspace *w)
{
	enum err e;

	if (w->deleted_ms != 0)
		return OK;
	if ((e = rev_fits(cx, w, rev)) ||
	    (e = workspace_delete(cx, db, w->id, 0, w)))
		return e;
	return wish_audit(cx, db, who, "workspace.delete", w, w->name);
}

enum err
wish_delete(struct cx *cx, struct db *db, const struct who *who, const char *id,
	    int64_t rev, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = workspace_get(cx, db, id, &w)))
		e = delete_row(cx, db, who, rev, &w);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}

/* What it was when it was deleted: asleep, or (no home) packed away. */
static enum status
undelete_wish(const struct workspace *w)
{
	if (w->trash_key != NULL || w->status == STATUS_STANDBY ||
	    w->status == STATUS_RUNNING || w->status == STATUS_ERROR)
		return STATUS_STANDBY;
	return STATUS_PENDING;
}

/* Whose owner is gone comes back to who brings it back. */
static enum err
adopt(struct cx *cx, struct db *db, const struct who *who, struct workspace *w)
{
	struct user owner;
	enum err e = user_by_id(cx, db, w->owner_id, &owner);

	if (e || owner.gone_ms == 0)
		return e;
	if (who->user_id == 0)
		return cx_fail(cx, ERR_STATE,
			       "the owner of %s is deleted: an administrator "
			       "who undoes it on the site gets it",
			       w->id);
	return workspace_set_owner(cx, db, w->id, who->user_id, w);
}

static enum err
undelete_row(struct cx *cx, struct db *db, const struct who *who, int64_t rev,
	     struct workspace *w)
{
	struct settings s;
	enum err e;

	if (w->deleted_ms == 0)
		return OK;
	if ((e = settings_load(cx, db, &s)))
		return e;
	if (!wish_can_undelete(cx, &s, w))
		return cx_fail(cx, ERR_STATE, "the home of %s is gone", w->id);
	if ((e = rev_fits(cx, w, rev)) || (e = adopt(cx, db, who, w)) ||
	    (e = workspace_undelete(cx, db, w->id, 0, undelete_wish(w), w)))
		return e;
	return wish_audit(cx, db, who, "workspace.undelete", w, w->name);
}

enum err
wish_undelete(struct cx *cx, struct db *db, const struct who *who,
	      const char *id, int64_t rev, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = workspace_get(cx, db, id, &w)))
		e = undelete_row(cx, db, who, rev, &w);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}
