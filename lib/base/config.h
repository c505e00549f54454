/*
 * roost.conf: `key = value` lines, `# comment` lines, [app NAME] sections.
 *
 * 1. Unknown, repeated and ill-typed keys are refused with the line's number.
 * 2. Paths come out absolute. Nothing is created or opened here.
 * 3. A struct site is read once per process and never changes.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cx.h"

#define SITE_KEYS 64 /* config.def has no more rows */

struct app_env {
	const char *name, *value;
};

struct app {
	const char *name; /* [a-z0-9-]{1,64} */
#define TEXT(key) const char *key;
#define PATH(key) const char *key;
#define INT(key) int64_t key;
#define BOOL(key) bool key;
#define X(type, key, def, least, most, help) type(key)
#include "base/app.def"
#undef X
	const struct app_env *env;
	size_t n_env;
};

struct site {
	const char *dir; /* absolute; holds roost.conf */
#define X(type, key, def, least, most, help) type(key)
#include "base/config.def"
#undef X
#undef TEXT
#undef PATH
#undef INT
#undef BOOL
	/* by the row of config.def: does roost.conf say it? */
	bool stated[SITE_KEYS];
	const struct app *apps;
	size_t n_apps;
	struct arena arena; /* owns it all */
};

/* Reads DIR/roost.conf. ERR_CONFIG names file, line and remedy. */
MUST_USE enum err site_load(struct cx *cx, const char *dir, struct site *site);
/* The same from text, for tests and for checking an edit before saving. */
MUST_USE enum err site_parse(struct cx *cx, const char *dir, const char *text,
			     size_t n, struct site *site);
void site_free(struct site *site);

/* NULL when there is none. "" or NULL means the default app. */
const struct app *site_app(const struct site *site, const char *name);
/* {run_dir}/{id}{suffix}, e.g. ".lock"; in cx's arena. */
const char *site_run_path(struct cx *cx, const char *id, const char *suffix);
/* {run_dir}/{name} */
const char *site_run_file(struct cx *cx, const char *name);
/* Where the site answers, without a slash at its end: base_url, else what `make
 * run` has left in run/url; NULL when nobody has said. */
const char *site_url(struct cx *cx);
/* Directory of the running program, for programs that stand beside it. */
const char *site_libexec(struct cx *cx);
/* www_dir, or ../www or ../../../www beside the programs. */
const char *site_www(struct cx *cx);
/* Prints every key with default and help, as roost.conf that could be used. */
void site_reference(struct buf *out);

#endif
