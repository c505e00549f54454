/* roostctl user ... */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "service/kick.h"
#include "service/people.h"

static const char *const keys[] = {"id",	  "name",	  "role",
				   "max_running", "workspaces",	  "disabled_at",
				   "created_at",  "last_login_at"};

static enum err
find(struct ctl *c, struct user *u)
{
	enum err e = user_by_name(&c->cx, c->db, c->arg[0], u);

	if (e == ERR_NOT_FOUND)
		return cx_fail(&c->cx, e,
			       "there is no user %s; roostctl user list",
			       c->arg[0]);
	return e;
}

/* A password that was made up is told when it holds, and only then. */
static void
tell(struct ctl *c, const char *password)
{
	if (c->option[OPTION_RANDOM])
		printf("password: %s\n", password);
}

enum err
ctl_user_add(struct ctl *c)
{
	const char *password;
	struct user u;
	enum err e;

	if (!user_by_name(&c->cx, c->db, c->arg[0], &u))
		return cx_fail(&c->cx, ERR_EXISTS, "there is a user %s",
			       u.name);
	cx_clear(&c->cx);
	if ((e = ctl_password(c, &password)) ||
	    (e = auth_user_add(&c->cx, c->db, &who_ctl, c->arg[0], password,
			       c->option[OPTION_ADMIN] ? ROLE_ADMIN : ROLE_USER,
			       NULL)))
		return e;
	tell(c, password);
	return OK;
}

/* A pass cuts what they still have open; if not this one, cron's. */
static void
cut_soon(struct ctl *c)
{
	if (kick(&c->cx))
		cx_clear(&c->cx);
}

enum err
ctl_user_passwd(struct ctl *c)
{
	const char *password;
	struct user u;
	enum err e;

	if ((e = find(c, &u)) || (e = ctl_password(c, &password)) ||
	    (e = auth_passwd(&c->cx, c->db, &who_ctl, u.id, password)))
		return e;
	cut_soon(c);
	tell(c, password);
	return OK;
}

enum err
ctl_user_list(struct ctl *c)
{
	struct users all;
	struct out o;
	enum err e;
	size_t i;

	if ((e = user_list(&c->cx, c->db, &all)))
		return e;
	OUT_INIT(&o, c, keys);
	for (i = 0; i < all.n; i++) {
		const struct user *u = &all.v[i];

		out_int(&o, u->id);
		out_text(&o, u->name);
		out_text(&o, role_name(u->role));
		if (u->max_running < 0)
			out_none(&o);
		else
			out_int(&o, u->max_running);
		out_int(&o, u->workspaces);
		out_time(&o, u->disabled_ms);
		out_time(&o, u->created_ms);
		out_time(&o, u->last_login_ms);
	}
	out_list(&o);
	return OK;
}

static enum err
edit(struct ctl *c, const struct people_edit *edit)
{
	struct user u;
	enum err e;

	if ((e = find(c, &u)) ||
	    (e = people_edit(&c->cx, c->db, &who_ctl, u.id, edit, &u)))
		return e;
	db_ring(&c->cx);
	return OK;
}

static enum err
set_disabled(struct ctl *c, bool disabled)
{
	enum err e = edit(c, &(struct people_edit){.set_disabled = true,
						   .disabled = disabled});

	if (!e)
		cut_soon(c);
	return e;
}

enum err
ctl_user_disable(struct ctl *c)
{
	return set_disabled(c, true);
}

enum err
ctl_user_enable(struct ctl *c)
{
	return set_disabled(c, false);
}

enum err
ctl_user_role(struct ctl *c)
{
	struct people_edit w = {.set_role = true};

	if (!role_parse(c->arg[1], &w.role))
		return cx_fail(&c->cx, ERR_INVALID, "a role is user or admin");
	return edit(c, &w);
}

enum err
ctl_user_limit(struct ctl *c)
{
	struct people_edit w = {.set_limit = true};
	enum err e = ctl_number(c, "the limit", c->arg[1], -1, 100000,
				&w.max_running);

	return e ? e : edit(c, &w);
}
