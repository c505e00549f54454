/* roostctl settings: what can be changed while the site runs. */
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "store/setting.h"

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

struct wish {
	enum setting s;
	bool set; /* else: back to the default */
	int64_t value;
};

static enum err
make(struct ctl *c, void *arg)
{
	const struct wish *w = arg;

	return w->set ? setting_put(&c->cx, c->db, w->s, w->value)
		      : setting_clear(&c->cx, c->db, w->s);
}

static enum err
change(struct ctl *c, enum setting s, const char *text)
{
	struct wish w = {s, text, 0};
	enum err e;

	if (text && (e = ctl_number(c, setting_key(s), text, setting_least(s),
				    setting_most(s), &w.value)))
		return e;
	return ctl_change(c, &(struct change){make, &w, "setting.change",
					      setting_key(s),
					      text ? text : "default"});
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
