/* roostctl workspace ...: wishes. What is shown is in cmd_show.c. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/workspace.h"
#include "service/kick.h"
#include "service/wish.h"

/* The one workspace whose id begins with text. Ids come in order, so its
 * neighbour tells whether there are two. */
enum err
ctl_ws_find(struct ctl *c, const char *text, struct workspace *out)
{
	size_t len = strlen(text), i, n = 0;
	struct ws_briefs some;
	const char *id = NULL;
	enum err e;

	e = workspace_get(&c->cx, c->db, text, out);
	if (e != ERR_WS_NOT_FOUND || len < 4)
		return e;
	cx_clear(&c->cx);
	if ((e = workspace_briefs(&c->cx, c->db, text, 2, &some)))
		return e;
	for (i = 0; i < some.n; i++)
		if (!strncmp(some.v[i].id, text, len)) {
			id = some.v[i].id;
			n++;
		}
	if (n == 1)
		return workspace_get(&c->cx, c->db, id, out);
	return cx_fail(&c->cx, ERR_WS_NOT_FOUND,
		       n ? "more than one id begins with %s"
			 : "there is no workspace %s; roostctl workspace list",
		       text);
}

/* Over a limit: which ones take the places. */
static void
tell_limit(struct ctl *c, int64_t owner_id)
{
	char why[sizeof(c->cx.why)];
	struct limit l;
	size_t i;

	memcpy(why, c->cx.why, sizeof(why));
	if (!wish_limit(&c->cx, c->db, owner_id, &l))
		for (i = 0; i < l.running.n; i++)
			fprintf(stderr, "roostctl: runs: %s\n",
				l.running.v[i].id);
	cx_fail(&c->cx, ERR_RUNNING_LIMIT, "%s", why);
}

/* The wish holds; that nobody could be started for it now is no failure of
 * it: cron comes within the minute. */
static enum err
after(struct ctl *c, const struct workspace *w)
{
	if (kick(&c->cx)) {
		fprintf(stderr, "roostctl: %s; cron will see to it\n",
			c->cx.why);
		cx_clear(&c->cx);
	}
	printf("%s: %s, wanted %s\n", w->id, workspace_phase(w),
	       w->deleted_ms ? "DELETED" : status_name(w->desired));
	return OK;
}

static enum err
wish(struct ctl *c, enum err (*fn)(struct cx *, struct db *, const struct who *,
				   const char *, int64_t, struct workspace *))
{
	struct workspace w, now;
	enum err e;

	if ((e = ctl_ws_find(c, c->arg[0], &w)))
		return e;
	e = fn(&c->cx, c->db, &who_ctl, w.id, 0, &now);
	if (e == ERR_RUNNING_LIMIT)
		tell_limit(c, w.owner_id);
	return e ? e : after(c, &now);
}

#define WISH(verb)                                                             \
	enum err ctl_ws_##verb(struct ctl *c)                                  \
	{                                                                      \
		return wish(c, wish_##verb);                                   \
	}
WISH(start)
WISH(stop)
WISH(archive)
WISH(restore)
WISH(recover)
WISH(delete)
WISH(undelete)
#undef WISH

enum err
ctl_ws_extend(struct ctl *c)
{
	struct workspace w, now;
	int64_t minutes;
	enum err e;

	if ((e = ctl_number(c, "MINUTES", c->arg[1], 0, 525600, &minutes)) ||
	    (e = ctl_ws_find(c, c->arg[0], &w)))
		return e;
	e = wish_keep(&c->cx, c->db, &who_ctl, w.id, 0, minutes * 60, &now);
	if (!e && minutes == 0)
		printf("%s: no longer kept\n", now.id);
	else if (!e)
		printf("%s: kept for %lld minute%s\n", now.id,
		       (long long)minutes, minutes == 1 ? "" : "s");
	return e;
}

enum err
ctl_ws_add(struct ctl *c)
{
	struct wish_new n = {.name = c->arg[1],
			     .app = c->option[OPTION_APP],
			     .standby_ttl_s = -1,
			     .archive_ttl_s = -1};
	struct who who = who_ctl;
	struct workspace w;
	struct user u;
	bool again;
	enum err e;

	e = user_by_name(&c->cx, c->db, c->arg[0], &u);
	if (e == ERR_NOT_FOUND)
		return cx_fail(&c->cx, e, "there is no user %s", c->arg[0]);
	if (e)
		return e;
	if (!name_text_ok(n.name, 1, 255, false))
		return cx_fail(&c->cx, ERR_INVALID,
			       "a name has 1 to 255 characters, none of them "
			       "a control character");
	who.user_id = u.id;
	e = wish_create(&c->cx, c->db, &who, &n, &w, &again);
	if (e == ERR_RUNNING_LIMIT)
		tell_limit(c, u.id);
	return e ? e : after(c, &w);
}
