#include <string.h>

#include "base/id.h"
#include "store/sql.h"
#include "store/user.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* Hashed, so that a password typed into the name's field is not kept. ASCII
 * case is ignored, as user.name ignores it. */
static void
hash_name(struct cx *cx, const char *name, char hash[ID_HASH_LEN + 1])
{
	char *low = arena_strdup(&cx->arena, name), *p;

	for (p = low; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	id_hash(low, strlen(low), hash);
}

/* Look and count in one transaction: attempts queue up behind one another. */
static enum err
try_login(struct cx *cx, struct db *db, const char *hash, int64_t *until)
{
	enum err e;

	e = sql_int(cx, db, SQL_LOGIN_LOCKED, until,
		    ARGS(TEXT(hash), INT(cx->now_ms)));
	if (e != ERR_NOT_FOUND)
		return e;
	cx_clear(cx);
	return sql_run(cx, db, SQL_LOGIN_COUNT, NULL,
		       ARGS(TEXT(hash), INT(cx->now_ms)));
}

enum err
login_try(struct cx *cx, struct db *db, const char *name,
	  int64_t *locked_until_ms)
{
	char hash[ID_HASH_LEN + 1];
	int64_t until = 0;
	bool own = false;
	enum err e;

	hash_name(cx, name, hash);
	if ((e = tx_enter(cx, db, &own)))
		return e;
	e = tx_leave(cx, db, own, try_login(cx, db, hash, &until));
	if (!e)
		*locked_until_ms = until;
	return e;
}

enum err
login_ok(struct cx *cx, struct db *db, const char *name, int64_t user_id)
{
	char hash[ID_HASH_LEN + 1];
	bool own = false;
	enum err e;

	hash_name(cx, name, hash);
	if ((e = tx_enter(cx, db, &own)))
		return e;
	if (!(e = sql_run(cx, db, SQL_LOGIN_FORGET, NULL, ARGS(TEXT(hash)))))
		e = sql_run(cx, db, SQL_USER_LOGGED_IN, NULL,
			    ARGS(INT(user_id), INT(cx->now_ms)));
	return tx_leave(cx, db, own, e);
}

enum err
login_expire(struct cx *cx, struct db *db)
{
	return sql_run(cx, db, SQL_LOGIN_EXPIRE, NULL,
		       ARGS(INT(cx->now_ms - DAY_MS)));
}
