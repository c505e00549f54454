#include "store/user.h"

#include <string.h>

#include "store/session.h"
#include "store/who.h"

static const char *const roles[ROLE__MAX] = {
#define X(role, name) [role] = name,
#include "store/role.def"
#undef X
};

const char *
role_name(enum role r)
{
	return roles[r];
}

bool
role_parse(const char *name, enum role *r)
{
	unsigned i;

	for (i = 0; name && i < ROLE__MAX; i++)
		if (!strcmp(roles[i], name)) {
			*r = i;
			return true;
		}
	return false;
}

void
who_row(struct row *r, struct user *u)
{
	u->id = row_int(r);
	u->name = row_text(r);
	ROW_WORD(r, role_parse, &u->role);
	u->max_running = row_int(r);
	u->given_ms = row_int(r);
}

static void
user_row(struct row *r, void *out)
{
	struct user *u = out;

	u->id = row_int(r);
	u->name = row_text(r);
	u->password_hash = row_text(r);
	ROW_WORD(r, role_parse, &u->role);
	u->max_running = row_int(r);
	u->disabled_ms = row_int(r);
	u->created_ms = row_int(r);
	u->updated_ms = row_int(r);
	u->last_login_ms = row_int(r);
	u->given_ms = row_int(r);
	u->gone_ms = row_int(r);
	u->workspaces = row_int(r);
	u->running = row_int(r);
}

enum err
sql_absent(struct cx *cx, enum err e, const char *what)
{
	return e == ERR_NOT_FOUND ? cx_fail(cx, e, "no such %s", what) : e;
}

enum err
sql_hit(struct cx *cx, struct db *db, enum sql q, const char *what,
	const struct arg *args)
{
	int64_t changed = 0;
	enum err e;

	if ((e = sql_run(cx, db, q, &changed, args)))
		return e;
	return changed ? OK : cx_fail(cx, ERR_NOT_FOUND, "no such %s", what);
}

enum err
user_add(struct cx *cx, struct db *db, const char *name,
	 const char *password_hash, enum role role, int64_t *id)
{
	int64_t got = 0;
	enum err e;

	e = sql_int(cx, db, SQL_USER_ADD, &got,
		    ARGS(TEXT(name), TEXT(password_hash), TEXT(role_name(role)),
			 INT(cx->now_ms)));
	if (e == ERR_EXISTS)
		return cx_fail(cx, e, "there is a user %s already", name);
	if (!e && id)
		*id = got;
	return e;
}

enum err
user_by_id(struct cx *cx, struct db *db, int64_t id, struct user *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_USER_BY_ID, user_row, out,
				  sizeof(*out), ARGS(INT(id))),
			  "user");
}

enum err
user_by_name(struct cx *cx, struct db *db, const char *name, struct user *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_USER_BY_NAME, user_row, out,
				  sizeof(*out), ARGS(TEXT(name))),
			  "user");
}

enum err
user_list(struct cx *cx, struct db *db, struct users *out)
{
	return sql_rows(cx, db, SQL_USER_LIST, user_row, &out->v,
			sizeof(*out->v), &out->n, ARGS());
}

static enum err
page(struct cx *cx, struct db *db, const struct user_query *q,
     struct user_page *out)
{
	const char *role = q->set_role ? role_name(q->role) : NULL;
	struct user_page p = {0};
	struct keyset k;
	enum err e;

	if ((e = keyset_read(cx, q->cursor, q->limit, &k)) ||
	    (e = sql_int(cx, db, SQL_USER_TOTAL, &p.total,
			 ARGS(TEXT(q->q), TEXT(role), INT(q->which)))) ||
	    (e = sql_rows(cx, db, k.back ? SQL_USER_PAGE_BACK : SQL_USER_PAGE,
			  user_row, &p.v, sizeof(*p.v), &p.n,
			  ARGS(TEXT(q->q), TEXT(role), INT(q->which),
			       TEXT(k.key), INT(k.limit + 1)))))
		return e;
	keyset_turn(&k, p.v, sizeof(*p.v), &p.n);
	keyset_end(cx, &k, p.n ? p.v[0].name : NULL,
		   p.n ? p.v[p.n - 1].name : NULL, &p.ends);
	*out = p;
	return OK;
}

enum err
user_page(struct cx *cx, struct db *db, const struct user_query *q,
	  struct user_page *out)
{
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)))
		return e;
	return snap_leave(db, own, page(cx, db, q, out));
}

enum err
user_set_password(struct cx *cx, struct db *db, int64_t id,
		  const char *password_hash, bool given)
{
	return sql_hit(cx, db, SQL_USER_PASSWORD, "user",
		       ARGS(INT(id), TEXT(password_hash), INT(cx->now_ms),
			    INT(given)));
}

enum err
user_set_role(struct cx *cx, struct db *db, int64_t id, enum role role)
{
	return sql_hit(cx, db, SQL_USER_ROLE, "user",
		       ARGS(INT(id), TEXT(role_name(role)), INT(cx->now_ms)));
}

enum err
user_set_limit(struct cx *cx, struct db *db, int64_t id, int64_t max_running)
{
	return sql_hit(cx, db, SQL_USER_LIMIT, "user",
		       ARGS(INT(id), INT(max_running), INT(cx->now_ms)));
}

enum err
user_set_disabled(struct cx *cx, struct db *db, int64_t id, bool disabled)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	e = sql_hit(cx, db, SQL_USER_DISABLED, "user",
		    ARGS(INT(id), INT(disabled ? cx->now_ms : 0),
			 INT(cx->now_ms)));
	if (!e && disabled)
		e = session_delete_user(cx, db, id, NULL);
	return tx_leave(cx, db, own, e);
}

static enum err
delete_user(struct cx *cx, struct db *db, int64_t id)
{
	int64_t owns = 0;
	enum err e;

	if ((e = sql_int(cx, db, SQL_USER_OWNS, &owns, ARGS(INT(id)))))
		return e;
	if (owns)
		return cx_fail(cx, ERR_STATE,
			       "workspaces belong to this user: disable the "
			       "user instead");
	return sql_hit(cx, db, SQL_USER_DELETE, "user", ARGS(INT(id)));
}

enum err
user_delete(struct cx *cx, struct db *db, int64_t id)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, delete_user(cx, db, id));
}

enum err
user_count_admins(struct cx *cx, struct db *db, int64_t *n)
{
	return sql_int(cx, db, SQL_USER_ADMINS, n, ARGS());
}
