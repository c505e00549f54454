/* A site with apps, a database, two people and an admin, for tests of what
 * stands on service/. */
#ifndef SUPPORT_SERVICEFIX_H
#define SUPPORT_SERVICEFIX_H

#include "support/storefix.h"

#include "service/auth.h"
#include "service/wish.h"
#include "store/audit.h"
#include "store/setting.h"

#define SITE                                                                   \
	"default_app = shell\n"                                                \
	"[app shell]\ncommand = /bin/true\ntitle = Terminal\n"                 \
	"[app ide]\ncommand = /bin/true\n"

FIX struct who ann_who, bob_who, admin_who;

FIX struct who
new_who(const char *name, enum role role)
{
	struct who w = {.username = name, .admin = role == ROLE_ADMIN};

	ok(user_add(cx, db, name, "$y$hash", role, &w.user_id));
	return w;
}

FIX void
service_open(void)
{
	tmpsite_open(&t, SITE);
	cx = &t.cx;
	ok(db_open(cx, DB_CREATE, &db));
	ann_who = new_who("ann", ROLE_USER);
	bob_who = new_who("bob", ROLE_USER);
	admin_who = new_who("root", ROLE_ADMIN);
	ann = ann_who.user_id;
}

FIX struct workspace
create(const struct who *who, const char *name)
{
	struct wish_new n = {.name = name,
			     .standby_ttl_s = -1,
			     .archive_ttl_s = -1};
	struct workspace w;
	bool again;

	ok(wish_create(cx, db, who, &n, &w, &again));
	return w;
}

/* As if the pass had seen it. */
FIX struct workspace
becomes(const char *id, enum status s)
{
	struct ws_outcome o = now_is(s);

	return observed(id, &o);
}

FIX struct workspace
packed(const char *id)
{
	struct ws_outcome o = {.status = STATUS_PENDING,
			       .error = WS_ERROR_CLEAR,
			       .set_archive = true,
			       .archive_key = arena_printf(&cx->arena, "%s/%s",
							   id, new_id())};

	return observed(id, &o);
}

FIX struct workspace
broken(const char *id, enum reason reason)
{
	struct ws_outcome o = {.status = STATUS_ERROR,
			       .error = WS_ERROR_SET,
			       .reason = reason,
			       .message = "it broke",
			       .error_count = 3};

	return observed(id, &o);
}

/* The newest audit row as "actor action detail". */
FIX const char *
audited(void)
{
	struct audits a;

	ok(audit_list(cx, db, 0, 1, &a));
	ck_assert_uint_eq(a.n, 1);
	return arena_printf(&cx->arena, "%s %s %s", a.v[0].actor, a.v[0].action,
			    a.v[0].detail);
}

FIX size_t
audits(void)
{
	struct audits a;

	ok(audit_list(cx, db, 0, 1000, &a));
	return a.n;
}

FIX int
run_service(const char *name, const TTest *const *tests)
{
	return suite_run(&(struct suite){name, service_open, fix_close, 300},
			 tests, suite_count(tests));
}

#endif
