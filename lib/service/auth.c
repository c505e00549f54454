#include <string.h>

#include "base/id.h"
#include "rules/names.h"
#include "service/auth.h"
#include "store/audit.h"
#include "store/cut.h"
#include "store/setting.h"
#include "store/workspace.h"

#define HOUR_S INT64_C(3600)

const struct who who_ctl = {.username = "roostctl", .admin = true};

static const char *
hash_of(struct cx *cx, const char *secret)
{
	char hash[ID_HASH_LEN + 1];

	id_hash(secret, strlen(secret), hash);
	return arena_strdup(&cx->arena, hash);
}

/* A cookie or token from outside: nothing longer than ours is looked up. */
static bool
secret_shaped(const char *secret)
{
	return secret != NULL && strlen(secret) == ID_SECRET_LEN;
}

static enum err
session_seconds(struct cx *cx, struct db *db, int64_t *s)
{
	struct settings set;
	enum err e = settings_load(cx, db, &set);

	if (!e)
		*s = set.v[SETTING_SESSION_HOURS] * HOUR_S;
	return e;
}

static struct who
who_of(const struct user *u)
{
	return (struct who){.user_id = u->id,
			    .username = u->name,
			    .password_given = u->given_ms != 0,
			    .admin = u->role == ROLE_ADMIN};
}

static enum err
load_token(struct cx *cx, struct db *db, const char *token, struct who *who)
{
	struct token t;
	enum err e = ERR_NOT_FOUND;

	if (secret_shaped(token))
		e = token_find(cx, db, hash_of(cx, token), &t);
	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, ERR_UNAUTHORIZED, "no such token");
	if (e)
		return e;
	*who = who_of(&t.user);
	who->token_id = t.id;
	who->renew = token_stale(cx, &t);
	return OK;
}

void
auth_session(struct cx *cx, const struct session *s, struct who *who)
{
	*who = who_of(&s->user);
	who->session = s->hash;
	who->csrf = s->csrf;
	who->renew = session_stale(cx, s);
}

static enum err
load_session(struct cx *cx, struct db *db, const char *session, struct who *who)
{
	struct session s;
	enum err e = ERR_NOT_FOUND;

	if (secret_shaped(session))
		e = session_find(cx, db, hash_of(cx, session), &s);
	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, ERR_UNAUTHORIZED, "no such session");
	if (e)
		return e;
	auth_session(cx, &s, who);
	return OK;
}

enum err
auth_load(struct cx *cx, struct db *db, const char *session, const char *token,
	  struct who *who)
{
	if (token != NULL)
		return load_token(cx, db, token, who);
	if (session != NULL)
		return load_session(cx, db, session, who);
	return cx_fail(cx, ERR_UNAUTHORIZED, "no session, no token");
}

enum err
auth_renew(struct cx *cx, struct db *db, const struct who *who)
{
	int64_t seconds;
	enum err e;

	if (!who->session)
		return OK;
	if ((e = session_seconds(cx, db, &seconds)))
		return e;
	return session_touch(cx, db, who->session, cx->now_ms + seconds * 1000);
}

enum err
auth_token_used(struct cx *cx, struct db *db, const struct who *who)
{
	return token_touch(cx, db, who->token_id);
}

/* The password was right: a session, in one transaction with its traces. */
static enum err
login_commit(struct cx *cx, struct db *db, const struct user *u,
	     const char *hash, const char *csrf, const char *ip, const char *ua,
	     int64_t expires_ms)
{
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	if ((e = login_ok(cx, db, u->name, u->id)) ||
	    (e = session_add(cx, db, hash, u->id, csrf, ua, ip, expires_ms)) ||
	    (e = audit_add(cx, db, u->id, u->name, "login", u->name, ip)) ||
	    (e = db_commit(cx, db)))
		db_rollback(db);
	return e;
}

static enum err
login_session(struct cx *cx, struct db *db, const struct user *u,
	      const char *ip, const char *ua, struct login *out)
{
	char session[ID_SECRET_LEN + 1], csrf[ID_SECRET_LEN + 1];
	int64_t seconds;
	enum err e;

	id_secret(session);
	id_secret(csrf);
	if ((e = session_seconds(cx, db, &seconds)) ||
	    (e = login_commit(cx, db, u, hash_of(cx, session), csrf, ip, ua,
			      cx->now_ms + seconds * 1000)))
		return e;
	out->session = arena_strdup(&cx->arena, session);
	out->who = who_of(u);
	out->who.session = hash_of(cx, session);
	out->who.csrf = arena_strdup(&cx->arena, csrf);
	return OK;
}

enum err
auth_login(struct cx *cx, struct db *db, const char *name, const char *password,
	   const char *ip, const char *ua, struct login *out,
	   int64_t *retry_after_s)
{
	struct user u = {0};
	int64_t until = 0;
	bool fits;
	enum err e;

	if ((e = login_try(cx, db, name, &until)))
		return e;
	if (until != 0) {
		*retry_after_s = (until - cx->now_ms + 999) / 1000;
		return cx_fail(cx, ERR_TOO_MANY, "login of \"%.64s\" is locked",
			       name);
	}
	e = user_by_name(cx, db, name, &u);
	if (e && e != ERR_NOT_FOUND)
		return e;
	fits = password_fits(cx, password, e ? NULL : u.password_hash);
	if (e || !fits || u.disabled_ms != 0)
		return cx_fail(cx, ERR_UNAUTHORIZED,
			       "login of \"%.64s\" from %.64s failed", name,
			       ip);
	return login_session(cx, db, &u, ip, ua, out);
}

enum err
auth_logout(struct cx *cx, struct db *db, const struct who *who,
	    const char *session)
{
	enum err e;

	if (!secret_shaped(session))
		return OK;
	if ((e = db_begin(cx, db)))
		return e;
	if ((e = session_delete(cx, db, hash_of(cx, session))) ||
	    (e = cut_ask_last(cx, db, who->user_id)) ||
	    (e = audit_add(cx, db, who->user_id, who->username, "logout",
			   who->username, "")) ||
	    (e = db_commit(cx, db)))
		db_rollback(db);
	return e;
}

enum err
password_rule(struct cx *cx, const char *password)
{
	if (!name_text_ok(password, PASSWORD_LEAST, PASSWORD_MOST, false))
		return cx_field(cx, "password",
				"at least %d characters, none of them a "
				"control character",
				PASSWORD_LEAST);
	return OK;
}

enum err
auth_name_rule(struct cx *cx, const char *name)
{
	if (name_text_ok(name, 1, 64, false))
		return OK;
	return cx_field(cx, "name", "1 to 64 characters");
}

enum err
auth_user_add(struct cx *cx, struct db *db, const struct who *who,
	      const char *name, const char *password, enum role role,
	      int64_t *id)
{
	const char *hash;
	int64_t new_id;
	enum err e;

	if ((e = auth_name_rule(cx, name)) ||
	    (e = password_rule(cx, password)) ||
	    (e = password_hash(cx, password, &hash)) || (e = db_begin(cx, db)))
		return e;
	if ((e = user_add(cx, db, name, hash, role, &new_id)) ||
	    (e = audit_add(cx, db, who->user_id, who->username, "user.add",
			   name, role_name(role))) ||
	    (e = db_commit(cx, db))) {
		db_rollback(db);
		return e;
	}
	if (id != NULL)
		*id = new_id;
	return OK;
}

enum err
auth_passwd(struct cx *cx, struct db *db, const struct who *who,
	    int64_t user_id, const char *password)
{
	const char *hash;
	struct user u;
	enum err e;

	if ((e = password_rule(cx, password)) ||
	    (e = password_hash(cx, password, &hash)) || (e = db_begin(cx, db)))
		return e;
	if ((e = user_by_id(cx, db, user_id, &u)) ||
	    (e = user_set_password(cx, db, user_id, hash, false)) ||
	    (e = session_delete_user(cx, db, user_id, NULL)) ||
	    (e = audit_add(cx, db, who->user_id, who->username, "user.passwd",
			   u.name, "")) ||
	    (e = db_commit(cx, db)))
		db_rollback(db);
	return e;
}

enum err
auth_token_add(struct cx *cx, struct db *db, const struct who *who,
	       int64_t user_id, const char *name, int64_t expires_ms,
	       const char **secret)
{
	char token[ID_SECRET_LEN + 1];
	enum err e;

	id_secret(token);
	if ((e = auth_name_rule(cx, name)) || (e = db_begin(cx, db)))
		return e;
	if ((e = token_add(cx, db, user_id, name, hash_of(cx, token),
			   expires_ms, NULL)) ||
	    (e = audit_add(cx, db, who->user_id, who->username, "token.add",
			   name, "")) ||
	    (e = db_commit(cx, db))) {
		db_rollback(db);
		return e;
	}
	*secret = arena_strdup(&cx->arena, token);
	return OK;
}

enum err
ws_of(struct cx *cx, struct db *db, const char *id, const struct who *who,
      struct workspace *ws)
{
	struct workspace found;
	enum err e;

	if (!id_is_uuid(id))
		return cx_fail(cx, ERR_WS_NOT_FOUND, "no id: %.64s", id);
	if ((e = workspace_get(cx, db, id, &found)))
		return e;
	if (found.owner_id != who->user_id && !who->admin)
		return cx_fail(cx, ERR_FORBIDDEN, "%s is not %s's", id,
			       who->username);
	*ws = found;
	return OK;
}
