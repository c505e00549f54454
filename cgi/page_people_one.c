/* Administration: one person. */
#include <string.h>

#include "cgi/page_people.h"
#include "store/setting.h"

enum err
people_load(struct cx *cx, struct call *c, int64_t id, struct user *out)
{
	struct leave has;
	struct user u;
	enum err e;

	if ((e = people_get(cx, c->db, id, &u)) ||
	    (e = leave_look(cx, c->db, id, &has)))
		return e;
	u.workspaces = has.living;
	u.running = has.running;
	*out = u;
	return OK;
}

static enum err
answer(struct cx *cx, struct call *c, int64_t id)
{
	struct user u;
	enum err e = people_load(cx, c, id, &u);

	if (!e)
		people_view(c->view, &u);
	return e;
}

enum err
api_user(struct cx *cx, struct call *c)
{
	int64_t id;
	enum err e = people_param(cx, c, &id);

	return e ? e : answer(cx, c, id);
}

/* ---- The page ---- */

/* The form, what it was made of, and where the one that came back differs. */
static void
view_edit(struct cx *cx, struct call *c, const struct user *u)
{
	struct json_object *form = again_form(c, "user_edit");
	const char *role = role_name(u->role), *limit = "";
	const char *to;

	if (u->max_running >= 0)
		limit = arena_printf(&cx->arena, "%lld",
				     (long long)u->max_running);
	to = again_text(form, "role", role);
	view_bool(c->view, "to_admin", strcmp(to, role_name(ROLE_ADMIN)) == 0);
	view_bool(c->view, "role_differs", strcmp(to, role) != 0);
	view_bool(c->view, "limit_differs",
		  strcmp(again_text(form, "max_running", limit), limit) != 0);
	view_text(c->view, "role_now", role);
	view_text(c->view, "limit_now", limit);
	view_int(c->view, "limit_was", u->max_running);
}

enum err
people_show(struct cx *cx, struct call *c, int64_t id)
{
	struct json_object *o;
	struct settings s;
	struct user u;
	enum err e;

	if ((e = people_load(cx, c, id, &u)) ||
	    (e = settings_load(cx, c->db, &s)) ||
	    (e = page_tokens(cx, c, id, "tokens")) ||
	    (e = page_sessions(cx, c, id, "sessions")))
		return e;
	view_edit(cx, c, &u);
	(void)again_form(c, "user_password");
	o = view_obj(c->view, "person");
	people_view(o, &u);
	people_view_text(cx, c, o, &u);
	view_int(c->view, "setting_running", s.v[SETTING_MAX_RUNNING_PER_USER]);
	admin_frame(cx, c, ADMIN_USERS, u.name, "admin_user");
	return OK;
}

enum err
people_show_secret(struct cx *cx, struct call *c, int64_t id,
		   const char *secret)
{
	view_text(c->view, "secret", secret);
	return people_show(cx, c, id);
}

enum err
page_user(struct cx *cx, struct call *c)
{
	int64_t id;
	enum err e = people_param(cx, c, &id);

	return e ? e : people_show(cx, c, id);
}

enum err
people_done(struct cx *cx, struct call *c, enum err e, int64_t id,
	    const char *said)
{
	if (e)
		return e;
	page_kick(cx, c); /* connections of ended sessions are cut */
	page_done(cx, c, NULL,
		  arena_printf(&cx->arena, "/admin/users/%lld", (long long)id),
		  said);
	return OK;
}

/* ---- Role, limit, disabled ---- */

enum err
api_user_patch(struct cx *cx, struct call *c)
{
	const struct value *role = IN(c, api_user_edit, role);
	const struct value *most = IN(c, api_user_edit, max_running);
	const struct value *disabled = IN(c, api_user_edit, disabled);
	struct people_edit w = {.set_role = role->set,
				.set_limit = most->set,
				.set_disabled = disabled->set,
				.max_running = most->null ? -1 : most->num,
				.disabled = disabled->yes};
	struct user u;
	int64_t id;
	enum err e;

	if ((e = people_param(cx, c, &id)) ||
	    (e = people_role(cx, role, &w.role)) ||
	    (e = people_edit(cx, c->db, &c->who, id, &w, &u)))
		return e;
	page_kick(cx, c);
	return answer(cx, c, id);
}

static enum err
edit(struct cx *cx, struct call *c, const struct people_edit *w,
     const char *said)
{
	struct user u;
	int64_t id;
	enum err e;

	if ((e = people_param(cx, c, &id)))
		return e;
	return people_done(cx, c, people_edit(cx, c->db, &c->who, id, w, &u),
			   id, said);
}

enum err
page_user_edit(struct cx *cx, struct call *c)
{
	const struct value *most = IN(c, user_edit, max_running);
	const struct value *role_was = IN(c, user_edit, role_was);
	const struct value *most_was = IN(c, user_edit, max_running_was);
	struct people_edit w = {.set_role = true,
				.set_limit = true,
				.max_running = most->set ? most->num : -1,
				.set_seen = role_was->set && most_was->set,
				.limit_seen = most_was->num};
	enum err e;

	if ((e = people_role(cx, IN(c, user_edit, role), &w.role)) ||
	    (e = people_role(cx, role_was, &w.role_seen)))
		return e;
	return edit(cx, c, &w, "said_user_saved");
}

enum err
page_user_disable(struct cx *cx, struct call *c)
{
	return edit(cx, c,
		    &(struct people_edit){.set_disabled = true,
					  .disabled = true},
		    "said_user_disabled");
}

enum err
page_user_enable(struct cx *cx, struct call *c)
{
	return edit(cx, c, &(struct people_edit){.set_disabled = true},
		    "said_user_enabled");
}

/* ---- Password ---- */

static enum err
give(struct cx *cx, struct call *c, int64_t *id, const char **secret)
{
	const struct value *password = IN(c, user_password, password);
	enum err e;

	if ((e = people_param(cx, c, id)) ||
	    (e = people_password(cx, c->db, &c->who, *id,
				 password->set ? password->text : NULL,
				 secret)))
		return e;
	page_kick(cx, c); /* their sessions have ended */
	return OK;
}

enum err
api_user_password(struct cx *cx, struct call *c)
{
	const char *secret;
	int64_t id;
	enum err e;

	if ((e = give(cx, c, &id, &secret)) || (e = answer(cx, c, id)))
		return e;
	if (secret != NULL)
		view_text(c->view, "password", secret);
	return OK;
}

/* No redirect where one was made up: it goes into no address and no cookie. */
enum err
page_user_password(struct cx *cx, struct call *c)
{
	const char *secret;
	int64_t id;
	enum err e = give(cx, c, &id, &secret);

	if (e || secret == NULL)
		return people_done(cx, c, e, id, "said_user_password");
	return people_show_secret(cx, c, id, secret);
}
