/* What a container is made of. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/command.h"
#include "engine/docker.h"
#include "engine/sandbox.h"

#define LOG_MOST "1m"

int64_t
docker_uid(const struct instance_spec *spec)
{
	return spec->uid >= 0 ? spec->uid : (int64_t)geteuid();
}

const char *
docker_network(const struct cx *cx, const struct app *app)
{
	return *app->network ? app->network : cx->site->network;
}

static enum err
put_command(struct cx *cx, const struct app *app,
	    const struct command_values *v, struct json_object *body)
{
	struct json_object *list = docker_put_list(body, "Entrypoint");
	const char *const *argv;
	enum err e;
	size_t n;

	if ((e = command_parse(cx, app->command, v, &argv, &n)))
		return e;
	while (*argv)
		docker_add_text(list, *argv++);
	docker_put_list(body, "Cmd");
	return OK;
}

/* The image knows its own PATH. The app's come last and win. */
static enum err
put_env(struct cx *cx, const struct app *app, const struct command_values *v,
	struct json_object *body)
{
	static const char *const ours[] = {"HOME=" DOCKER_HOME, "USER=coder",
					   "LOGNAME=coder", "LANG=C.UTF-8",
					   "TERM=xterm-256color"};
	struct json_object *list = docker_put_list(body, "Env");
	const char *value;
	enum err e;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		docker_add_text(list, ours[i]);
	for (i = 0; i < app->n_env; i++) {
		if ((e = command_fill(cx, app->env[i].value, v, &value)))
			return e;
		docker_add_text(list, arena_printf(&cx->arena, "%s=%s",
						   app->env[i].name, value));
	}
	return OK;
}

/* A "bind" in Mounts, unlike one in Binds, fails when its source is not
 * there: nothing is made in its place. */
static void
put_bind(struct json_object *mounts, const char *from, const char *to,
	 bool read_only)
{
	struct json_object *m = json_object_new_object();

	docker_put_text(m, "Type", "bind");
	docker_put_text(m, "Source", from);
	docker_put_text(m, "Target", to);
	if (read_only)
		docker_put_true(m, "ReadOnly");
	docker_put_text(docker_put_object(m, "BindOptions"), "Propagation",
			"rprivate");
	json_object_array_add(mounts, m);
}

/* What the image has at that place is not copied into a home. */
static void
put_volume(struct json_object *mounts, const char *volume, const char *to)
{
	struct json_object *m = json_object_new_object();

	docker_put_text(m, "Type", "volume");
	docker_put_text(m, "Source", volume);
	docker_put_text(m, "Target", to);
	docker_put_true(docker_put_object(m, "VolumeOptions"), "NoCopy");
	json_object_array_add(mounts, m);
}

static enum err
put_mounts(struct cx *cx, const struct place *pl,
	   const struct instance_spec *spec, struct json_object *host)
{
	struct json_object *mounts = docker_put_list(host, "Mounts");
	struct json_object *tmp = docker_put_object(host, "Tmpfs");
	const char *const *binds;
	enum err e;
	size_t n, i;

	if (spec->volume)
		put_volume(mounts, spec->volume, DOCKER_HOME);
	else
		put_bind(mounts, spec->home, DOCKER_HOME, false);
	put_bind(mounts, pl->ws, DOCKER_RUN, false);
	if ((e = command_words(cx, spec->app->binds, &binds, &n)))
		return e;
	for (i = 0; i < n; i++)
		put_bind(mounts, binds[i], binds[i], true);
	docker_put_text(tmp, "/tmp",
			arena_printf(&cx->arena,
				     "rw,nosuid,nodev,exec,mode=1777,size=%"
				     "lldm",
				     (long long)cx->site->tmp_mb));
	docker_put_text(tmp, "/run",
			"rw,nosuid,nodev,noexec,mode=1777,size=64m");
	return OK;
}

static void
put_ulimit(struct json_object *list, const char *name, int64_t n)
{
	struct json_object *u = json_object_new_object();

	docker_put_text(u, "Name", name);
	docker_put_int(u, "Soft", n);
	docker_put_int(u, "Hard", n);
	json_object_array_add(list, u);
}

/*
 * Said in any case, not above what we have ourselves: Podman would else raise
 * them as far as its own configuration says, which not every root may.
 */
static int64_t
at_most(__rlimit_resource_t what, int64_t most)
{
	struct rlimit r;

	if (getrlimit(what, &r) || r.rlim_max > (rlim_t)most)
		return most;
	return (int64_t)r.rlim_max;
}

/* Memory without swap beyond it: a workspace that takes all it may must not
 * make the machine swap. */
static void
put_limits(struct cx *cx, const struct app *app, struct json_object *host)
{
	const struct site *s = cx->site;
	int64_t mem = app->memory_mb >= 0 ? app->memory_mb : s->memory_mb;
	int64_t cpu = app->cpu_percent >= 0 ? app->cpu_percent : s->cpu_percent;
	struct json_object *ulimits = docker_put_list(host, "Ulimits");

	if (mem > 0) {
		docker_put_int(host, "Memory", mem << 20);
		docker_put_int(host, "MemorySwap", mem << 20);
	}
	if (cpu > 0)
		docker_put_int(host, "NanoCpus", cpu * 10000000);
	if (s->processes > 0)
		docker_put_int(host, "PidsLimit", s->processes);
	put_ulimit(ulimits, "core", 0);
	put_ulimit(ulimits, "nofile", at_most(RLIMIT_NOFILE, 65536));
	put_ulimit(ulimits, "nproc", at_most(RLIMIT_NPROC, 32768));
	if (s->file_size_mb > 0)
		put_ulimit(ulimits, "fsize", s->file_size_mb << 20);
}

static void
put_hardening(struct cx *cx, const struct app *app, struct json_object *host)
{
	struct json_object *log, *o;

	docker_add_text(docker_put_list(host, "CapDrop"), "ALL");
	docker_add_text(docker_put_list(host, "SecurityOpt"),
			"no-new-privileges");
	docker_put_text(docker_put_object(host, "RestartPolicy"), "Name", "no");
	docker_put_text(host, "IpcMode", "private");
	docker_put_text(host, "NetworkMode", docker_network(cx, app));
	docker_put_true(host, "Init");
	if (app->read_only)
		docker_put_true(host, "ReadonlyRootfs");
	log = docker_put_object(host, "LogConfig");
	docker_put_text(log, "Type", "json-file");
	o = docker_put_object(log, "Config");
	docker_put_text(o, "max-size", LOG_MOST);
	docker_put_text(o, "max-file", "1");
}

static void
put_person(struct cx *cx, const struct instance_spec *spec,
	   struct json_object *body)
{
	long long uid = docker_uid(spec);

	docker_put_text(body, "User",
			arena_printf(&cx->arena, "%lld:%lld", uid,
				     spec->uid >= 0 ? uid
						    : (long long)getegid()));
	docker_put_text(body, "WorkingDir", DOCKER_HOME);
	docker_put_text(body, "Hostname",
			arena_printf(&cx->arena, "ws-%.8s", spec->id));
	json_object_object_add(body, "Labels",
			       docker_labels(cx, DOCKER_KIND, spec->id,
					     spec->op));
}

static enum err
check(struct cx *cx, const struct app *app)
{
	if (!*docker_image(cx, app))
		return cx_fail(cx, ERR_CONFIG,
			       "the app %s names no image, and roost.conf has "
			       "no docker_image",
			       app->name);
	if (!port_wanted(app))
		return OK;
	return port_check(cx, app, docker_network(cx, app));
}

enum err
docker_spec(struct cx *cx, const struct place *pl,
	    const struct instance_spec *spec, int64_t port,
	    struct json_object **out)
{
	const struct command_values v = {DOCKER_RUN "/app.sock", DOCKER_HOME,
					 spec->id,
					 port ? arena_printf(&cx->arena, "%lld",
							     (long long)port)
					      : NULL};
	struct json_object *body, *host;
	enum err e;

	if ((e = check(cx, spec->app)))
		return e;
	body = docker_keep(cx, json_object_new_object());
	docker_put_text(body, "Image", docker_image(cx, spec->app));
	put_person(cx, spec, body);
	host = docker_put_object(body, "HostConfig");
	put_hardening(cx, spec->app, host);
	put_limits(cx, spec->app, host);
	if ((e = put_command(cx, spec->app, &v, body)) ||
	    (e = put_env(cx, spec->app, &v, body)) ||
	    (e = put_mounts(cx, pl, spec, host)))
		return e;
	*out = body;
	return OK;
}
