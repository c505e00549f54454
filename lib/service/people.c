#include "service/people.h"

#include <string.h>

#include "base/id.h"
#include "service/account.h"
#include "service/people_part.h"
#include "service/wish_common.h"
#include "store/audit.h"

enum err
people_get(struct cx *cx, struct db *db, int64_t id, struct user *out)
{
	struct user u;
	enum err e = user_by_id(cx, db, id, &u);

	if (!e && u.gone_ms != 0)
		e = cx_fail(cx, ERR_NOT_FOUND, "user %lld is deleted",
			    (long long)id);
	if (!e)
		*out = u;
	return e;
}

static enum err
audit(struct cx *cx, struct db *db, const struct who *who, const char *action,
      const struct user *u, const char *detail)
{
	return audit_add(cx, db, who->user_id, who->username, action, u->name,
			 detail);
}

enum err
people_may_fall(struct cx *cx, struct db *db, const struct who *who,
		const struct user *u)
{
	int64_t n;
	enum err e;

	if (who->user_id == u->id)
		return cx_fail(cx, ERR_YOURSELF,
			       "%s wants to lock out themself", u->name);
	if (u->role != ROLE_ADMIN || u->disabled_ms != 0)
		return OK;
	if ((e = user_count_admins(cx, db, &n)))
		return e;
	return n > 1 ? OK
		     : cx_fail(cx, ERR_LAST_ADMIN,
			       "%s is the last administrator; make another "
			       "one first",
			       u->name);
}

/* ---- Adding, and passwords ---- */

#define PASSWORD_MADE 20 /* characters of one that is made up */

/* The password's hash; one is made up when there is none. */
static enum err
password(struct cx *cx, const char *given, const char **secret,
	 const char **hash)
{
	char made[ID_SECRET_LEN + 1] = "";
	enum err e;

	if (given == NULL) {
		id_secret(made);
		made[PASSWORD_MADE] = '\0';
	}
	if (given != NULL && (e = password_rule(cx, given)))
		return e;
	if ((e = password_hash(cx, given != NULL ? given : made, hash)))
		return e;
	*secret = given != NULL ? NULL : arena_strdup(&cx->arena, made);
	return OK;
}

static enum err
add(struct cx *cx, struct db *db, const struct who *who, const char *name,
    const char *hash, enum role role, struct user *out)
{
	int64_t id;
	enum err e;

	if ((e = user_add(cx, db, name, hash, role, &id)) ||
	    (e = user_set_password(cx, db, id, hash, true)) ||
	    (e = user_by_id(cx, db, id, out)))
		return e;
	return audit(cx, db, who, "user.add", out, role_name(role));
}

enum err
people_add(struct cx *cx, struct db *db, const struct who *who,
	   const char *name, const char *given, enum role role,
	   struct user *out, const char **secret)
{
	const char *hash, *made;
	struct user u = {0};
	enum err e;

	if ((e = auth_name_rule(cx, name)) ||
	    (e = password(cx, given, &made, &hash)) || (e = db_begin(cx, db)))
		return e;
	e = add(cx, db, who, name, hash, role, &u);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = u;
	*secret = made;
	return OK;
}

static enum err
set_password(struct cx *cx, struct db *db, const struct who *who, int64_t id,
	     const char *hash)
{
	struct user u;
	enum err e;

	if ((e = people_get(cx, db, id, &u)))
		return e;
	if (who->user_id == id)
		return cx_fail(cx, ERR_YOURSELF, "%s has an account page",
			       u.name);
	if ((e = user_set_password(cx, db, id, hash, true)) ||
	    (e = session_delete_user(cx, db, id, NULL)))
		return e;
	return audit(cx, db, who, "user.passwd", &u, "");
}

enum err
people_password(struct cx *cx, struct db *db, const struct who *who, int64_t id,
		const char *given, const char **secret)
{
	const char *hash, *made;
	enum err e;

	if ((e = password(cx, given, &made, &hash)) || (e = db_begin(cx, db)))
		return e;
	e = set_password(cx, db, who, id, hash);
	if ((e = wish_end(cx, db, e)))
		return e;
	*secret = made;
	return OK;
}

/* ---- Role, limit, disabled ---- */

struct diff {
	struct audit_change v[3];
	size_t n;
};

static void
differs(struct diff *d, const char *field, const char *from, const char *to)
{
	d->v[d->n++] = (struct audit_change){field, from, to};
}

static enum err
edit_role(struct cx *cx, struct db *db, const struct who *who,
	  const struct user *u, enum role role, struct diff *d)
{
	enum err e;

	if (role == u->role)
		return OK;
	if (role != ROLE_ADMIN && (e = people_may_fall(cx, db, who, u)))
		return e;
	differs(d, "role", role_name(u->role), role_name(role));
	return user_set_role(cx, db, u->id, role);
}

static const char *
limit_text(struct cx *cx, int64_t limit)
{
	return limit < 0 ? NULL
			 : arena_printf(&cx->arena, "%lld", (long long)limit);
}

static enum err
edit_limit(struct cx *cx, struct db *db, const struct user *u, int64_t limit,
	   struct diff *d)
{
	if (limit == u->max_running)
		return OK;
	differs(d, "max_running", limit_text(cx, u->max_running),
		limit_text(cx, limit));
	return user_set_limit(cx, db, u->id, limit);
}

static enum err
edit_disabled(struct cx *cx, struct db *db, const struct who *who,
	      const struct user *u, bool disabled, struct diff *d)
{
	enum err e;

	if (disabled == (u->disabled_ms != 0))
		return OK;
	if (disabled && (e = people_may_fall(cx, db, who, u)))
		return e;
	differs(d, "disabled", disabled ? "no" : "yes",
		disabled ? "yes" : "no");
	return user_set_disabled(cx, db, u->id, disabled);
}

static enum err
edit_all(struct cx *cx, struct db *db, const struct who *who,
	 const struct people_edit *w, struct user *u)
{
	struct diff d = {.n = 0};
	enum err e = OK;

	if (w->set_seen &&
	    (u->role != w->role_seen || u->max_running != w->limit_seen))
		return cx_fail(cx, ERR_CONFLICT, "%s has changed meanwhile",
			       u->name);
	if (w->set_role)
		e = edit_role(cx, db, who, u, w->role, &d);
	/* what was just changed counts for the next rule */
	if (!e && w->set_role)
		u->role = w->role;
	if (!e && w->set_disabled)
		e = edit_disabled(cx, db, who, u, w->disabled, &d);
	if (!e && w->set_limit)
		e = edit_limit(cx, db, u, w->max_running, &d);
	if (e || d.n == 0)
		return e;
	if ((e = audit_add_changes(cx, db, who->user_id, who->username,
				   "user.edit", u->name, "", d.v, d.n)))
		return e;
	return user_by_id(cx, db, u->id, u);
}

enum err
people_edit(struct cx *cx, struct db *db, const struct who *who, int64_t id,
	    const struct people_edit *edit, struct user *out)
{
	struct user u = {0};
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = people_get(cx, db, id, &u)))
		e = edit_all(cx, db, who, edit, &u);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = u;
	return OK;
}

/* ---- Sessions and tokens ---- */

enum err
people_sessions_end(struct cx *cx, struct db *db, const struct who *who,
		    int64_t id)
{
	const char *keep = who->user_id == id ? who->session : NULL;
	struct user u = {0};
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = people_get(cx, db, id, &u)) &&
	    !(e = session_delete_user(cx, db, id, keep)))
		e = audit(cx, db, who, "user.sessions", &u, "");
	return wish_end(cx, db, e);
}

enum err
people_tokens_revoke(struct cx *cx, struct db *db, const struct who *who,
		     int64_t id)
{
	struct user u = {0};
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = people_get(cx, db, id, &u)) && !(e = token_clear(cx, db, id)))
		e = audit(cx, db, who, "user.tokens", &u, "");
	return wish_end(cx, db, e);
}

enum err
people_token_revoke(struct cx *cx, struct db *db, const struct who *who,
		    int64_t id, const char *token)
{
	struct token t = {0};
	struct user u = {0};
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = people_get(cx, db, id, &u)) &&
	    !(e = account_token(cx, db, id, token, &t)) &&
	    !(e = token_revoke(cx, db, id, t.id)))
		e = audit(cx, db, who, "token.revoke", &u, t.name);
	return wish_end(cx, db, e);
}
