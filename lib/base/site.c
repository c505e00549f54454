/* Places of a site, derived from its configuration. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/fs.h"

const struct app *
site_app(const struct site *site, const char *name)
{
	size_t i;

	if (!name || !*name)
		name = site->default_app;
	if (!*name)
		return site->n_apps ? &site->apps[0] : NULL;
	for (i = 0; i < site->n_apps; i++)
		if (!strcmp(site->apps[i].name, name))
			return &site->apps[i];
	return NULL;
}

const char *
site_run_path(struct cx *cx, const char *id, const char *suffix)
{
	return arena_printf(&cx->arena, "%s/%s%s", cx->site->run_dir, id,
			    suffix);
}

const char *
site_run_file(struct cx *cx, const char *name)
{
	return site_run_path(cx, name, "");
}

#define URL_MAX 400

static const char *
noted_url(struct cx *cx)
{
	const char *url = NULL;
	struct buf b;

	buf_init(&b, URL_MAX);
	if (fs_read(cx, site_run_file(cx, "url"), &b))
		cx_clear(cx);
	else
		url = arena_strndup(&cx->arena, buf_str(&b),
				    strcspn(buf_str(&b), "\r\n"));
	buf_free(&b);
	return url;
}

const char *
site_url(struct cx *cx)
{
	const char *url =
		*cx->site->base_url ? cx->site->base_url : noted_url(cx);
	size_t n = url ? strlen(url) : 0;

	while (n && url[n - 1] == '/')
		n--;
	return n ? arena_strndup(&cx->arena, url, n) : NULL;
}

static const char *
program_dir(struct cx *cx)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return ".";
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return arena_strdup(&cx->arena, path);
}

const char *
site_libexec(struct cx *cx)
{
	return *cx->site->libexec_dir ? cx->site->libexec_dir : program_dir(cx);
}

/* Installed: PREFIX/bin beside PREFIX/share/roost/www; built:
 * build/FLAVOUR/bin below the source tree. */
const char *
site_www(struct cx *cx)
{
	static const char *const places[] = {"../share/roost/www", "../www",
					     "../../../www"};
	const char *dir = program_dir(cx), *www = NULL;
	size_t i;

	if (*cx->site->www_dir)
		return cx->site->www_dir;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		www = arena_printf(&cx->arena, "%s/%s", dir, places[i]);
		if (fs_exists(arena_printf(&cx->arena, "%s/templates", www)))
			break;
	}
	return www;
}
