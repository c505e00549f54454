#include "reconcile/incident.h"

#include "rules/plan.h"
#include "store/user.h"

/* Names are people's words: nothing in them may break the line. */
static const char *
line_safe(struct cx *cx, const char *s)
{
	char *out = arena_strdup(&cx->arena, s ? s : "");

	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	return out;
}

static enum err
say(struct cx *cx, struct world *w, const struct workspace *ws)
{
	struct user owner;
	enum err e = user_by_id(cx, w->db, ws->owner_id, &owner);
	const char *base =
		cx->site && cx->site->base_url ? cx->site->base_url : "";

	if (e && e != ERR_NOT_FOUND)
		return e;
	w->say(w->arg,
	       arena_printf(&cx->arena,
			    "roost: workspace \"%s\" (%s) of %s: %s: %s. "
			    "See %s/workspaces/%s",
			    line_safe(cx, ws->name), ws->id,
			    e ? "nobody" : line_safe(cx, owner.name),
			    reason_name(ws->error_reason),
			    line_safe(cx, ws->error_message), base, ws->id));
	cx_clear(cx);
	return OK;
}

enum err
incident_report(struct cx *cx, struct world *w, const struct view *v)
{
	for (size_t i = 0; w->say && i < v->n; i++) {
		const struct workspace *ws = &v->v[i].ws;
		enum err e;

		if (!retry_over(ws, &w->set) || ws->reported_ms ||
		    ws->error_reason == REASON_NONE)
			continue;
		e = workspace_report(cx, w->db, ws->id);
		if (e == ERR_CONFLICT) {
			cx_clear(cx);
			continue;
		}
		if (e || (e = say(cx, w, ws)))
			return e;
	}
	return OK;
}
