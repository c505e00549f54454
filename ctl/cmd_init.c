/*
 * roostctl init: makes a site.
 *
 * 1. Each step is done only where it is missing, so that one that was
 *    interrupted is completed by the next, and a complete site is left alone.
 * 2. roost.conf appears whole, and only after it was found to be valid.
 * 3. The password is printed after the user is in the database.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/fs.h"
#include "base/id.h"
#include "ctl/apps.h"
#include "ctl/ctl.h"
#include "ctl/share.h"
#include "engine/engine.h"
#include "home/home.h"
#include "service/auth.h"

#define CONF_MAX (256 * 1024)
#define UID_BASE "200000"

/* May everybody pass through the directories above this one? */
static bool
open_above(struct ctl *c, const char *dir)
{
	char *path = arena_strdup(&c->cx.arena, dir), *slash;
	struct stat st;

	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (stat(path, &st) || !(st.st_mode & S_IXOTH))
			return false;
	}
	return true;
}

static bool
own_uids(struct ctl *c, const char *dir)
{
	return geteuid() == 0 && open_above(c, dir);
}

/* text with every word replaced; pairs ends with NULL. */
static void
fill(struct buf *out, const char *text, const char *const pairs[])
{
	size_t i, len;

	while (*text) {
		for (i = 0; pairs[i]; i += 2) {
			len = strlen(pairs[i]);
			if (!strncmp(text, pairs[i], len))
				break;
		}
		if (pairs[i]) {
			buf_puts(out, pairs[i + 1]);
			text += strlen(pairs[i]);
		} else
			buf_putc(out, *text++);
	}
}

/* share/apps.conf as a site of its own, for a look at its sections. */
static enum err
shipped_apps(struct ctl *c, const char *dir, struct site *s)
{
	return site_parse(&c->cx, dir, share_apps_conf, strlen(share_apps_conf),
			  s);
}

/* The first application that people see and that is installed. */
static const char *
choose_app(struct ctl *c, const struct site *s)
{
	size_t i;

	for (i = 0; i < s->n_apps; i++)
		if (!s->apps[i].hidden && app_installed(&c->cx, &s->apps[i]))
			return arena_strdup(&c->cx.arena, s->apps[i].name);
	return NULL;
}

/* Sections of what is not installed stay, but nobody is offered them. */
static void
put_apps(struct ctl *c, const struct site *s, struct buf *out)
{
	const char *line = share_apps_conf, *end;
	const struct app *a;
	char name[65];

	for (; *line; line = end) {
		end = strchr(line, '\n');
		end = end ? end + 1 : line + strlen(line);
		buf_add(out, line, (size_t)(end - line));
		if (sscanf(line, "[app %64[a-z0-9-]]", name) != 1)
			continue;
		a = site_app(s, name);
		if (a && !a->hidden && !app_installed(&c->cx, a))
			buf_puts(out, "# Not installed when this site was "
				      "made; take this line out when it is.\n"
				      "hidden = yes\n");
	}
}

static enum err
compose(struct ctl *c, const char *dir, struct buf *out)
{
	const char *app, *port = c->option[OPTION_PORT];
	struct arena *a = &c->cx.arena;
	char id[ID_UUID_LEN + 1];
	struct site shipped;
	int64_t n = 8080;
	enum err e;

	if (port && (e = ctl_number(c, "--port", port, 1, 65535, &n)))
		return e;
	if ((e = shipped_apps(c, dir, &shipped)))
		return e;
	app = choose_app(c, &shipped);
	id_uuid(id);
	id[8] = '\0';
	fill(out, share_roost_conf,
	     (const char *const[]){"@SITE_ID@", arena_printf(a, "roost-%s", id),
				   "@BASE_URL@",
				   arena_printf(a, "http://127.0.0.1:%d",
						(int)n),
				   "@UID_BASE@",
				   own_uids(c, dir)
					   ? "instance_uid_base = " UID_BASE
					   : "#instance_uid_base = 0",
				   "@DEFAULT_APP@",
				   app ? arena_printf(a, "default_app = %s",
						      app)
				       : "#default_app =",
				   NULL});
	put_apps(c, &shipped, out);
	site_free(&shipped);
	if (out->over)
		return cx_fail(&c->cx, ERR_INTERNAL, "roost.conf is too long");
	if (!app)
		fprintf(stderr, "roostctl: no application for workspaces is "
				"installed yet; see the end of roost.conf\n");
	return OK;
}

/* A site that has lost its roost.conf is no new one: its homes may be
 * somewhere else, its instances under another name. */
static enum err
no_site_yet(struct ctl *c, const char *dir)
{
	static const char *const made[] = {"roost.db", "homes", "archives"};
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (fs_exists(
			    arena_printf(&c->cx.arena, "%s/%s", dir, made[i])))
			return cx_fail(&c->cx, ERR_CONFIG,
				       "%s holds a site (%s) whose roost.conf "
				       "is missing: put its copy back; without "
				       "one, make a site elsewhere and take "
				       "its roost.conf",
				       dir, made[i]);
	return OK;
}

static enum err
make_conf(struct ctl *c, const char *dir)
{
	const char *path = arena_printf(&c->cx.arena, "%s/roost.conf", dir);
	struct site s;
	struct buf b;
	enum err e;

	if (fs_exists(path))
		return OK;
	if ((e = no_site_yet(c, dir)))
		return e;
	buf_init(&b, CONF_MAX);
	if (!(e = compose(c, dir, &b)) &&
	    !(e = site_parse(&c->cx, dir, buf_str(&b), b.len, &s))) {
		site_free(&s);
		e = fs_write_sync(&c->cx, path, b.data, b.len, 0600);
	}
	buf_free(&b);
	return e;
}

static enum err
make_dir(struct ctl *c, const char *path, mode_t mode)
{
	enum err e = fs_mkdirs(&c->cx, path, 0700);

	if (e)
		return e;
	return chmod(path, mode) ? cx_errno(&c->cx, errno, "chmod %s", path)
				 : OK;
}

/*
 * Who comes from outside passes through the site and run/ (the web server to
 * its sockets, an instance with a uid of its own to its home), but lists
 * nothing.
 */
static enum err
make_dirs(struct ctl *c)
{
	const struct site *s = &c->site;
	mode_t homes = s->instance_uid_base ? 0711 : 0700;
	enum err e;

	if ((e = make_dir(c, s->dir, 0711)) ||
	    (e = make_dir(c, s->homes_dir, homes)) ||
	    (e = make_dir(c, s->archives_dir, 0700)) ||
	    (e = make_dir(c, s->run_dir, 0711)))
		return e;
	return make_dir(c, s->log_dir, 0700);
}

/*
 * What homes and archives need below their directories. A pass does not make
 * it: a disk that is not mounted must not look like an empty one.
 */
static enum err
make_places(struct ctl *c)
{
	const struct engine_ops *engine;
	const struct home_ops *home;
	const struct store_ops *store;
	enum err e;

	if ((e = home_find(&c->cx, &home)) || (e = home->probe(&c->cx)) ||
	    (e = store_find(&c->cx, &store)) || (e = store->probe(&c->cx)))
		return e;
	if (engine_find(&c->cx, &engine) || engine->probe(&c->cx)) {
		fprintf(stderr, "roostctl: instances cannot run yet: %s\n",
			c->cx.why);
		cx_clear(&c->cx);
	}
	return OK;
}

/*
 * With a new database beside old homes and archives nobody would own them,
 * and the archives would be collected.
 */
static enum err
nothing_to_lose(struct ctl *c)
{
	const struct home_ops *home;
	const struct store_ops *store;
	struct archive_names archives;
	struct home_names homes;
	enum err e;

	if ((e = home_find(&c->cx, &home)) ||
	    (e = home->list(&c->cx, &homes)) ||
	    (e = store_find(&c->cx, &store)) ||
	    (e = store->list(&c->cx, &archives)))
		return e;
	if (!homes.n && !archives.n)
		return OK;
	return cx_fail(&c->cx, ERR_CONFIG,
		       "there are %zu homes and %zu archives, but no database "
		       "%s: bring its last backup back with `roostctl "
		       "restore`; to begin anew, move them away first",
		       homes.n, archives.n, c->site.db_path);
}

static enum err
make_admin(struct ctl *c)
{
	char password[33];
	int64_t n;
	enum err e;

	if ((e = user_count_admins(&c->cx, c->db, &n)) || n)
		return e;
	password_random(password);
	if (!(e = auth_user_add(&c->cx, c->db, &who_ctl, "admin", password,
				ROLE_ADMIN, NULL)))
		printf("password: %s\n", password);
	explicit_bzero(password, sizeof(password));
	return e;
}

enum err
ctl_init(struct ctl *c)
{
	char dir[PATH_MAX];
	struct stat st;
	bool was_there;
	enum err e;

	umask(022);
	if ((e = fs_mkdirs(&c->cx, c->arg[0], 0700)))
		return e;
	if (!realpath(c->arg[0], dir))
		return cx_errno(&c->cx, errno, "%s", c->arg[0]);
	if ((e = make_conf(c, dir)) || (e = site_load(&c->cx, dir, &c->site)))
		return e;
	c->cx.site = &c->site;
	was_there = !stat(c->site.db_path, &st) && st.st_size;
	if (!was_there && ((e = make_dirs(c)) || (e = make_places(c)) ||
			   (e = nothing_to_lose(c))))
		return e;
	umask(077);
	if ((e = db_open(&c->cx, DB_CREATE, &c->db)))
		return e;
	return make_admin(c);
}
