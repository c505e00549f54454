/* Volumes: making them, looking at them, taking them away. */
#include "base/clock.h"
#include "base/uri.h"
#include "docker/docker.h"

#define EFFECT_MS 20000

enum err
docker_volume_make(struct cx *cx, const char *name, struct json_object *labels)
{
	struct json_object *body = docker_keep(cx, json_object_new_object());
	const struct docker_ask ask = {.method = "POST",
				       .path = "/volumes/create",
				       .body = body,
				       .deadline_ms =
					       clock_mono_ms() + EFFECT_MS};
	struct docker_answer a;

	docker_put_text(body, "Name", name);
	docker_put_text(body, "Driver", "local");
	json_object_object_add(body, "Labels", labels);
	return docker_must(cx, &ask, "making a volume", &a);
}

static const char *
path_of(struct cx *cx, const char *name)
{
	return arena_printf(&cx->arena, "/volumes/%s", uri_encode(cx, name));
}

enum err
docker_volume_remove(struct cx *cx, const char *name)
{
	const struct docker_ask ask = {.method = "DELETE",
				       .path = path_of(cx, name),
				       .deadline_ms =
					       clock_mono_ms() + EFFECT_MS};
	struct docker_answer a;
	enum err e;

	if ((e = docker_do(cx, &ask, &a)))
		return e;
	if (a.status < 300 || a.status == 404)
		return OK;
	return docker_refused(cx, &a, "removing a volume");
}

enum err
docker_volume_look(struct cx *cx, const char *name, const char *kind,
		   bool *there)
{
	const struct docker_ask ask = {.path = path_of(cx, name)};
	struct docker_answer a;
	enum err e;

	if ((e = docker_do(cx, &ask, &a)))
		return e;
	if (a.status != 200 && a.status != 404)
		return docker_refused(cx, &a, "looking at a volume");
	*there = a.status == 200 &&
		 docker_is_ours(cx, docker_member(a.json, "Labels"), kind);
	return OK;
}

/* Filters differ between engines: Podman passes what has one of the labels.
 * Without any volume there may be a null in place of the list. */
static struct json_object *
only_ours(struct cx *cx, struct json_object *all, const char *kind)
{
	struct json_object *ours = docker_keep(cx, json_object_new_array()), *v;
	size_t i;

	if (!json_object_is_type(all, json_type_array))
		return ours;
	for (i = 0; i < json_object_array_length(all); i++) {
		v = json_object_array_get_idx(all, i);
		if (docker_is_ours(cx, docker_member(v, "Labels"), kind))
			json_object_array_add(ours, json_object_get(v));
	}
	return ours;
}

enum err
docker_volumes(struct cx *cx, const char *kind, struct json_object **list)
{
	const struct docker_ask ask =
		{.path = arena_printf(&cx->arena, "/volumes?filters=%s",
				      docker_filter(cx, kind)),
		 .max = DOCKER_LIST_MAX};
	struct docker_answer a;
	enum err e;

	if ((e = docker_must(cx, &ask, "listing volumes", &a)))
		return e;
	if (!json_object_is_type(a.json, json_type_object))
		return cx_fail(cx, ERR_UNREACHABLE,
			       "the container engine's list is no list");
	*list = only_ours(cx, docker_member(a.json, "Volumes"), kind);
	return OK;
}
