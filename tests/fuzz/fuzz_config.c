/*
 * roost.conf, as somebody may have typed it: it is taken, and then holds what
 * config.def promises of each key, or it is refused with the line's number.
 */
#include <string.h>

#include "base/config.h"
#include "base/config_key.h"
#include "fuzz.h"

#define DIR "/fuzz/site"

static void
text_fits(const char *v, int64_t least, int64_t most)
{
	MUST(v && (int64_t)strlen(v) >= least && (int64_t)strlen(v) <= most);
	MUST(!strpbrk(v, "\r\n"));
}

static void
path_fits(const char *v)
{
	MUST(v && (!*v || *v == '/') && !strpbrk(v, "\r\n"));
}

static void
app_fits(const struct app *a)
{
	MUST(*a->name && a->name[strspn(a->name, "abcdefghijklmnopqrstuvwxyz"
						 "0123456789-")] == '\0');
#define TEXT(key, least, most) text_fits(a->key, 0, most)
#define PATH(key, least, most) path_fits(a->key)
#define INT(key, least, most) MUST(a->key >= (least) || a->key == -1)
#define BOOL(key, least, most) MUST(a->key <= true)
#define X(type, key, def, least, most, help) type(key, least, most);
#include "base/app.def"
#undef X
#undef TEXT
#undef INT
	for (size_t i = 0; i < a->n_env; i++)
		MUST(*a->env[i].name && !strpbrk(a->env[i].name, "=\n"));
}

static void
site_fits(const struct site *s)
{
#define TEXT(key, least, most) text_fits(s->key, least, most)
#define INT(key, least, most) MUST(s->key >= (least) && s->key <= (most))
#undef PATH
#undef BOOL
#define PATH(key, least, most) path_fits(s->key)
#define BOOL(key, least, most) MUST(s->key <= true)
#define X(type, key, def, least, most, help) type(key, least, most);
#include "base/config.def"
#undef X
#undef TEXT
#undef PATH
#undef INT
#undef BOOL
	for (size_t i = 0; i < s->n_apps; i++) {
		app_fits(&s->apps[i]);
		MUST(site_app(s, s->apps[i].name) == &s->apps[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	struct site site = {0};
	enum err e = site_parse(&cx, DIR, (const char *)data, n, &site);

	if (e) {
		MUST(e == ERR_CONFIG && cx.why[0]);
		MUST(!site.apps && !site.n_apps);
	} else {
		site_fits(&site);
		site_free(&site);
	}
	cx_end(&cx);
	return 0;
}
