/* roostctl settings: what can be changed while the site runs. */
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "service/settings.h"

static const char *const keys[] = {"key",   "value", "default",
				   "least", "most",  "help"};

static void
add_row(struct out *o, const struct settings *all, enum setting s)
{
	out_text(o, setting_key(s));
	out_int(o, all->v[s]);
	out_int(o, setting_default(s));
	out_int(o, setting_least(s));
	out_int(o, setting_most(s));
	out_text(o, setting_help(s));
}

static enum err
show(struct ctl *c, enum setting from, enum setting to)
{
	struct settings all;
	struct out o;
	enum err e;

	if ((e = settings_load(&c->cx, c->db, &all)))
		return e;
	OUT_INIT(&o, c, keys);
	for (; from < to; from++)
		add_row(&o, &all, from);
	if (o.n == o.n_keys)
		out_record(&o);
	else
		out_list(&o);
	return OK;
}

static enum err
change(struct ctl *c, enum setting s, const char *text)
{
	struct settings_wish w = {.scope = TTL_NEW};
	enum err e = OK;

	w.set[s] = true;
	w.value[s] = setting_default(s);
	if (text && (e = ctl_number(c, setting_key(s), text, setting_least(s),
				    setting_most(s), &w.value[s])))
		return e;
	if ((e = settings_save(&c->cx, c->db, &who_ctl, &w)))
		return e;
	db_ring(&c->cx);
	return OK;
}

enum err
ctl_settings(struct ctl *c)
{
	bool back = c->option[OPTION_DEFAULT];
	enum setting s;

	if (!c->n_args && !back)
		return show(c, (enum setting)0, SETTING__MAX);
	if (!c->n_args)
		return cx_fail(&c->cx, ERR_INVALID,
			       "which setting goes back to its default?");
	if (!setting_parse(c->arg[0], &s))
		return cx_fail(&c->cx, ERR_INVALID,
			       "there is no setting %s; roostctl settings "
			       "lists them",
			       c->arg[0]);
	if (back && c->n_args == 2)
		return cx_fail(&c->cx, ERR_INVALID,
			       "a value or --default, not both");
	if (!back && c->n_args == 1)
		return show(c, s, (enum setting)(s + 1));
	return change(c, s, back ? NULL : c->arg[1]);
}
