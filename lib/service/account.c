/* Password, tokens and sessions of who is asking. */
#include "service/account.h"

#include <string.h>

#include "base/id.h"
#include "service/wish_common.h"
#include "store/audit.h"
#include "store/cut.h"

#define DAY_MS INT64_C(86400000)

static enum err
audit(struct cx *cx, struct db *db, const struct who *who, const char *action,
      const char *target)
{
	return audit_add(cx, db, who->user_id, who->username, action, target,
			 "");
}

/* ---- Password ---- */

static enum err
old_fits(struct cx *cx, struct db *db, const struct who *who, const char *old,
	 int64_t *retry_after_s)
{
	struct user u;
	int64_t until = 0;
	enum err e;

	if ((e = user_by_id(cx, db, who->user_id, &u)) ||
	    (e = login_try(cx, db, u.name, &until)))
		return e;
	if (until != 0) {
		*retry_after_s = (until - cx->now_ms + 999) / 1000;
		return cx_fail(cx, ERR_TOO_MANY, "login of \"%.64s\" is locked",
			       u.name);
	}
	if (!password_fits(cx, old, u.password_hash))
		return cx_field(cx, "old_password", "is not your password");
	return login_ok(cx, db, u.name, u.id);
}

/* One that was given is known to who gave it: the same again is not theirs. */
static enum err
is_new(struct cx *cx, const struct who *who, const char *old,
       const char *password)
{
	if (who->password_given && strcmp(old, password) == 0)
		return cx_field(cx, "new_password",
				"another than the one that was given");
	return OK;
}

enum err
account_password(struct cx *cx, struct db *db, const struct who *who,
		 const char *session, const char *old, const char *password,
		 int64_t *retry_after_s)
{
	char keep[ID_HASH_LEN + 1] = "";
	const char *hash;
	enum err e;

	if ((e = password_rule(cx, password)) ||
	    (e = old_fits(cx, db, who, old, retry_after_s)) ||
	    (e = is_new(cx, who, old, password)) ||
	    (e = password_hash(cx, password, &hash)))
		return e;
	if (session != NULL)
		id_hash(session, strlen(session), keep);
	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = user_set_password(cx, db, who->user_id, hash, false)) &&
	    !(e = session_delete_user(cx, db, who->user_id, keep)))
		e = audit(cx, db, who, "user.passwd", who->username);
	return wish_end(cx, db, e);
}

/* ---- Tokens ---- */

static enum err
token_named(struct cx *cx, struct db *db, const struct who *who,
	    const char *name, struct token *out)
{
	struct tokens all;
	enum err e = token_list(cx, db, who->user_id, &all);

	for (size_t i = 0; !e && i < all.n; i++)
		if (strcmp(all.v[i].name, name) == 0) {
			*out = all.v[i];
			return OK;
		}
	return e ? e : cx_fail(cx, ERR_NOT_FOUND, "no token %.64s", name);
}

enum err
account_token_add(struct cx *cx, struct db *db, const struct who *who,
		  const char *name, int64_t days, struct token *out,
		  const char **secret)
{
	int64_t until = days > 0 ? cx->now_ms + days * DAY_MS : 0;
	enum err e;

	if (who->token_id != 0)
		return cx_fail(cx, ERR_FORBIDDEN, "a token makes no token");
	if ((e = auth_token_add(cx, db, who, who->user_id, name, until,
				secret)))
		return e;
	return token_named(cx, db, who, name, out);
}

enum err
account_token(struct cx *cx, struct db *db, int64_t user_id, const char *called,
	      struct token *out)
{
	struct tokens all;
	int64_t id;
	enum err e;

	if (!keyset_number(&called, '\0', &id))
		return cx_fail(cx, ERR_NOT_FOUND, "no id of a token");
	e = token_list(cx, db, user_id, &all);
	for (size_t i = 0; !e && i < all.n; i++)
		if (all.v[i].id == id) {
			*out = all.v[i];
			return OK;
		}
	return e ? e : cx_fail(cx, ERR_NOT_FOUND, "no such token of theirs");
}

enum err
account_token_revoke(struct cx *cx, struct db *db, const struct who *who,
		     const char *id)
{
	struct token t = {0};
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = account_token(cx, db, who->user_id, id, &t)) &&
	    !(e = token_revoke(cx, db, who->user_id, t.id)))
		e = audit(cx, db, who, "token.revoke", t.name);
	return wish_end(cx, db, e);
}

/* ---- Sessions ---- */

const char *
session_called(struct cx *cx, const struct session *s)
{
	return arena_strndup(&cx->arena, s->hash,
			     strnlen(s->hash, SESSION_NAME_LEN));
}

bool
session_is(const struct session *s, const char *cookie)
{
	char hash[ID_HASH_LEN + 1];

	if (cookie == NULL)
		return false;
	id_hash(cookie, strlen(cookie), hash);
	return strcmp(hash, s->hash) == 0;
}

static enum err
session_of(struct cx *cx, struct db *db, const struct who *who,
	   const char *called, struct session *out)
{
	struct sessions all;
	enum err e = session_list(cx, db, who->user_id, &all);

	for (size_t i = 0; !e && i < all.n; i++)
		if (strlen(called) == SESSION_NAME_LEN &&
		    strncmp(all.v[i].hash, called, SESSION_NAME_LEN) == 0) {
			*out = all.v[i];
			return OK;
		}
	return e ? e : cx_fail(cx, ERR_NOT_FOUND, "no such session of theirs");
}

enum err
account_session_end(struct cx *cx, struct db *db, const struct who *who,
		    const char *called)
{
	struct session s = {0};
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = session_of(cx, db, who, called, &s)) &&
	    !(e = session_delete(cx, db, s.hash)) &&
	    !(e = cut_ask(cx, db, who->user_id)))
		e = audit(cx, db, who, "session.end", s.ip);
	return wish_end(cx, db, e);
}

enum err
account_sessions_end(struct cx *cx, struct db *db, const struct who *who,
		     const char *cookie)
{
	char keep[ID_HASH_LEN + 1] = "";
	enum err e;

	if (cookie != NULL)
		id_hash(cookie, strlen(cookie), keep);
	if ((e = db_begin(cx, db)))
		return e;
	if (!(e = session_delete_user(cx, db, who->user_id, keep)))
		e = audit(cx, db, who, "session.end", "all others");
	return wish_end(cx, db, e);
}
