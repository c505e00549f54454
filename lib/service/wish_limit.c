#include "service/wish_common.h"
#include "store/audit.h"
#include "store/setting.h"

/* The settings, with the owner's own limit where there is one. */
static enum err
limit_settings(struct cx *cx, struct db *db, int64_t owner_id,
	       struct settings *s)
{
	struct settings all;
	struct user u;
	enum err e;

	if ((e = settings_load(cx, db, &all)) ||
	    (e = user_by_id(cx, db, owner_id, &u)))
		return e;
	if (u.max_running >= 0)
		all.v[SETTING_MAX_RUNNING_PER_USER] = u.max_running;
	*s = all;
	return OK;
}

/* With so many more of this owner's, and of all, beside those that count. */
static enum err
look(struct cx *cx, struct db *db, int64_t owner_id, struct settings *s,
     int64_t more_of_user, int64_t more_of_all, enum limit_verdict *verdict)
{
	int64_t of_user, of_all;
	enum err e;

	if ((e = limit_settings(cx, db, owner_id, s)) ||
	    (e = workspace_counts(cx, db, owner_id, &of_user, &of_all)))
		return e;
	*verdict = limit_judge(s, of_user + more_of_user, of_all + more_of_all);
	return OK;
}

enum err
limit_look(struct cx *cx, struct db *db, int64_t owner_id, int64_t more_of_user,
	   int64_t more_of_all, enum limit_verdict *verdict)
{
	struct settings s;

	return look(cx, db, owner_id, &s, more_of_user, more_of_all, verdict);
}

enum err
limit_admit(struct cx *cx, struct db *db, int64_t owner_id)
{
	enum limit_verdict verdict;
	enum err e = limit_look(cx, db, owner_id, 0, 0, &verdict);

	if (!e && verdict != LIMIT_OK)
		return cx_fail(cx, ERR_RUNNING_LIMIT,
			       "limit of %s reached by user %lld",
			       verdict == LIMIT_USER ? "one user" : "the site",
			       (long long)owner_id);
	return e;
}

enum err
wish_limit(struct cx *cx, struct db *db, int64_t owner_id, struct limit *out)
{
	enum limit_verdict verdict;
	struct workspaces running;
	struct settings s;
	enum err e;

	if ((e = look(cx, db, owner_id, &s, 0, 0, &verdict)) ||
	    (e = workspace_counting(cx, db, owner_id, &running)))
		return e;
	out->verdict = verdict;
	out->most = s.v[verdict == LIMIT_GLOBAL ? SETTING_MAX_RUNNING_GLOBAL
						: SETTING_MAX_RUNNING_PER_USER];
	out->running = running;
	return OK;
}

enum err
wish_audit(struct cx *cx, struct db *db, const struct who *who,
	   const char *action, const struct workspace *w, const char *detail)
{
	return audit_add(cx, db, who->user_id, who->username, action, w->id,
			 detail);
}

enum err
wish_end(struct cx *cx, struct db *db, enum err e)
{
	if (!e)
		e = db_commit(cx, db);
	if (e)
		db_rollback(db);
	return e;
}
