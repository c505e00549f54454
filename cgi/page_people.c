/* Administration: people; the list, and who is added. */
#include <string.h>

#include "cgi/page_people.h"

enum err
people_param(struct cx *cx, struct call *c, int64_t *id)
{
	const char *s = c->param[0];

	return keyset_number(&s, '\0', id)
		       ? OK
		       : cx_fail(cx, ERR_NOT_FOUND, "no number of a user");
}

void
people_view(struct json_object *o, const struct user *u)
{
	view_int(o, "id", u->id);
	view_text(o, "name", u->name);
	view_text(o, "role", role_name(u->role));
	if (u->max_running < 0)
		view_null(o, "max_running");
	else
		view_int(o, "max_running", u->max_running);
	view_time(o, "disabled_at", u->disabled_ms);
	view_time(o, "created_at", u->created_ms);
	view_time(o, "last_login_at", u->last_login_ms);
	view_time(o, "password_given_at", u->given_ms);
	view_int(o, "workspaces", u->workspaces);
	view_int(o, "running", u->running);
}

void
people_view_text(struct cx *cx, struct call *c, struct json_object *o,
		 const struct user *u)
{
	view_bool(o, "is_admin", u->role == ROLE_ADMIN);
	view_bool(o, "is_disabled", u->disabled_ms != 0);
	view_bool(o, "is_me", u->id == c->who.user_id);
	view_text(o, "has", u->workspaces > 0 ? "user_has" : "user_has_none");
	view_text(o, "disabled_text", page_time(cx, u->disabled_ms));
	view_text(o, "created_text", page_time(cx, u->created_ms));
	view_text(o, "last_login_text", page_time(cx, u->last_login_ms));
	view_text(o, "given_text", page_time(cx, u->given_ms));
}

enum err
people_role(struct cx *cx, const struct value *v, enum role *out)
{
	if (admin_text(v) == NULL) {
		*out = ROLE_USER;
		return OK;
	}
	return role_parse(v->text, out) ? OK
					: cx_field(cx, "role", "user or admin");
}

/* ---- The list ---- */

static const char *const states[] =
	{[USER_ACTIVE] = "active", [USER_DISABLED] = "disabled"};

static enum err
query_of(struct cx *cx, struct call *c, struct user_query *q)
{
	const char *state = admin_text(IN(c, users, state));

	*q = (struct user_query){.q = admin_text(IN(c, users, q)),
				 .set_role =
					 admin_text(IN(c, users, role)) != NULL,
				 .cursor = admin_text(IN(c, users, cursor)),
				 .limit = IN(c, users, limit)->num};
	for (size_t i = USER_ACTIVE; state != NULL && i <= USER_DISABLED; i++)
		if (strcmp(state, states[i]) == 0)
			q->which = (enum user_which)i;
	if (state != NULL && q->which == USER_ALL)
		return cx_field(cx, "state", "active or disabled");
	return people_role(cx, IN(c, users, role), &q->role);
}

static enum err
list(struct cx *cx, struct call *c, struct user_query *q)
{
	const struct admin_filter f[] = {ADMIN_FILTER(c, users, q),
					 ADMIN_FILTER(c, users, role),
					 ADMIN_FILTER(c, users, state)};
	struct json_object *items, *o;
	struct user_page page;
	enum err e;

	if ((e = query_of(cx, c, q)) || (e = user_page(cx, c->db, q, &page)))
		return e;
	items = view_list(c->view, "items");
	for (size_t i = 0; i < page.n; i++) {
		o = view_obj(items, NULL);
		people_view(o, &page.v[i]);
		if (!c->api)
			people_view_text(cx, c, o, &page.v[i]);
	}
	view_int(c->view, "total", page.total);
	admin_pager(cx, c, ADMIN_USERS, f, sizeof(f) / sizeof(f[0]),
		    &page.ends);
	return OK;
}

enum err
api_users(struct cx *cx, struct call *c)
{
	struct user_query q;

	return list(cx, c, &q);
}

enum err
page_users(struct cx *cx, struct call *c)
{
	struct json_object *form = again_form(c, "user_new");
	struct user_query q;
	enum err e = list(cx, c, &q);

	if (e)
		return e;
	again_text(form, "name", "");
	view_bool(c->view, "add_admin",
		  strcmp(again_text(form, "role", "user"), "admin") == 0);
	again_text(again_form(c, "users"), "q", q.q != NULL ? q.q : "");
	view_bool(c->view, "role_user", q.set_role && q.role == ROLE_USER);
	view_bool(c->view, "role_admin", q.set_role && q.role == ROLE_ADMIN);
	view_bool(c->view, "state_active", q.which == USER_ACTIVE);
	view_bool(c->view, "state_disabled", q.which == USER_DISABLED);
	admin_frame(cx, c, ADMIN_USERS, NULL, "admin_users");
	return OK;
}

/* ---- Adding ---- */

static enum err
add(struct cx *cx, struct call *c, struct user *u, const char **secret)
{
	const struct value *password = IN(c, user_new, password);
	enum role role;
	enum err e;

	if ((e = people_role(cx, IN(c, user_new, role), &role)))
		return e;
	return people_add(cx, c->db, &c->who, IN(c, user_new, name)->text,
			  password->set ? password->text : NULL, role, u,
			  secret);
}

enum err
api_user_add(struct cx *cx, struct call *c)
{
	const char *secret;
	struct user u;
	enum err e = add(cx, c, &u, &secret);

	if (e)
		return e;
	people_view(c->view, &u);
	if (secret != NULL)
		view_text(c->view, "password", secret);
	response_header(c->rp, "Location",
			arena_printf(&cx->arena, "/api/v1/admin/users/%lld",
				     (long long)u.id));
	c->rp->status = 201;
	return OK;
}

enum err
page_user_add(struct cx *cx, struct call *c)
{
	const char *secret;
	struct user u;
	enum err e = add(cx, c, &u, &secret);

	if (e)
		return e;
	if (secret == NULL)
		return people_done(cx, c, OK, u.id, "said_user_added");
	c->rp->status = 201;
	return people_show_secret(cx, c, u.id, secret);
}
