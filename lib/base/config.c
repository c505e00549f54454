#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_key.h"
#include "base/fs.h"
#include "base/host.h"

#define CONFIG_MAX (256 * 1024)
#define APPS_MAX 64
#define ENV_MAX 64

struct parser {
	struct cx *cx;
	struct site *site;
	struct app *apps;
	struct app *app; /* the section we are in; NULL: the site */
	struct app_env *env;
	bool seen_site[KEYS_MAX], seen_app[KEYS_MAX];
	unsigned line;
};

static enum err
bad(struct parser *p, const char *key, const char *what)
{
	return cx_fail(p->cx, ERR_CONFIG, "%s/roost.conf line %u: %s%s%s",
		       p->site->dir, p->line, key, *key ? ": " : "", what);
}

static bool
name_ok(const char *s, const char *more)
{
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(more, s[i]))
			return false;
	return n >= 1 && n <= 64;
}

static enum err
set_env(struct parser *p, const char *name, const char *v)
{
	struct app *a = p->app;

	if (!name_ok(name, "_") || isdigit((unsigned char)*name))
		return bad(p, name, "not a name of a variable");
	if (a->n_env == ENV_MAX)
		return bad(p, name, "too many variables");
	p->env[a->n_env++] =
		(struct app_env){arena_strdup(&p->site->arena, name),
				 arena_strdup(&p->site->arena, v)};
	return OK;
}

/* Values go into headers, command lines and answers: none breaks a line. */
static bool
is_plain(const char *v)
{
	for (; *v; v++)
		if (((unsigned char)*v < ' ' && *v != '\t') || *v == 127)
			return false;
	return true;
}

static enum err
assign(struct parser *p, const char *name, const char *v)
{
	const struct keys *keys = p->app ? &keys_app : &keys_site;
	bool *seen = p->app ? p->seen_app : p->seen_site;
	char why[KEY_WHY_MAX];
	size_t i;

	if (!is_plain(v))
		return bad(p, name, "there is a control character in it");
	if (p->app && !strncmp(name, "env.", 4))
		return set_env(p, name + 4, v);
	i = key_find(keys, name);
	if (i == keys->n)
		return bad(p, name, "there is no such key here");
	if (seen[i])
		return bad(p, name, "is given twice");
	seen[i] = true;
	if (!key_set(keys, i, &p->site->arena, p->site->dir, v,
		     p->app ? (void *)p->app : (void *)p->site, why))
		return bad(p, name, why);
	return OK;
}

static enum err
end_section(struct parser *p)
{
	if (!p->app)
		return OK;
	if (!*p->app->command)
		return bad(p, p->app->name, "the app above has no command");
	if (!*p->app->title)
		p->app->title = p->app->name;
	return OK;
}

static enum err
begin_app(struct parser *p, const char *name)
{
	struct site *s = p->site;
	enum err e;
	size_t i;

	if ((e = end_section(p)))
		return e;
	if (!name_ok(name, "-") || strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return bad(p, name, "an app's name is a-z, 0-9 and -");
	for (i = 0; i < s->n_apps; i++)
		if (!strcmp(p->apps[i].name, name))
			return bad(p, name, "there are two apps of this name");
	if (s->n_apps == APPS_MAX)
		return bad(p, name, "too many apps");
	p->app = &p->apps[s->n_apps++];
	p->env = arena_array(&s->arena, ENV_MAX, sizeof(*p->env));
	p->app->env = p->env;
	p->app->name = arena_strdup(&s->arena, name);
	memset(p->seen_app, 0, sizeof(p->seen_app));
	key_defaults(&keys_app, &s->arena, s->dir, p->app);
	return OK;
}

static char *
trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

static enum err
take_line(struct parser *p, char *line)
{
	char *eq, *close;

	line = trim(line);
	if (!*line || *line == '#')
		return OK;
	if (*line == '[') {
		close = strchr(line, ']');
		if (strncmp(line, "[app ", 5) || !close || close[1])
			return bad(p, "", "a section is [app NAME]");
		*close = '\0';
		return begin_app(p, trim(line + 5));
	}
	eq = strchr(line, '=');
	if (!eq)
		return bad(p, "", "expected key = value");
	*eq = '\0';
	return assign(p, trim(line), trim(eq + 1));
}

static enum err
take_lines(struct parser *p, char *text, size_t n)
{
	const char *end = text + n;
	char *next;
	enum err e;

	for (; text; text = next) {
		p->line++;
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		else if (text + strlen(text) != end)
			return bad(p, "", "a NUL byte: this is no text file");
		if ((e = take_line(p, text)))
			return e;
	}
	return end_section(p);
}

/* A path of names as every object store has them; no "..", no "//". */
static bool
prefix_ok(const char *s)
{
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-_./", s[i]))
			return false;
	return !n || (s[n - 1] == '/' && *s != '/' && !strstr(s, "//") &&
		      !strstr(s, ".."));
}

static bool
bucket_ok(const char *s)
{
	return strlen(s) >= 3 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") ==
		       strlen(s) &&
	       !strchr(".-", *s) && !strstr(s, "..");
}

static enum err
check_store(struct parser *p)
{
	const struct site *s = p->site;

	if (!strcmp(s->store, "dir"))
		return OK;
	if (strcmp(s->store, "s3"))
		return bad(p, "store", "dir or s3");
	if (!bucket_ok(s->s3_bucket))
		return bad(p, "s3_bucket",
			   "the name of a bucket: a-z, 0-9, dots and dashes");
	if (!prefix_ok(s->s3_prefix))
		return bad(p, "s3_prefix", "like archives/, or empty");
	if (!name_ok(s->s3_region, "-_"))
		return bad(p, "s3_region", "letters, digits and dashes");
	if (strcmp(s->s3_style, "path") && strcmp(s->s3_style, "host"))
		return bad(p, "s3_style", "path or host");
	return OK;
}

/* What one key alone cannot tell. */
static enum err
check_site(struct parser *p)
{
	const struct site *s = p->site;
	enum err e;

	if (strcmp(s->engine, "process") && strcmp(s->engine, "docker"))
		return bad(p, "engine", "process or docker");
	if (!strcmp(s->engine, "process") && strcmp(s->network, "none") &&
	    strcmp(s->network, "host"))
		return bad(p, "network", "none or host");
	if (strcmp(s->home, "directory") && strcmp(s->home, "volume"))
		return bad(p, "home", "directory or volume");
	if (!strcmp(s->home, "volume") && strcmp(s->engine, "docker"))
		return bad(p, "home", "volume only with engine = docker");
	if ((e = check_store(p)))
		return e;
	if (strcmp(s->count_open_connections, "yes") &&
	    strcmp(s->count_open_connections, "traffic"))
		return bad(p, "count_open_connections", "yes or traffic");
	if (host_refused(s))
		return bad(p, "workspace_domain", host_refused(s));
	if (s->port_base + s->slots > 65536)
		return bad(p, "port_base", "port_base + slots is over 65536");
	if (*s->default_app && !site_app(s, s->default_app))
		return bad(p, "default_app", "there is no such app below");
	return OK;
}

enum err
site_parse(struct cx *cx, const char *dir, const char *text, size_t n,
	   struct site *site)
{
	struct site s = {0};
	struct parser p = {.cx = cx, .site = &s};
	enum err e;

	s.dir = arena_strdup(&s.arena, dir);
	p.apps = arena_array(&s.arena, APPS_MAX, sizeof(*p.apps));
	s.apps = p.apps;
	key_defaults(&keys_site, &s.arena, s.dir, &s);
	if ((e = take_lines(&p, arena_strndup(&s.arena, text, n), n)) ||
	    (e = check_site(&p))) {
		arena_release(&s.arena);
		return e;
	}
	memcpy(s.stated, p.seen_site, sizeof(s.stated));
	*site = s;
	return OK;
}

enum err
site_load(struct cx *cx, const char *dir, struct site *site)
{
	char abs[PATH_MAX], *path;
	struct buf b;
	enum err e;

	if (!realpath(dir, abs))
		return cx_fail(cx, ERR_CONFIG,
			       "%s: %s; make a site there with `roostctl init`",
			       dir, strerror(errno));
	path = arena_printf(&cx->arena, "%s/roost.conf", abs);
	buf_init(&b, CONFIG_MAX);
	e = fs_read(cx, path, &b);
	if (e == ERR_NOT_FOUND)
		e = cx_fail(cx, ERR_CONFIG,
			    "%s does not exist; make a site there with "
			    "`roostctl init %s`",
			    path, abs);
	if (!e)
		e = site_parse(cx, abs, buf_str(&b), b.len, site);
	buf_free(&b);
	return e;
}

void
site_free(struct site *site)
{
	arena_release(&site->arena);
}

void
site_reference(struct buf *out)
{
	key_print(&keys_site, out);
	buf_puts(out, "#[app NAME]\n\n");
	key_print(&keys_app, out);
}
