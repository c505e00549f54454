/* roostctl pass, passes. */
#include <stdio.h>
#include <string.h>

#include "base/proc.h"
#include "ctl/ctl.h"
#include "ctl/out.h"
#include "store/pass.h"

/* Longer than any pass that ends: the time limits of its operations do. */
#define PASS_DEADLINE_MS (INT64_C(24) * 3600 * 1000)

static const char *const keys[] = {"n",		"kind",	  "started_at",
				   "ms",	"rounds", "workspaces",
				   "begun",	"done",	  "failed",
				   "abandoned", "errors", "message"};

static void
add_row(struct out *o, const struct pass *p)
{
	out_int(o, p->n);
	out_text(o, passkind_name(p->kind));
	out_time(o, p->started_ms);
	if (p->ended_ms)
		out_int(o, p->ended_ms - p->started_ms);
	else
		out_none(o);
	out_int(o, p->rounds);
	out_int(o, p->workspaces);
	out_int(o, p->begun);
	out_int(o, p->done);
	out_int(o, p->failed);
	out_int(o, p->abandoned);
	out_int(o, p->errors);
	out_text(o, p->message);
}

static enum err
list(struct ctl *c, int64_t limit)
{
	struct passes all;
	struct out o;
	enum err e;
	size_t i;

	if ((e = pass_list(&c->cx, c->db, 0, limit, &all)))
		return e;
	OUT_INIT(&o, c, keys);
	for (i = 0; i < all.n; i++)
		add_row(&o, &all.v[i]);
	out_list(&o);
	return OK;
}

enum err
ctl_passes(struct ctl *c)
{
	int64_t limit = 20;
	enum err e;

	if (c->option[OPTION_LIMIT] &&
	    (e = ctl_number(c, "--limit", c->option[OPTION_LIMIT], 1, 10000,
			    &limit)))
		return e;
	return list(c, limit);
}

enum err
ctl_pass(struct ctl *c)
{
	const char *argv[] = {NULL, "--site", c->site.dir, "--kick", NULL};
	struct buf said;
	int status;
	enum err e;

	argv[0] = arena_printf(&c->cx.arena, "%s/roost-reconcile",
			       site_libexec(&c->cx));
	buf_init(&said, 64 * 1024);
	e = proc_run(&c->cx, argv, PASS_DEADLINE_MS, &said, &status);
	if (said.len)
		fwrite(said.data, 1, said.len, stderr);
	buf_free(&said);
	if (e)
		return e;
	if (status)
		return cx_fail(&c->cx, ERR_ACTION,
			       "roost-reconcile ended with status %d", status);
	return list(c, 1);
}
