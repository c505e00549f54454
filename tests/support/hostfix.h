/* A site whose workspaces have hosts of their own: ann has two that run, and a
 * ticket for the first. Header only. */
#ifndef SUPPORT_HOSTFIX_H
#define SUPPORT_HOSTFIX_H

#define CGI_CONF                                                               \
	"base_url = https://roost.example\n"                                   \
	"workspace_domain = ws.example:8443\n"
#include "support/cgifix.h"

#include "cgi/gate.h"
#include "service/enter.h"

FIX struct gate gate;
FIX struct workspace mine, other;
FIX const char *ticket, *ann_session;

FIX int
gated(void)
{
	if (!gate.db) {
		gate.cx.site = &t.site;
		ok(db_open(cx, DB_READ, &gate.db));
	}
	ck_assert(gate_answer(&gate, &fake.io));
	return status_of(&fake.out);
}

FIX const char *
host_of_id(const char *id)
{
	return fmt("%s.ws.example:8443", id);
}

FIX void
ask_on(const char *id, const char *method, const char *target)
{
	ask(method, target);
	set("HTTP_HOST", host_of_id(id));
}

FIX const char *
with_ticket(const char *id)
{
	char key[ID_SECRET_LEN + 1], state[ID_HASH_LEN + 1];
	const char *code, *made;
	struct who who;

	ok(auth_load(cx, db, strchr(ann_session, '=') + 1, NULL, &who));
	enter_key(key);
	enter_state(key, state);
	ok(enter_code(cx, db, &who, id, state, &code));
	ok(enter_ticket(cx, db, code, id, key, &who, &made));
	return fmt("__Host-roost_ticket=%s", made);
}

FIX void
hosts_open(void)
{
	cgi_open();
	ann_session = fmt("__Host-%s", ann_cookie);
	mine = standing(&ann_who, 1);
	other = standing(&ann_who, 2);
	ticket = with_ticket(mine.id);
}

FIX int
run_hosts(const char *name, const TTest *const *tests, size_t n)
{
	return suite_run(&(struct suite){name, hosts_open, cgi_close, 120},
			 tests, n);
}

#endif
