/* What doctor looks at without the database: settings, programs, disks. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "ctl/doctor.h"

/* The longest name below run/ that something connects to. */
#define SOCKET_TAIL "/slots/9999.sock"
#define SOCKET_MAX 107

#define SPACE_FAIL (UINT64_C(64) << 20)
#define SPACE_WARN (UINT64_C(1) << 30)
#define INODES_WARN 10000

static struct ctl *
site_of(struct doctor *d)
{
	return d->site ? d->c : NULL;
}

void
doctor_config(struct doctor *d)
{
	struct ctl *c = d->c;

	if (!c->site_dir) {
		doctor_say(d, VERDICT_FAIL,
			   "which site? say --site DIR, or set ROOST_SITE");
		return;
	}
	if (site_load(&c->cx, c->site_dir, &c->site)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	c->cx.site = &c->site;
	d->site = true;
	doctor_say(d, VERDICT_OK, "%s/roost.conf: site %s, engine %s, store %s",
		   c->site.dir, c->site.site_id, c->site.engine, c->site.store);
	if (!strcmp(c->site.homes_dir, c->site.archives_dir) ||
	    !strcmp(c->site.homes_dir, c->site.run_dir) ||
	    !strcmp(c->site.archives_dir, c->site.run_dir))
		doctor_say(d, VERDICT_FAIL,
			   "homes_dir, archives_dir and run_dir must be three "
			   "directories; change roost.conf");
}

void
doctor_programs(struct doctor *d)
{
	struct ctl *c = site_of(d);
	const char *path;

	if (!c)
		return;
	path = arena_printf(&c->cx.arena, "%s/roost-reconcile",
			    site_libexec(&c->cx));
	if (access(path, X_OK))
		doctor_say(d, VERDICT_FAIL,
			   "%s cannot be run; set libexec_dir in roost.conf to "
			   "where it is",
			   path);
	else
		doctor_say(d, VERDICT_OK, "%s", path);
	path = site_www(&c->cx);
	if (!path || access(arena_printf(&c->cx.arena, "%s/templates", path),
			    R_OK | X_OK))
		doctor_say(d, VERDICT_FAIL,
			   "there are no templates in %s; set www_dir in "
			   "roost.conf to the folder that holds them",
			   path ? path : "www");
	else
		doctor_say(d, VERDICT_OK, "pages from %s", path);
}

struct place {
	const char *key, *path;
	bool pass; /* others may pass through, not list */
};

static void
look_at(struct doctor *d, const struct place *p)
{
	struct stat st;

	if (stat(p->path, &st) || !S_ISDIR(st.st_mode))
		doctor_say(d, VERDICT_FAIL,
			   "%s: %s is no directory; make it: mkdir -m 700 %s",
			   p->key, p->path, p->path);
	else if (access(p->path, W_OK | X_OK))
		doctor_say(d, VERDICT_FAIL,
			   "%s: %s cannot be written: run this as the user who "
			   "runs Roost, or chown it",
			   p->key, p->path);
	else if (st.st_mode & (p->pass ? 066 : 077))
		doctor_say(d, VERDICT_WARN,
			   "%s: others may look into %s; close it: chmod %s %s",
			   p->key, p->path, p->pass ? "711" : "700", p->path);
	else
		doctor_say(d, VERDICT_OK, "%s: %s", p->key, p->path);
}

void
doctor_directories(struct doctor *d)
{
	struct ctl *c = site_of(d);
	struct stat st;
	size_t i;

	if (!c)
		return;
	const struct place places[] = {
		{"homes_dir", c->site.homes_dir, true},
		{"archives_dir", c->site.archives_dir, false},
		{"run_dir", c->site.run_dir, true},
		{"log_dir", c->site.log_dir, false},
	};
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		look_at(d, &places[i]);
	if (c->site.instance_uid_base && !stat(c->site.homes_dir, &st) &&
	    !(st.st_mode & S_IXOTH))
		doctor_say(d, VERDICT_FAIL,
			   "instances have user ids of their own and must pass "
			   "through %s: chmod 711 %s",
			   c->site.homes_dir, c->site.homes_dir);
	if (!stat(c->site.db_path, &st) && st.st_mode & 077)
		doctor_say(d, VERDICT_WARN,
			   "others may read %s; close it: chmod 600 %s",
			   c->site.db_path, c->site.db_path);
}

void
doctor_run(struct doctor *d)
{
	struct ctl *c = site_of(d);
	size_t n;

	if (!c)
		return;
	if (fs_is_network(c->site.run_dir))
		doctor_say(d, VERDICT_FAIL,
			   "%s is on a network filesystem, where locks and "
			   "sockets do not hold; set run_dir to a local one",
			   c->site.run_dir);
	n = strlen(c->site.run_dir) + strlen(SOCKET_TAIL);
	if (n > SOCKET_MAX)
		doctor_say(d, VERDICT_FAIL,
			   "the name of %s is %zu characters too long for "
			   "sockets below it; set run_dir to a shorter one",
			   c->site.run_dir, n - SOCKET_MAX);
	else
		doctor_say(d, VERDICT_OK, "%s: sockets fit", c->site.run_dir);
}

static void
look_at_space(struct doctor *d, const char *key, const char *path)
{
	uint64_t bytes, inodes;
	enum verdict v;

	if (fs_free(&d->c->cx, path, &bytes, &inodes)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	v = bytes < SPACE_FAIL				 ? VERDICT_FAIL
	    : bytes < SPACE_WARN || inodes < INODES_WARN ? VERDICT_WARN
							 : VERDICT_OK;
	doctor_say(d, v, "%s: %llu MiB and %llu inodes free%s", key,
		   (unsigned long long)(bytes >> 20),
		   (unsigned long long)inodes,
		   v ? "; make room there, or move it to another disk" : "");
}

void
doctor_space(struct doctor *d)
{
	struct ctl *c = site_of(d);

	if (!c)
		return;
	look_at_space(d, "homes_dir", c->site.homes_dir);
	look_at_space(d, "archives_dir", c->site.archives_dir);
	look_at_space(d, "run_dir", c->site.run_dir);
	look_at_space(d, "log_dir", c->site.log_dir);
	if (fs_exists(c->site.db_path))
		look_at_space(d, "db_path", c->site.db_path);
}

void
doctor_users(struct doctor *d)
{
	struct ctl *c = site_of(d);

	if (!c)
		return;
	if (geteuid() == 0 && !c->site.instance_uid_base)
		doctor_say(d, VERDICT_WARN,
			   "Roost runs as root and so do instances on the "
			   "host's side of their sandbox; run Roost as a user, "
			   "or put the site where everybody may pass and set "
			   "instance_uid_base");
	else if (geteuid() == 0)
		doctor_say(d, VERDICT_OK,
			   "each workspace has a user id of its own from %lld",
			   (long long)c->site.instance_uid_base);
	else if (c->site.instance_uid_base)
		doctor_say(d, VERDICT_WARN,
			   "instance_uid_base works only as root; all "
			   "instances run as you");
	else
		doctor_say(d, VERDICT_OK,
			   "all instances run as user id %d, each in a sandbox "
			   "of its own",
			   (int)geteuid());
}
