/* What a handler process makes once, and what each of its threads has. */
#include <json-c/json.h>
#include <string.h>

#include "cgi/app.h"

enum err
program_open(struct cx *cx, const struct site *site, struct program *p)
{
	const char *dir;
	enum err e;

	memset(p, 0, sizeof(*p));
	p->site = site;
	/* The cheap hash: views have our own keys, and an object that somebody
	 * sends has 256 at most (web/json.c). */
	json_global_set_string_hash(JSON_C_STR_HASH_PERLLIKE);
	app_forms_index(p);
	dir = arena_printf(&cx->arena, "%s/templates", site_www(cx));
	if ((e = app_routes(cx, &p->routes)) ||
	    (e = templates_load(cx, dir, &page_words, &p->templates)))
		program_close(p);
	return e;
}

void
program_close(struct program *p)
{
	routes_free(p->routes);
	templates_free(p->templates);
	memset(p, 0, sizeof(*p));
}

enum err
worker_open(struct cx *cx, const struct program *p, struct worker *w)
{
	enum err e;

	memset(w, 0, sizeof(*w));
	w->program = p;
	if ((e = db_open(cx, DB_READ, &w->read)) ||
	    (e = db_open(cx, DB_WRITE, &w->write))) {
		worker_close(w);
		return e;
	}
	w->snapshots = strcmp(db_journal(w->read), "wal") == 0;
	return OK;
}

void
worker_close(struct worker *w)
{
	db_close(w->read);
	db_close(w->write);
	cx_end(&w->cx);
	memset(w, 0, sizeof(*w));
}
