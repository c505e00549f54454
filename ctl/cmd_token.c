/* roostctl token ... */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/out.h"
#include "service/auth.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const char *const keys[] = {"id",	 "user",       "name",
				   "created_at", "expires_at", "used_at"};

static enum err
find_user(struct ctl *c, const char *name, struct user *u)
{
	enum err e = user_by_name(&c->cx, c->db, name, u);

	if (e == ERR_NOT_FOUND)
		return cx_fail(&c->cx, e, "there is no user %s", name);
	return e;
}

enum err
ctl_token_add(struct ctl *c)
{
	int64_t days = 0;
	const char *secret;
	struct user u;
	enum err e;

	if (c->option[OPTION_DAYS] &&
	    (e = ctl_number(c, "--days", c->option[OPTION_DAYS], 1, 36500,
			    &days)))
		return e;
	if ((e = find_user(c, c->arg[0], &u)) ||
	    (e = auth_token_add(&c->cx, c->db, &who_ctl, u.id, c->arg[1],
				days ? c->cx.now_ms + days * DAY_MS : 0,
				&secret)))
		return e;
	printf("token: %s\n", secret);
	return OK;
}

enum err
ctl_token_list(struct ctl *c)
{
	struct user u = {0};
	struct tokens all;
	struct out o;
	enum err e;
	size_t i;

	if ((c->n_args && (e = find_user(c, c->arg[0], &u))) ||
	    (e = token_list(&c->cx, c->db, u.id, &all)))
		return e;
	OUT_INIT(&o, c, keys);
	for (i = 0; i < all.n; i++) {
		out_int(&o, all.v[i].id);
		out_text(&o, all.v[i].user.name);
		out_text(&o, all.v[i].name);
		out_time(&o, all.v[i].created_ms);
		out_time(&o, all.v[i].expires_ms);
		out_time(&o, all.v[i].used_ms);
	}
	out_list(&o);
	return OK;
}

static enum err
make_revoked(struct ctl *c, void *arg)
{
	const int64_t *id = arg;

	return token_revoke(&c->cx, c->db, 0, *id);
}

enum err
ctl_token_revoke(struct ctl *c)
{
	int64_t id;
	enum err e;

	if ((e = ctl_number(c, "the id", c->arg[0], 1, INT64_MAX, &id)))
		return e;
	e = ctl_change(c, &(struct change){make_revoked, &id, "token.revoke",
					   c->arg[0], ""});
	if (e == ERR_NOT_FOUND)
		return cx_fail(&c->cx, e,
			       "there is no token %s; roostctl token list",
			       c->arg[0]);
	return e;
}
