/* What doctor asks of the outside: engine, applications, homes, store. */
#include <string.h>

#include "archive/archive.h"
#include "ctl/apps.h"
#include "ctl/doctor.h"
#include "engine/engine.h"
#include "home/home.h"
#include "rules/names.h"
#include "store/setting.h"
#include "store/workspace.h"

#define PAGE 500
#define NAMED 5

void
doctor_engine(struct doctor *d)
{
	const struct engine_ops *engine;
	struct instances all;
	struct cx *cx = &d->c->cx;

	if (!d->site)
		return;
	if (engine_find(cx, &engine) || engine->probe(cx) ||
	    engine->list(cx, &all))
		doctor_fail(d, VERDICT_FAIL);
	else
		doctor_say(d, VERDICT_OK, "%s works; %zu instances run",
			   engine->name, all.n);
	if (d->c->site.allow_unsandboxed)
		doctor_say(d, VERDICT_WARN,
			   "allow_unsandboxed = yes: workspaces are not kept "
			   "apart where bubblewrap does not work; for people "
			   "who trust each other only");
	if (!strcmp(d->c->site.network, "host"))
		doctor_say(d, VERDICT_WARN,
			   "network = host: every workspace reaches all that "
			   "listens on this machine's loopback");
}

void
doctor_slots(struct doctor *d)
{
	struct settings set;
	int64_t most;

	if (!d->db)
		return;
	if (settings_load(&d->c->cx, d->c->db, &set)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	most = set.v[SETTING_MAX_RUNNING_GLOBAL];
	if (most > d->c->site.slots)
		doctor_say(d, VERDICT_WARN,
			   "%lld ways to instances, but max_running_global is "
			   "%lld; raise slots in roost.conf and restart the "
			   "web server, or lower the setting",
			   (long long)d->c->site.slots, (long long)most);
	else
		doctor_say(d, VERDICT_OK, "%lld for at most %lld instances",
			   (long long)d->c->site.slots, (long long)most);
}

/* Nobody would reach it: the engine refuses to start it. */
static bool
is_cut_off(const struct site *s, const struct app *a)
{
	const char *network = *a->network ? a->network : s->network;

	return strstr(a->command, "{port}") && strcmp(network, "host");
}

void
doctor_apps(struct doctor *d)
{
	const struct site *s = &d->c->site;
	const struct app *def = d->site ? site_app(s, NULL) : NULL;
	size_t i;

	if (!d->site)
		return;
	if (!def)
		doctor_say(d, VERDICT_FAIL,
			   "roost.conf names no application; add an [app NAME] "
			   "section");
	/* Programs in images: doctor_docker looks for those. */
	for (i = 0; i < s->n_apps; i++) {
		const struct app *a = &s->apps[i];

		if (is_cut_off(s, a))
			doctor_say(d, VERDICT_FAIL,
				   "%s listens on {port}, and nobody can reach "
				   "that: set network = host in its section, "
				   "or let it listen on {socket}",
				   a->name);
		else if (!strcmp(s->engine, "docker"))
			doctor_say(d, VERDICT_OK, "%s%s: in its image", a->name,
				   a == def ? " (default)" : "");
		else if (app_installed(&d->c->cx, a))
			doctor_say(d, VERDICT_OK, "%s%s: %s", a->name,
				   a == def ? " (default)" : "",
				   app_program(&d->c->cx, a));
		else if (a->hidden && a != def)
			doctor_say(d, VERDICT_OK,
				   "%s: not installed, and not offered",
				   a->name);
		else
			doctor_say(d, a == def ? VERDICT_FAIL : VERDICT_WARN,
				   "%s%s: %s is not installed; install it, or "
				   "take the section out of roost.conf",
				   a->name, a == def ? " (default)" : "",
				   app_program(&d->c->cx, a));
	}
}

/* A home whose workspace is not known: left by a restored database, say. */
static enum err
is_stray(struct ctl *c, const char *id, bool *stray)
{
	struct workspace w;
	enum err e = workspace_get(&c->cx, c->db, id, &w);

	if (e && e != ERR_WS_NOT_FOUND)
		return e;
	*stray = e || (w.status == STATUS_DELETED && w.deleted_ms);
	cx_clear(&c->cx);
	return OK;
}

static void
say_stray(struct doctor *d, const struct home_ops *home, const char *id)
{
	struct cx *cx = &d->c->cx;
	const char *path = home->path(cx, id);
	struct tree t = {.path = path};

	if (home->tree(cx, id, &t))
		cx_clear(cx);
	if (t.volume)
		doctor_say(d, VERDICT_WARN,
			   "%s belongs to no workspace; when nobody misses it, "
			   "remove it: docker rm %s && docker volume rm %s && "
			   "rm %s",
			   path, t.volume, t.volume, path);
	else
		doctor_say(d, VERDICT_WARN,
			   "%s belongs to no workspace; when nobody misses it, "
			   "remove it",
			   path);
}

/* Homes that are there but for what leads to them. */
static enum err
say_lost(struct doctor *d, const struct home_ops *home)
{
	struct cx *cx = &d->c->cx;
	struct home_names lost, empty;
	enum err e;
	size_t i;

	if ((e = home->strays(cx, &lost, &empty)))
		return e;
	for (i = 0; i < lost.n && i < NAMED; i++)
		doctor_say(d, VERDICT_WARN,
			   "no note in %s names the volume %s (did it come "
			   "from an older copy?); to make it the home that its "
			   "name says, where that has none: echo %s > %s/%.*s; "
			   "when nobody misses it: docker rm %s; docker volume "
			   "rm %s",
			   cx->site->homes_dir, lost.v[i], lost.v[i],
			   cx->site->homes_dir, (int)strcspn(lost.v[i], "."),
			   lost.v[i], lost.v[i], lost.v[i]);
	if (lost.n > NAMED)
		doctor_say(d, VERDICT_WARN, "and %zu more like it",
			   lost.n - NAMED);
	for (i = 0; i < empty.n && i < NAMED; i++)
		doctor_say(d, VERDICT_WARN,
			   "%s names a volume that the container engine has "
			   "not: is docker_host the engine that it was made "
			   "in? When the volume is gone for good: rm %s",
			   empty.v[i], empty.v[i]);
	if (empty.n > NAMED)
		doctor_say(d, VERDICT_WARN, "and %zu more like it",
			   empty.n - NAMED);
	return OK;
}

void
doctor_homes(struct doctor *d)
{
	const struct home_ops *home;
	struct home_names all;
	struct cx *cx = &d->c->cx;
	size_t i, n = 0;
	bool stray;

	if (!d->db)
		return;
	if (home_find(cx, &home) || home->probe(cx) || home->list(cx, &all)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	for (i = 0; i < all.n; i++) {
		if (is_stray(d->c, all.v[i], &stray)) {
			doctor_fail(d, VERDICT_FAIL);
			return;
		}
		if (stray && n++ < NAMED)
			say_stray(d, home, all.v[i]);
	}
	if (n > NAMED)
		doctor_say(d, VERDICT_WARN, "and %zu more like it", n - NAMED);
	if (home->strays && say_lost(d, home)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	doctor_say(d, VERDICT_OK, "%zu homes", all.n);
}

static bool
has_key(const struct archive_names *all, const char *key)
{
	size_t low = 0, high = all->n, mid;
	int cmp;

	while (low < high) {
		mid = low + (high - low) / 2;
		cmp = strcmp(all->v[mid], key);
		if (!cmp)
			return true;
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Archives that rows name and the store does not have. */
static enum err
count_missing(struct doctor *d, const struct archive_names *all, size_t *n)
{
	struct ctl *c = d->c;
	struct ws_briefs page;
	const char *after = "";
	enum err e;
	size_t i;

	do {
		if ((e = workspace_briefs(&c->cx, c->db, after, PAGE, &page)))
			return e;
		for (i = 0; i < page.n; i++) {
			const struct ws_brief *w = &page.v[i];

			after = w->id;
			if (w->deleted_ms || !w->archive_key ||
			    has_key(all, w->archive_key))
				continue;
			if ((*n)++ < NAMED)
				doctor_say(d, VERDICT_FAIL,
					   "the archive %s of workspace %s is "
					   "not in the store; bring it back "
					   "from a copy of the store",
					   w->archive_key, w->id);
		}
	} while (page.n == PAGE);
	return OK;
}

void
doctor_store(struct doctor *d)
{
	const struct store_ops *store;
	struct archive_names all;
	struct cx *cx = &d->c->cx;
	size_t n = 0;

	if (!d->db)
		return;
	if (store_find(cx, &store)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	if (store == &store_s3 && !doctor_s3(d))
		return;
	if (store->probe(cx) || store->list(cx, &all) ||
	    count_missing(d, &all, &n))
		doctor_fail(d, VERDICT_FAIL);
	else if (n)
		doctor_say(d, VERDICT_FAIL, "%zu archives are missing in all",
			   n);
	else
		doctor_say(d, VERDICT_OK, "%s works; %zu archives", store->name,
			   all.n);
}
