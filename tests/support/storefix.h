/* A site with a database and a person, for tests of store/. Header only: not
 * every layer's tests link with store. */
#ifndef SUPPORT_STOREFIX_H
#define SUPPORT_STOREFIX_H

/* First: tmpsite.h takes back the INT and TEXT of its own. */
#include "support/expect.h"
#include "support/suite.h"
#include "support/tmpsite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "store/sql.h"
#include "store/user.h"
#include "store/workspace.h"

#define FIX __attribute__((unused)) static

FIX struct tmpsite t;
FIX struct cx *cx;
FIX struct db *db;
FIX int64_t ann;

FIX int64_t
new_user(const char *name)
{
	int64_t id = 0;

	ok(user_add(cx, db, name, "$y$hash", ROLE_USER, &id));
	return id;
}

FIX void
fix_open(void)
{
	tmpsite_open(&t, NULL);
	cx = &t.cx;
	cx->now_ms = INT64_C(1700000000000);
	ok(db_open(cx, DB_CREATE, &db));
	ann = new_user("ann");
}

FIX void
fix_close(void)
{
	db_close(db);
	tmpsite_close(&t);
}

FIX const char *
new_id(void)
{
	char id[ID_UUID_LEN + 1];

	id_uuid(id);
	return arena_strdup(&cx->arena, id);
}

FIX struct workspace
new_ws(int64_t owner, const char *name, enum status desired)
{
	struct workspace w = {.id = new_id(),
			      .owner_id = owner,
			      .name = name,
			      .app = "shell",
			      .desired = desired,
			      .standby_ttl_s = 300,
			      .archive_ttl_s = 86400};
	struct workspace out;

	ok(workspace_add(cx, db, &w, &out));
	return out;
}

FIX struct workspace
get(const char *id)
{
	struct workspace w;

	ok(workspace_get(cx, db, id, &w));
	return w;
}

/* Any SQL, for what the product itself never writes. */
FIX void
raw(const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(db->sq, sql, NULL, NULL, &why) != SQLITE_OK)
		ck_abort_msg("%s: %s", sql, why);
}

FIX int
raw_rc(const char *sql)
{
	return sqlite3_exec(db->sq, sql, NULL, NULL, NULL);
}

/* What an observation or an operation brings: just a status. */
FIX struct ws_outcome
now_is(enum status s)
{
	return (struct ws_outcome){.status = s, .error = WS_ERROR_CLEAR};
}

FIX struct workspace
observed(const char *id, const struct ws_outcome *o)
{
	struct workspace out;

	ok(workspace_observe(cx, db, id, get(id).rev, o, &out));
	return out;
}

FIX int
run_suite(const char *name, const TTest *const *tests)
{
	return suite_run(&(struct suite){name, fix_open, fix_close, 300}, tests,
			 suite_count(tests));
}

#endif
