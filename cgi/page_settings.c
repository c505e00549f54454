/* Administration: the settings, and what a change of them would do. */
#include <string.h>

#include "base/config_key.h"
#include "cgi/page_admin.h"
#include "service/settings.h"

/* The fields of the forms are the settings, in their order (a test insists). */
#define FIELD(c, form, s) (&(c)->in[IN_##form##__max_running_per_user + (s)])

#define SAME(form)                                                             \
	_Static_assert(IN_##form##__scope -                                    \
				       IN_##form##__max_running_per_user ==    \
			       SETTING__MAX,                                   \
		       "cgi/form_settings.h does not have each setting");
SAME(settings)
SAME(api_settings)

static const struct {
	enum setting first;
	const char *text;
} groups[] = {
	{SETTING_MAX_RUNNING_PER_USER, "settings_limits"},
	{SETTING_STANDBY_TTL_SECONDS, "settings_idle"},
	{SETTING_PROVISIONING_LIMIT_SECONDS, "settings_times"},
	{SETTING_MAX_RETRIES, "settings_failures"},
	{SETTING_KEEP_ARCHIVES, "settings_kept"},
	{SETTING_SESSION_HOURS, "settings_rest"},
};
#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static const char *const scopes[] =
	{[TTL_NEW] = "new", [TTL_SAME] = "same", [TTL_ALL] = "all"};

static enum err
scope_of(struct cx *cx, const struct value *v, enum ttl_scope *out)
{
	const char *said = admin_text(v);

	*out = TTL_NEW;
	for (size_t i = 0; said && i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strcmp(said, scopes[i]) == 0) {
			*out = (enum ttl_scope)i;
			return OK;
		}
	return said ? cx_field(cx, "scope", "new, same or all") : OK;
}

/* null: back to the default. */
static enum err
wish_of(struct cx *cx, const struct value *fields, const struct value *scope,
	struct settings_wish *w)
{
	*w = (struct settings_wish){.scope = TTL_NEW};
	for (int s = 0; s < SETTING__MAX; s++) {
		w->set[s] = fields[s].set;
		w->value[s] = fields[s].null ? setting_default((enum setting)s)
					     : fields[s].num;
	}
	return scope_of(cx, scope, &w->scope);
}

/* ---- What they are ---- */

/* Its field, with what was typed there. */
static void
view_field(struct cx *cx, struct call *c, struct json_object *o, enum setting s,
	   int64_t value)
{
	struct json_object *form = again_form(c, "settings"), *wrong;
	const char *key = setting_key(s), *now, *typed;

	now = arena_printf(&cx->arena, "%lld", (long long)value);
	typed = again_text(form, key, now);
	view_text(o, "label", arena_printf(&cx->arena, "set_%s", key));
	view_text(o, "typed", typed);
	view_bool(o, "differs", strcmp(typed, now) != 0);
	if ((wrong = again_wrong(cx, form, key)) != NULL)
		view_put(o, "wrong", wrong);
}

static void
view_setting(struct cx *cx, struct call *c, struct json_object *o,
	     enum setting s, int64_t value, bool stored)
{
	view_text(o, "key", setting_key(s));
	view_int(o, "value", value);
	view_int(o, "default", setting_default(s));
	view_int(o, "least", setting_least(s));
	view_int(o, "most", setting_most(s));
	view_text(o, "help", setting_help(s));
	view_bool(o, "stored", stored);
	if (!c->api)
		view_field(cx, c, o, s, value);
}

/* Never the value of what could be a secret. */
static void
view_file(struct cx *cx, struct call *c, const char *list_key)
{
	struct json_object *list = view_list(c->view, list_key), *o;
	struct key_fact f;

	for (size_t i = 0; key_fact(cx, cx->site, i, &f); i++) {
		o = view_obj(list, NULL);
		view_text(o, "key", f.key);
		view_text(o, "value", f.value);
		view_text(o, "default", f.def);
		view_text(o, "help", f.help);
		view_bool(o, "stated", f.stated);
	}
}

static enum err
answer(struct cx *cx, struct call *c)
{
	struct json_object *items = view_list(c->view, "items");
	bool stored[SETTING__MAX];
	struct settings all;
	enum err e;

	if ((e = settings_load(cx, c->db, &all)) ||
	    (e = settings_stored(cx, c->db, stored)))
		return e;
	for (int s = 0; s < SETTING__MAX; s++)
		view_setting(cx, c, view_obj(items, NULL), (enum setting)s,
			     all.v[s], stored[s]);
	view_file(cx, c, "file");
	return OK;
}

enum err
api_settings(struct cx *cx, struct call *c)
{
	return answer(cx, c);
}

enum err
page_settings(struct cx *cx, struct call *c)
{
	struct json_object *list = view_list(c->view, "groups"), *o = NULL;
	struct json_object *items = NULL;
	const char *scope;
	bool stored[SETTING__MAX];
	struct settings all;
	size_t g = 0;
	enum err e;

	if ((e = settings_load(cx, c->db, &all)) ||
	    (e = settings_stored(cx, c->db, stored)))
		return e;
	for (int s = 0; s < SETTING__MAX; s++) {
		if (g < N_GROUPS && groups[g].first == (enum setting)s) {
			o = view_obj(list, NULL);
			view_text(o, "group_text", groups[g].text);
			view_bool(o, "is_idle",
				  s == SETTING_STANDBY_TTL_SECONDS);
			items = view_list(o, "settings");
			g++;
		}
		view_setting(cx, c, view_obj(items, NULL), (enum setting)s,
			     all.v[s], stored[s]);
	}
	scope = again_text(again_form(c, "settings"), "scope", "new");
	view_text(c->view, "seen", settings_mark(cx, &all));
	view_bool(c->view, "scope_same", strcmp(scope, "same") == 0);
	view_bool(c->view, "scope_all", strcmp(scope, "all") == 0);
	view_file(cx, c, "file");
	admin_frame(cx, c, ADMIN_SETTINGS, NULL, "admin_settings");
	return OK;
}

/* ---- Rehearsal ---- */

static void
view_rehearsal(struct cx *cx, struct call *c, const struct rehearsal *r)
{
	struct json_object *list = view_list(c->view, "changes"), *o;

	for (size_t i = 0; i < r->n_diff; i++) {
		const char *key = setting_key(r->diff[i].setting);

		o = view_obj(list, NULL);
		view_text(o, "key", key);
		view_int(o, "from", r->diff[i].from);
		view_int(o, "to", r->diff[i].to);
		if (!c->api)
			view_text(o, "label",
				  arena_printf(&cx->arena, "set_%s", key));
	}
	view_int(c->view, "touched", r->touched);
	view_int(c->view, "stops", r->stops);
	view_int(c->view, "archives", r->archives);
	view_bool(c->view, "more", r->more);
	view_int(c->view, "over_users", r->over_users);
	view_int(c->view, "running", r->running);
	view_bool(c->view, "over_global", r->over_global);
	view_int(c->view, "overdue", r->overdue);
}

enum err
api_settings_rehearse(struct cx *cx, struct call *c)
{
	struct settings_wish w;
	struct rehearsal r;
	enum err e;

	if ((e = wish_of(cx, FIELD(c, api_settings, 0),
			 IN(c, api_settings, scope), &w)) ||
	    (e = settings_rehearse(cx, c->db, &w, &r)))
		return e;
	view_rehearsal(cx, c, &r);
	return OK;
}

/* seen: what the person knows of, or NULL. */
static enum err
show_rehearsal(struct cx *cx, struct call *c, const char *seen)
{
	struct settings_wish w;
	struct settings now;
	struct rehearsal r;
	enum err e;

	if ((e = wish_of(cx, FIELD(c, settings, 0), IN(c, settings, scope),
			 &w)))
		return e;
	w.seen = seen;
	if ((e = settings_load(cx, c->db, &now)) ||
	    (e = settings_rehearse(cx, c->db, &w, &r)))
		return e;
	view_rehearsal(cx, c, &r);
	view_bool(c->view, "has_changes", r.n_diff > 0);
	view_bool(c->view, "no_effect",
		  r.touched == 0 && r.stops == 0 && r.archives == 0 &&
			  r.over_users == 0 && !r.over_global &&
			  r.overdue == 0);
	view_text(c->view, "scope", scopes[w.scope]);
	view_text(c->view, "seen", settings_mark(cx, &now));
	admin_frame(cx, c, ADMIN_SETTINGS,
		    page_say(c->lang, TEXT_rehearsal_title), "admin_rehearsal");
	return OK;
}

enum err
page_settings_rehearse(struct cx *cx, struct call *c)
{
	return show_rehearsal(cx, c, admin_text(IN(c, settings, seen)));
}

/* ---- Saving ---- */

enum err
api_settings_save(struct cx *cx, struct call *c)
{
	struct settings_wish w;
	enum err e;

	if ((e = wish_of(cx, FIELD(c, api_settings, 0),
			 IN(c, api_settings, scope), &w)) ||
	    (e = settings_save(cx, c->db, &c->who, &w)))
		return e;
	page_kick(cx, c);
	return answer(cx, c);
}

enum err
page_settings_save(struct cx *cx, struct call *c)
{
	struct settings_wish w;
	enum err e =
		wish_of(cx, FIELD(c, settings, 0), IN(c, settings, scope), &w);

	if (e)
		return e;
	w.seen = admin_text(IN(c, settings, seen));
	e = settings_save(cx, c->db, &c->who, &w);
	if (e == ERR_CONFLICT) {
		cx_clear(cx);
		c->rp->status = err_http(e);
		view_bool(c->view, "outrun", true);
		return show_rehearsal(cx, c, NULL);
	}
	if (e)
		return e;
	page_kick(cx, c);
	page_done(cx, c, NULL, "/admin/settings", "said_saved");
	return OK;
}
