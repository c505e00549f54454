/* The applications of the site: roost.conf's sections, and who uses them. */
#include <string.h>

#include "base/command.h"
#include "base/uri.h"
#include "cgi/page_admin.h"
#include "store/ws_find.h"
#include "web/url.h"

/* An app that workspaces name; app NULL: it is in roost.conf no more. */
struct entry {
	const char *name;
	const struct app *app;
	struct ws_app count;
};

static const struct ws_app *
count_of(const struct ws_apps *counts, const char *name)
{
	for (size_t i = 0; i < counts->n; i++)
		if (strcmp(counts->v[i].app, name) == 0)
			return &counts->v[i];
	return NULL;
}

/* Those of roost.conf in its order, then those that only workspaces name. */
static size_t
entries(struct cx *cx, const struct ws_apps *counts, struct entry *v)
{
	const struct site *s = cx->site;
	const struct ws_app *n;
	size_t k = 0;

	for (size_t i = 0; i < s->n_apps; i++, k++) {
		v[k] = (struct entry){s->apps[i].name, &s->apps[i], {0}};
		if ((n = count_of(counts, v[k].name)) != NULL)
			v[k].count = *n;
	}
	for (size_t i = 0; i < counts->n; i++)
		if (site_app(s, counts->v[i].app) == NULL)
			v[k++] = (struct entry){counts->v[i].app, NULL,
						counts->v[i]};
	return k;
}

/* Is its program on this machine? Only where it runs on it. */
static const char *
installed(struct cx *cx, const struct app *a)
{
	const char *program;
	enum err e;

	if (a == NULL)
		return "unknown";
	if (strcmp(cx->site->engine, "process") != 0)
		return "elsewhere";
	e = command_program(cx, a, &program);
	cx_clear(cx);
	return e ? "missing" : "installed";
}

static const char *
or_site(const char *own, const char *site)
{
	return own[0] != '\0' ? own : site;
}

static void
view_app(struct cx *cx, struct json_object *o, const struct entry *en)
{
	const struct site *s = cx->site;
	const struct app *a = en->app;
	int64_t mb;

	view_text(o, "name", en->name);
	view_int(o, "workspaces", en->count.workspaces);
	view_int(o, "running", en->count.running);
	view_text(o, "program", installed(cx, a));
	view_bool(o, "default", a != NULL && a == site_app(s, NULL));
	view_bool(o, "hidden", a != NULL && a->hidden);
	view_text(o, "title", a != NULL ? or_site(a->title, a->name) : NULL);
	view_text(o, "command", a != NULL ? a->command : NULL);
	view_text(o, "network",
		  a != NULL ? or_site(a->network, s->network) : NULL);
	mb = a != NULL && a->memory_mb >= 0 ? a->memory_mb : s->memory_mb;
	if (a != NULL && mb > 0)
		view_int(o, "memory_mb", mb);
	else
		view_null(o, "memory_mb");
}

/* The same for all of them. */
static void
view_site(struct cx *cx, struct json_object *o)
{
	const struct site *s = cx->site;

	view_text(o, "engine", s->engine);
	view_bool(o, "sandbox_required", !s->allow_unsandboxed);
	view_int(o, "processes", s->processes);
	view_int(o, "file_size_mb", s->file_size_mb);
	view_int(o, "tmp_mb", s->tmp_mb);
}

/* What only the page shows. */
static void
add_words(struct cx *cx, struct json_object *o, const struct entry *en)
{
	const char *program = installed(cx, en->app);
	bool good = program[0] == 'i' || program[0] == 'e';

	view_text(o, "program_text", admin_word(cx, "app", program));
	view_text(o, "tone", good ? "RUNNING" : "ERROR");
	view_bool(o, "known", en->app != NULL);
	view_text(o, "found_query",
		  uri_encode(cx,
			     arena_printf(&cx->arena, "app:\"%s\"", en->name)));
}

enum err
admin_apps(struct cx *cx, struct call *c)
{
	struct json_object *list = view_list(c->view, "items"), *o;
	struct ws_apps counts;
	struct entry *v;
	size_t n;
	enum err e = workspace_apps(cx, c->db, &counts);

	if (e)
		return e;
	v = arena_array(&cx->arena, cx->site->n_apps + counts.n + 1,
			sizeof(*v));
	n = entries(cx, &counts, v);
	for (size_t i = 0; i < n; i++) {
		o = view_obj(list, NULL);
		view_app(cx, o, &v[i]);
		if (!c->api)
			add_words(cx, o, &v[i]);
	}
	if (!c->api)
		view_bool(c->view, "has_items", n > 0);
	view_site(cx, c->view);
	return OK;
}

enum err
page_apps(struct cx *cx, struct call *c)
{
	enum err e = admin_apps(cx, c);

	if (!e)
		admin_frame(cx, c, ADMIN_APPS, NULL, "admin_apps");
	return e;
}
