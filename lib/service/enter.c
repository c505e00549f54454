#include "service/enter.h"

#include <string.h>

#include "base/id.h"
#include "store/audit.h"
#include "store/ticket.h"
#include "store/workspace.h"

/* Tickets of one session for one workspace: the newest counts, and those that
 * other tabs are just getting. */
#define OTHER_TABS_MS 60000

static const char *
hash_of(struct cx *cx, const char *secret)
{
	char hash[ID_HASH_LEN + 1];

	id_hash(secret, strlen(secret), hash);
	return arena_strdup(&cx->arena, hash);
}

void
enter_key(char key[ID_SECRET_LEN + 1])
{
	id_secret(key);
}

bool
enter_key_shaped(const char *key)
{
	return key && strlen(key) == ID_SECRET_LEN;
}

void
enter_state(const char *key, char state[ID_HASH_LEN + 1])
{
	id_hash(key, strlen(key), state);
}

bool
enter_state_shaped(const char *state)
{
	return strlen(state) == ID_HASH_LEN &&
	       strspn(state, "0123456789abcdef") == ID_HASH_LEN;
}

enum err
enter_code(struct cx *cx, struct db *db, const struct who *who, const char *id,
	   const char *state, const char **code)
{
	char made[ID_SECRET_LEN + 1];
	struct workspace ws;
	enum err e;

	if ((e = ws_of(cx, db, id, who, &ws)))
		return e;
	if (ws.owner_id != who->user_id || !who->session)
		return cx_fail(cx, ERR_FORBIDDEN, "%s: %s", id,
			       who->session ? "not the owner" : "no session");
	id_secret(made);
	if ((e = code_add(cx, db, hash_of(cx, made), who->session, id, state,
			  cx->now_ms + ENTER_CODE_MS)))
		return e;
	*code = arena_strdup(&cx->arena, made);
	return OK;
}

static enum err
code_fits(struct cx *cx, const struct code *c, const char *id, const char *key)
{
	char state[ID_HASH_LEN + 1];

	enter_state(key, state);
	if (c->expires_ms <= cx->now_ms)
		return cx_fail(cx, ERR_UNAUTHORIZED, "the code has expired");
	if (strcmp(c->workspace_id, id) != 0)
		return cx_fail(cx, ERR_UNAUTHORIZED, "the code is for %s",
			       c->workspace_id);
	if (!id_equal(c->state, state))
		return cx_fail(cx, ERR_UNAUTHORIZED,
			       "the code is for another browser");
	return OK;
}

/* Inside the transaction: the ticket, and whom it is for. */
static enum err
exchange(struct cx *cx, struct db *db, const struct code *c, const char *hash,
	 struct session *s)
{
	const char *id = c->workspace_id;
	enum err e;

	if ((e = ticket_trim(cx, db, c->session_hash, id,
			     cx->now_ms - OTHER_TABS_MS)) ||
	    (e = ticket_add(cx, db, hash, c->session_hash, id)) ||
	    (e = ticket_find(cx, db, hash, id, s)))
		return e;
	return audit_add(cx, db, s->user.id, s->user.name, "workspace.enter",
			 id, "");
}

static enum err
no_ticket(struct cx *cx, enum err e)
{
	return e == ERR_NOT_FOUND ? cx_fail(cx, ERR_UNAUTHORIZED,
					    "no such code, or its session is "
					    "over")
				  : e;
}

enum err
enter_ticket(struct cx *cx, struct db *db, const char *code, const char *id,
	     const char *key, struct who *who, const char **ticket)
{
	char made[ID_SECRET_LEN + 1];
	struct session s;
	struct code c;
	enum err e, end;

	if (!enter_key_shaped(code) || !enter_key_shaped(key))
		return cx_fail(cx, ERR_UNAUTHORIZED, "no code, or no key");
	id_secret(made);
	if ((e = db_begin(cx, db)))
		return e;
	e = code_take(cx, db, hash_of(cx, code), &c);
	if (!e && !(e = code_fits(cx, &c, id, key)))
		e = exchange(cx, db, &c, hash_of(cx, made), &s);
	/* a code that was not right is used up all the same */
	end = !e || e == ERR_UNAUTHORIZED ? db_commit(cx, db) : e;
	if (end)
		db_rollback(db);
	if ((e = no_ticket(cx, end ? end : e)))
		return e;
	auth_session(cx, &s, who);
	*ticket = arena_strdup(&cx->arena, made);
	return OK;
}

enum err
enter_load(struct cx *cx, struct db *db, const char *ticket, const char *id,
	   struct who *who)
{
	struct session s;
	enum err e = ERR_NOT_FOUND;

	if (enter_key_shaped(ticket))
		e = ticket_find(cx, db, hash_of(cx, ticket), id, &s);
	if (e == ERR_NOT_FOUND)
		return cx_fail(cx, ERR_UNAUTHORIZED, "no such ticket");
	if (e)
		return e;
	auth_session(cx, &s, who);
	return OK;
}
