#include "reconcile/audit.h"

#include <string.h>

#include "store/meta.h"
#include "store/workspace.h"

#define PAGE 1000

/* Ids in order, taken one by one. */
struct names {
	const char **v;
	size_t n, cap;
};

static void
push(struct cx *cx, struct names *l, const char *s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		const char **v = arena_array(&cx->arena, cap, sizeof *v);

		if (l->n)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = s;
}

enum err
audit_due(struct cx *cx, struct world *w, bool *due)
{
	int64_t last;
	enum err e;

	if ((e = meta_get(cx, w->db, META_LAST_AUDIT_MS, &last)))
		return e;
	/* A clock that was set back must not put it off for ever. */
	*due = last > cx->now_ms ||
	       cx->now_ms - last >=
		       w->set.v[SETTING_AUDIT_INTERVAL_SECONDS] * 1000;
	return OK;
}

/* Should a home be there, going by the row? */
static bool
should_have(const struct ws_brief *b)
{
	enum status s =
		b->status == STATUS_ERROR ? b->previous_status : b->status;

	return s == STATUS_STANDBY || s == STATUS_RUNNING;
}

/* What an operation is at work on is not judged from a listing; what is
 * said to be lost is lost already. */
static bool
is_suspect(const struct ws_brief *b, bool home)
{
	if (b->operation != OPERATION_NONE)
		return false;
	if (b->status == STATUS_ERROR && b->error_reason == REASON_DATA_LOST)
		return home;
	return should_have(b) != home;
}

/* The listing and the rows are both in order of id: one walk. */
static void
compare(struct cx *cx, const struct home_names *homes, size_t *at,
	const struct ws_brief *b, struct names *suspects, struct names *strange)
{
	bool home;

	while (*at < homes->n && strcmp(homes->v[*at], b->id) < 0)
		push(cx, strange, homes->v[(*at)++]);
	home = *at < homes->n && !strcmp(homes->v[*at], b->id);
	if (home)
		++*at;
	if (is_suspect(b, home))
		push(cx, suspects, b->id);
}

/* A row that was made after the listing is no reason for anything: suspects
 * are looked at again before they are judged. */
enum err
audit_homes(struct cx *cx, struct world *w, struct audit_result *out)
{
	struct names suspects = {0}, strange = {0};
	struct home_names homes;
	struct ws_briefs page;
	const char *after = "";
	size_t at = 0;
	enum err e;

	if ((e = w->home->list(cx, &homes)))
		return e;
	do {
		if ((e = workspace_briefs(cx, w->db, after, PAGE, &page)))
			return e;
		for (size_t i = 0; i < page.n; i++)
			compare(cx, &homes, &at, &page.v[i], &suspects,
				&strange);
		if (page.n)
			after = page.v[page.n - 1].id;
	} while (page.n == PAGE);
	while (at < homes.n)
		push(cx, &strange, homes.v[at++]);
	*out = (struct audit_result){
		.suspects = suspects.v,
		.n = suspects.n,
		.strange = strange.v,
		.n_strange = strange.n,
		.homes = homes.n,
	};
	return OK;
}

enum err
audit_done(struct cx *cx, struct world *w)
{
	return meta_set(cx, w->db, META_LAST_AUDIT_MS, cx->now_ms);
}
