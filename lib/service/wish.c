#include "service/wish_common.h"

#include <string.h>

#include "base/buf.h"
#include "store/audit.h"

#define EDITS 5 /* fields of a workspace that people edit */

/* Reads the row inside the transaction: living, and of that rev. */
static enum err
living(struct cx *cx, struct db *db, const char *id, int64_t rev,
       struct workspace *w)
{
	enum err e = workspace_get(cx, db, id, w);

	if (!e && w->deleted_ms != 0)
		return cx_fail(cx, ERR_STATE, "%s is deleted", id);
	if (!e && rev != 0 && rev != w->rev)
		return cx_fail(cx, ERR_PRECONDITION, "%s is at rev %lld", id,
			       (long long)w->rev);
	return e;
}

/* One more place, unless it has one already. */
static enum err
take_place(struct cx *cx, struct db *db, const struct workspace *w,
	   enum status desired)
{
	if (desired != STATUS_RUNNING || limit_counts(w))
		return OK;
	return limit_admit(cx, db, w->owner_id);
}

/* The newest intent, written also when it is the same: starting again counts
 * as access. */
static enum err
desire(struct cx *cx, struct db *db, const struct who *who, const char *action,
       struct workspace *w, enum status desired)
{
	enum err e;

	if ((e = take_place(cx, db, w, desired)) ||
	    (e = workspace_wish(cx, db, w->id, 0, desired, w)))
		return e;
	return wish_audit(cx, db, who, action, w, status_name(desired));
}

/* May this archive be asked for: it is there, or just being made? */
static bool
archive_at_hand(const struct workspace *w)
{
	return w->archive_key != NULL || w->operation == OPERATION_ARCHIVING ||
	       (w->desired == STATUS_PENDING && w->status != STATUS_PENDING);
}

struct verb {
	const char *action;
	enum status desired;
	bool archive; /* needs one */
};

static enum err
wish(struct cx *cx, struct db *db, const struct who *who, const char *id,
     int64_t rev, const struct verb *v, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	e = living(cx, db, id, rev, &w);
	if (!e && v->archive && !archive_at_hand(&w))
		e = cx_fail(cx, ERR_STATE, "%s has no archive", id);
	if (!e)
		e = desire(cx, db, who, v->action, &w, v->desired);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}

enum err
wish_start(struct cx *cx, struct db *db, const struct who *who, const char *id,
	   int64_t rev, struct workspace *out)
{
	static const struct verb v = {"workspace.start", STATUS_RUNNING, false};

	return wish(cx, db, who, id, rev, &v, out);
}

enum err
wish_stop(struct cx *cx, struct db *db, const struct who *who, const char *id,
	  int64_t rev, struct workspace *out)
{
	static const struct verb v = {"workspace.stop", STATUS_STANDBY, false};

	return wish(cx, db, who, id, rev, &v, out);
}

enum err
wish_archive(struct cx *cx, struct db *db, const struct who *who,
	     const char *id, int64_t rev, struct workspace *out)
{
	static const struct verb v = {"workspace.archive", STATUS_PENDING,
				      false};

	return wish(cx, db, who, id, rev, &v, out);
}

enum err
wish_restore(struct cx *cx, struct db *db, const struct who *who,
	     const char *id, int64_t rev, struct workspace *out)
{
	static const struct verb v = {"workspace.restore", STATUS_RUNNING,
				      true};

	return wish(cx, db, who, id, rev, &v, out);
}

/* "name, memo": what an edit touches, for the audit. */
static const char *
edit_fields(struct cx *cx, const struct ws_patch *p)
{
	struct buf b;
	const char *s;

	buf_init(&b, 200);
	if (p->name != NULL)
		buf_puts(&b, ", name");
	if (p->description != NULL)
		buf_puts(&b, ", description");
	if (p->memo != NULL)
		buf_puts(&b, ", memo");
	if (p->standby_ttl_s >= 0)
		buf_puts(&b, ", standby_ttl_seconds");
	if (p->archive_ttl_s >= 0)
		buf_puts(&b, ", archive_ttl_seconds");
	s = b.len > 2 ? arena_strdup(&cx->arena, b.data + 2) : NULL;
	buf_free(&b);
	return s;
}

/* What differs. A memo is its owner's: only that it does. */
static size_t
edit_changes(struct cx *cx, const struct ws_patch *p, const struct workspace *w,
	     struct audit_change v[EDITS])
{
	const struct {
		const char *field, *from, *to;
	} texts[] = {{"name", w->name, p->name},
		     {"description", w->description, p->description},
		     {"memo", w->memo, p->memo}};
	const struct {
		const char *field;
		int64_t from, to;
	} ttls[] = {{"standby_ttl_seconds", w->standby_ttl_s, p->standby_ttl_s},
		    {"archive_ttl_seconds", w->archive_ttl_s,
		     p->archive_ttl_s}};
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (texts[i].to && strcmp(texts[i].from, texts[i].to) != 0)
			v[n++] = (struct audit_change){texts[i].field,
						       i < 2 ? texts[i].from
							     : NULL,
						       i < 2 ? texts[i].to
							     : NULL};
	for (size_t i = 0; i < 2; i++)
		if (ttls[i].to >= 0 && ttls[i].from != ttls[i].to)
			v[n++] = (struct audit_change){
				ttls[i].field,
				arena_printf(&cx->arena, "%lld",
					     (long long)ttls[i].from),
				arena_printf(&cx->arena, "%lld",
					     (long long)ttls[i].to)};
	return n;
}

static enum err
edit_apply(struct cx *cx, struct db *db, const struct who *who,
	   const struct wish_edit *edit, struct workspace *w)
{
	const char *fields = edit_fields(cx, &edit->patch);
	struct audit_change v[EDITS];
	size_t n = edit_changes(cx, &edit->patch, w, v);
	enum err e = OK;

	if (fields != NULL &&
	    ((e = workspace_patch(cx, db, w->id, 0, &edit->patch, w)) ||
	     (e = audit_add_changes(cx, db, who->user_id, who->username,
				    "workspace.edit", w->id, fields, v, n))))
		return e;
	if (edit->set_desired)
		e = desire(cx, db, who, "workspace.wish", w, edit->desired);
	return e;
}

enum err
wish_edit(struct cx *cx, struct db *db, const struct who *who, const char *id,
	  int64_t rev, const struct wish_edit *edit, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = living(cx, db, id, rev, &w)))
		e = edit_apply(cx, db, who, edit, &w);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}

bool
wish_can_recover(const struct who *who, const struct workspace *w)
{
	return w->status == STATUS_ERROR && w->deleted_ms == 0 &&
	       (who->admin || !reason_needs_admin(w->error_reason));
}

static enum err
recover(struct cx *cx, struct db *db, const struct who *who,
	struct workspace *w)
{
	const char *reason = reason_name(w->error_reason);
	enum err e;

	if (w->status != STATUS_ERROR)
		return cx_fail(cx, ERR_STATE, "%s is not in error", w->id);
	if (!wish_can_recover(who, w))
		return cx_fail(cx, ERR_FORBIDDEN,
			       "recovering from %s takes an admin", reason);
	if ((e = workspace_recover(cx, db, w->id, 0, w)))
		return e;
	return wish_audit(cx, db, who, "workspace.recover", w, reason);
}

enum err
wish_recover(struct cx *cx, struct db *db, const struct who *who,
	     const char *id, int64_t rev, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = living(cx, db, id, rev, &w)))
		e = recover(cx, db, who, &w);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}

bool
wish_can_choose(const struct who *who, const struct workspace *w)
{
	return w->deleted_ms == 0 &&
	       (w->status != STATUS_ERROR || wish_can_recover(who, w) ||
		w->error_reason == REASON_ARCHIVE_CORRUPTED);
}

/* Out of ERROR, onto the chosen archive. */
static enum err
choose(struct cx *cx, struct db *db, const struct who *who, const char *key,
       struct workspace *w)
{
	enum err e;

	if (!wish_can_choose(who, w))
		return cx_fail(cx, ERR_FORBIDDEN,
			       "recovering from %s takes an admin",
			       reason_name(w->error_reason));
	if (w->status == STATUS_ERROR &&
	    (e = workspace_recover(cx, db, w->id, 0, w)))
		return e;
	if ((e = take_place(cx, db, w, STATUS_RUNNING)) ||
	    (e = workspace_wish_archive(cx, db, w->id, key, w)))
		return e;
	return wish_audit(cx, db, who, "workspace.restore", w, key);
}

enum err
wish_restore_archive(struct cx *cx, struct db *db, const struct who *who,
		     const char *id, int64_t rev, const char *key,
		     struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = living(cx, db, id, rev, &w)))
		e = choose(cx, db, who, key, &w);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}

enum err
wish_wake(struct cx *cx, struct db *db, const struct who *who, const char *id,
	  struct workspace *out, bool *woken)
{
	struct workspace w;
	bool wake;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	e = living(cx, db, id, 0, &w);
	wake = !e && w.status == STATUS_STANDBY && w.desired != STATUS_RUNNING;
	if (wake)
		e = desire(cx, db, who, "workspace.wake", &w, STATUS_RUNNING);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	*woken = wake;
	return OK;
}
