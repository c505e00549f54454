/* What doctor asks of the container engine, where instances live in one. */
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor.h"
#include "docker/docker.h"

/* What the engine says of the kernel: a limit that it cannot keep is left out
 * without a word when a container is made. */
static const struct {
	const char *member;
	const char *what;
} limits[] = {
	{"MemoryLimit", "the memory of an instance (memory_mb)"},
	{"PidsLimit", "its processes (processes)"},
	{"CpuCfsQuota", "its part of the processors (cpu_percent)"},
};

static void
say_limits(struct doctor *d, struct json_object *info)
{
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!docker_true(info, limits[i].member))
			doctor_say(d, VERDICT_WARN,
				   "the container engine cannot limit %s: "
				   "cgroups are missing or not given to it; "
				   "boot with cgroup v2, or with "
				   "cgroup_enable=memory",
				   limits[i].what);
}

/* Docker's versions are 20 and more, Podman's below 10. */
static bool
is_podman(struct json_object *info)
{
	return strtol(docker_text(info, "ServerVersion"), NULL, 10) < 10;
}

static bool
has_option(struct json_object *info, const char *name)
{
	struct json_object *list = docker_member(info, "SecurityOptions"), *v;
	size_t i;

	if (!json_object_is_type(list, json_type_array))
		return false;
	for (i = 0; i < json_object_array_length(list); i++) {
		v = json_object_array_get_idx(list, i);
		if (json_object_is_type(v, json_type_string) &&
		    !strcmp(json_object_get_string(v), name))
			return true;
	}
	return false;
}

static void
say_ways(struct doctor *d, struct json_object *info)
{
	if (!is_podman(info) && !docker_true(info, "LiveRestoreEnabled"))
		doctor_say(d, VERDICT_WARN,
			   "restarting the container engine ends every "
			   "instance: put \"live-restore\": true into "
			   "/etc/docker/daemon.json");
	if (has_option(info, "name=rootless") ||
	    has_option(info, "name=userns"))
		doctor_say(d, VERDICT_WARN,
			   "the container engine gives containers other user "
			   "ids than this machine's: instances could not "
			   "write to their homes; use an engine without "
			   "user namespaces");
}

static void
say_engine(struct doctor *d, struct json_object *info)
{
	struct cx *cx = &d->c->cx;

	doctor_say(d, VERDICT_OK, "%s %s at %s, cgroup driver %s",
		   is_podman(info) ? "Podman" : "Docker",
		   docker_words(cx, docker_text(info, "ServerVersion")),
		   cx->site->docker_host,
		   docker_words(cx, docker_text(info, "CgroupDriver")));
	say_limits(d, info);
	say_ways(d, info);
}

static void
say_image(struct doctor *d, const struct app *app)
{
	struct cx *cx = &d->c->cx;
	const char *image = docker_image(cx, app);
	bool there;

	if (!*image)
		doctor_say(d, VERDICT_FAIL,
			   "%s names no image: add image = ... to its section, "
			   "or docker_image = ... above",
			   app->name);
	else if (docker_has_image(cx, image, &there))
		doctor_fail(d, VERDICT_FAIL);
	else if (there)
		doctor_say(d, VERDICT_OK, "%s: image %s", app->name, image);
	else
		doctor_say(d,
			   cx->site->docker_pull ? VERDICT_WARN : VERDICT_FAIL,
			   "%s: the image %s is not there%s; docker pull %s",
			   app->name, image,
			   cx->site->docker_pull
				   ? ", and the first start has to wait for it"
				   : "",
			   image);
}

void
doctor_docker(struct doctor *d)
{
	const struct docker_ask ask = {.path = "/info"};
	struct cx *cx = &d->c->cx;
	struct docker_answer a;
	size_t i;

	if (!d->site || strcmp(d->c->site.engine, "docker"))
		return;
	if (docker_must(cx, &ask, "asking for its state", &a)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	say_engine(d, a.json);
	for (i = 0; i < d->c->site.n_apps; i++)
		say_image(d, &d->c->site.apps[i]);
}
