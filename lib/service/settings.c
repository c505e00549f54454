#include "service/settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "rules/ttl.h"
#include "service/wish_common.h"
#include "store/audit.h"
#include "store/ws_ttl.h"

#define MARK_LEN 16

static const char *const scopes[] =
	{[TTL_NEW] = "new", [TTL_SAME] = "same", [TTL_ALL] = "all"};

const char *
settings_mark(struct cx *cx, const struct settings *s)
{
	char hash[ID_HASH_LEN + 1];

	id_hash((const char *)s->v, sizeof(s->v), hash);
	return arena_strndup(&cx->arena, hash, MARK_LEN);
}

/* The settings as they are, and as they would be. */
static enum err
both(struct cx *cx, struct db *db, const struct settings_wish *w,
     struct settings *old, struct settings *new)
{
	enum err e = settings_load(cx, db, old);

	if (e)
		return e;
	if (w->seen != NULL && strcmp(w->seen, settings_mark(cx, old)) != 0)
		return cx_fail(cx, ERR_CONFLICT,
			       "the settings have changed meanwhile");
	*new = *old;
	for (int s = 0; s < SETTING__MAX; s++) {
		if (!w->set[s])
			continue;
		if ((e = setting_rule(cx, (enum setting)s, w->value[s])))
			return e;
		new->v[s] = w->value[s];
	}
	return OK;
}

/* What becomes of a workspace's two TTLs, for the rehearsal and the store. */
static struct ws_ttl_change
change_of(const struct settings_wish *w, const struct settings *old,
	  const struct settings *new, enum setting s)
{
	bool differs = w->scope != TTL_NEW && old->v[s] != new->v[s];

	return (struct ws_ttl_change){.change = differs,
				      .to = new->v[s],
				      .only = w->scope == TTL_SAME ? old->v[s]
								   : -1};
}

struct ttl_changes {
	struct ws_ttl_change standby, archive;
};

static struct ttl_changes
changes_of(const struct settings_wish *w, const struct settings *old,
	   const struct settings *new)
{
	return (struct ttl_changes){change_of(w, old, new,
					      SETTING_STANDBY_TTL_SECONDS),
				    change_of(w, old, new,
					      SETTING_ARCHIVE_TTL_SECONDS)};
}

/* ---- Rehearsal ---- */

static int64_t
ttl_as(int64_t ttl, const struct ws_ttl_change *c)
{
	return c->change && (c->only < 0 || c->only == ttl) ? c->to : ttl;
}

/* One row as it would be: does a rule speak that does not speak now? */
static void
rehearse_row(const struct cx *cx, const struct workspace *w,
	     const struct ttl_changes *ch, struct rehearsal *out)
{
	struct workspace as = *w;
	enum status now, then;

	as.standby_ttl_s = ttl_as(w->standby_ttl_s, &ch->standby);
	as.archive_ttl_s = ttl_as(w->archive_ttl_s, &ch->archive);
	if (ttl_wish(w, cx->now_ms, &now) || !ttl_wish(&as, cx->now_ms, &then))
		return;
	if (then == STATUS_STANDBY)
		out->stops++;
	else
		out->archives++;
}

static enum err
rehearse_ttl(struct cx *cx, struct db *db, const struct ttl_changes *ch,
	     struct rehearsal *out)
{
	static const enum status of[] = {STATUS_RUNNING, STATUS_STANDBY};
	struct workspaces ws;
	enum err e;

	if (!ch->standby.change && !ch->archive.change)
		return OK;
	if ((e = workspace_ttl_touched(cx, db, &ch->standby, &ch->archive,
				       &out->touched)))
		return e;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if ((e = workspace_ttl_rows(cx, db, of[i], REHEARSAL_ROWS + 1,
					    &ws)))
			return e;
		out->more = out->more || ws.n > REHEARSAL_ROWS;
		for (size_t k = 0; k < ws.n && k < REHEARSAL_ROWS; k++)
			rehearse_row(cx, &ws.v[k], ch, out);
	}
	return OK;
}

static enum err
rehearse_limits(struct cx *cx, struct db *db, const struct settings *new,
		struct rehearsal *out)
{
	enum err e;

	if ((e = workspace_count_over(cx, db,
				      new->v[SETTING_MAX_RUNNING_PER_USER],
				      &out->over_users, &out->running)))
		return e;
	out->over_global = out->running > new->v[SETTING_MAX_RUNNING_GLOBAL];
	return OK;
}

static enum err
rehearse_operations(struct cx *cx, struct db *db, const struct settings *new,
		    struct rehearsal *out)
{
	struct workspaces ws;
	enum err e = workspace_work(cx, db, &ws);

	for (size_t i = 0; !e && i < ws.n; i++) {
		const struct workspace *w = &ws.v[i];

		if (w->operation != OPERATION_NONE &&
		    w->op_started_ms + new->v[operation_limit(w->operation)] *
					       1000 <=
			    cx->now_ms)
			out->overdue++;
	}
	return e;
}

enum err
settings_rehearse(struct cx *cx, struct db *db, const struct settings_wish *w,
		  struct rehearsal *out)
{
	struct rehearsal r = {.n_diff = 0};
	struct ttl_changes ch;
	struct settings old, new;
	enum err e;

	if ((e = both(cx, db, w, &old, &new)))
		return e;
	for (int s = 0; s < SETTING__MAX; s++)
		if (old.v[s] != new.v[s])
			r.diff[r.n_diff++] =
				(struct settings_diff){(enum setting)s,
						       old.v[s], new.v[s]};
	ch = changes_of(w, &old, &new);
	if ((e = rehearse_ttl(cx, db, &ch, &r)) ||
	    (e = rehearse_limits(cx, db, &new, &r)) ||
	    (e = rehearse_operations(cx, db, &new, &r)))
		return e;
	*out = r;
	return OK;
}

/* ---- Saving ---- */

static enum err
save_one(struct cx *cx, struct db *db, enum setting s, int64_t value)
{
	return value == setting_default(s) ? setting_clear(cx, db, s)
					   : setting_put(cx, db, s, value);
}

static const char *
text(struct cx *cx, int64_t v)
{
	return arena_printf(&cx->arena, "%" PRId64, v);
}

static enum err
save(struct cx *cx, struct db *db, const struct who *who,
     const struct settings_wish *w)
{
	struct audit_change diff[SETTING__MAX];
	struct settings old, new;
	struct ttl_changes ch;
	size_t n = 0;
	enum err e;

	if ((e = both(cx, db, w, &old, &new)))
		return e;
	for (int s = 0; s < SETTING__MAX; s++) {
		if (!w->set[s])
			continue;
		if ((e = save_one(cx, db, (enum setting)s, new.v[s])))
			return e;
		if (old.v[s] != new.v[s])
			diff[n++] =
				(struct audit_change){setting_key(
							      (enum setting)s),
						      text(cx, old.v[s]),
						      text(cx, new.v[s])};
	}
	if (n == 0)
		return OK;
	ch = changes_of(w, &old, &new);
	if ((ch.standby.change || ch.archive.change) &&
	    (e = workspace_ttl_set(cx, db, &ch.standby, &ch.archive)))
		return e;
	return audit_add_changes(
		cx, db, who->user_id, who->username, "setting.change",
		n == 1 ? diff[0].field : "",
		w->scope == TTL_NEW
			? ""
			: arena_printf(&cx->arena, "TTLs of workspaces: %s",
				       scopes[w->scope]),
		diff, n);
}

enum err
settings_save(struct cx *cx, struct db *db, const struct who *who,
	      const struct settings_wish *w)
{
	enum err e = db_begin(cx, db);

	return e ? e : wish_end(cx, db, save(cx, db, who, w));
}
