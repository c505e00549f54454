/* Administration: how a person comes in (sessions, tokens), and that they
 * leave. */
#include <string.h>

#include "cgi/page_people.h"
#include "store/setting.h"

/* ---- Sessions and tokens ---- */

/* The lists are of somebody who is there. */
static enum err
somebody(struct cx *cx, struct call *c, int64_t *id)
{
	struct user u;
	enum err e = people_param(cx, c, id);

	return e ? e : people_get(cx, c->db, *id, &u);
}

enum err
api_user_sessions(struct cx *cx, struct call *c)
{
	int64_t id;
	enum err e = somebody(cx, c, &id);

	return e ? e : page_sessions(cx, c, id, "items");
}

enum err
api_user_tokens(struct cx *cx, struct call *c)
{
	int64_t id;
	enum err e = somebody(cx, c, &id);

	return e ? e : page_tokens(cx, c, id, "items");
}

static enum err
gone(struct cx *cx, struct call *c, enum err e)
{
	if (!e) {
		page_kick(cx, c); /* what it still has open is cut */
		c->rp->status = 204;
		c->view = NULL;
	}
	return e;
}

static enum err
end_sessions(struct cx *cx, struct call *c, int64_t *id)
{
	enum err e = people_param(cx, c, id);

	return e ? e : people_sessions_end(cx, c->db, &c->who, *id);
}

static enum err
revoke_tokens(struct cx *cx, struct call *c, int64_t *id)
{
	enum err e = people_param(cx, c, id);

	return e ? e : people_tokens_revoke(cx, c->db, &c->who, *id);
}

static enum err
revoke_token(struct cx *cx, struct call *c, int64_t *id)
{
	enum err e = people_param(cx, c, id);

	return e ? e
		 : people_token_revoke(cx, c->db, &c->who, *id, c->param[1]);
}

#define BOTH(api, page, doing, said)                                           \
	enum err api(struct cx *cx, struct call *c)                            \
	{                                                                      \
		int64_t id;                                                    \
                                                                               \
		return gone(cx, c, doing(cx, c, &id));                         \
	}                                                                      \
	enum err page(struct cx *cx, struct call *c)                           \
	{                                                                      \
		int64_t id = 0;                                                \
		enum err e = doing(cx, c, &id);                                \
                                                                               \
		return people_done(cx, c, e, id, said);                        \
	}

BOTH(api_user_sessions_end, page_user_sessions_end, end_sessions,
     "said_user_sessions")
BOTH(api_user_tokens_revoke, page_user_tokens_revoke, revoke_tokens,
     "said_user_tokens")
BOTH(api_user_token_revoke, page_user_token_revoke, revoke_token,
     "said_revoked")

/* ---- Leaving ---- */

/* NULL: into the trash. */
static enum err
heir_of(struct cx *cx, const struct value *what, const struct value *to,
	const char **heir)
{
	const char *name = admin_text(to);

	if (!what->set || strcmp(what->text, "trash") == 0)
		name = NULL;
	else if (strcmp(what->text, "hand_over") != 0)
		return cx_field(cx, "what", "hand_over or trash");
	else if (name == NULL)
		return cx_field(cx, "to", "a name");
	*heir = name;
	return OK;
}

static void
view_leave(struct json_object *o, const struct leave *l)
{
	view_int(o, "living", l->living);
	view_int(o, "running", l->running);
	view_int(o, "archived", l->archived);
	view_int(o, "trashed", l->trashed);
}

static enum err
look(struct cx *cx, struct call *c, const struct value *what,
     const struct value *to, struct leave *l)
{
	const char *heir;
	int64_t id;
	enum err e;

	if ((e = people_param(cx, c, &id)) ||
	    (e = heir_of(cx, what, to, &heir)))
		return e;
	return people_delete_look(cx, c->db, &c->who, id, heir, l);
}

enum err
api_user_leave(struct cx *cx, struct call *c)
{
	struct leave l;
	enum err e =
		look(cx, c, IN(c, user_leave, what), IN(c, user_leave, to), &l);

	if (!e)
		view_leave(c->view, &l);
	return e;
}

static enum err
leave(struct cx *cx, struct call *c, struct leave *l)
{
	const struct value *expect = IN(c, user_delete, expect);
	const char *heir;
	int64_t id;
	enum err e;

	if ((e = people_param(cx, c, &id)) ||
	    (e = heir_of(cx, IN(c, user_delete, what), IN(c, user_delete, to),
			 &heir)) ||
	    (e = people_delete(cx, c->db, &c->who, id, heir,
			       expect->set ? expect->num : -1, l)))
		return e;
	page_kick(cx, c);
	return OK;
}

enum err
api_user_delete(struct cx *cx, struct call *c)
{
	struct leave l;
	enum err e = leave(cx, c, &l);

	if (!e)
		view_leave(c->view, &l);
	return e;
}

/* ---- The page that asks ---- */

static const char *
fate(const struct settings *s, const struct leave *l, bool trash)
{
	if (l->living == 0)
		return "leave_none";
	if (!trash)
		return "leave_n_to";
	return s->v[SETTING_UNDO_HOURS] > 0 ? "leave_n_trash" : "leave_n_purge";
}

/* What was chosen, and what it does when it can be done. */
static enum err
view_preview(struct cx *cx, struct call *c, const struct value *what,
	     const struct value *to, const struct leave *l)
{
	bool trash = strcmp(what->text, "trash") == 0;
	struct json_object *o = view_obj(c->view, "preview");
	struct settings s;
	enum err e = settings_load(cx, c->db, &s);

	if (e)
		return e;
	view_leave(o, l);
	view_int(o, "leave_running", l->running);
	view_text(o, "fate", fate(&s, l, trash));
	view_bool(o, "also_trashed", !trash && l->trashed > 0);
	view_int(o, "undo_hours", s.v[SETTING_UNDO_HOURS]);
	view_text(o, "what", what->text);
	view_text(o, "to", trash ? "" : to->text);
	return OK;
}

/* Also after a delete that was refused (again.h): what that has carried. */
enum err
page_user_leave(struct cx *cx, struct call *c)
{
	const struct value *what = IN(c, user_leave, what);
	const struct value *to = IN(c, user_leave, to);
	struct json_object *form = again_form(c, "user_leave"), *o;
	bool sound =
		!again_wrong(cx, form, "what") && !again_wrong(cx, form, "to");
	struct leave l = {0};
	struct user u;
	int64_t id;
	enum err e;

	if (c->route->form == FORM_user_delete) {
		what = IN(c, user_delete, what);
		to = IN(c, user_delete, to);
	}
	if ((e = people_param(cx, c, &id)) ||
	    (e = people_load(cx, c, id, &u)) ||
	    (sound && (e = look(cx, c, what, to, &l))))
		return e;
	view_bool(c->view, "hand_over",
		  strcmp(again_text(form, "what", what->set ? what->text : ""),
			 "hand_over") == 0);
	again_text(form, "to", admin_text(to) != NULL ? to->text : "");
	o = view_obj(c->view, "person");
	people_view(o, &u);
	people_view_text(cx, c, o, &u);
	if (sound && what->set && (e = view_preview(cx, c, what, to, &l)))
		return e;
	admin_frame(cx, c, ADMIN_USERS, u.name, "admin_user_delete");
	return OK;
}

enum err
page_user_delete(struct cx *cx, struct call *c)
{
	struct leave l;
	enum err e = leave(cx, c, &l);

	if (!e)
		page_done(cx, c, NULL, "/admin/users", "said_user_deleted");
	return e;
}
