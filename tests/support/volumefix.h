/*
 * Volumes of the container engines that dockerfix.h begins. They are looked
 * at from outside, where the engine has them on this machine: not through
 * what is tested.
 */
#ifndef SUPPORT_VOLUMEFIX_H
#define SUPPORT_VOLUMEFIX_H

#include "docker/docker.h"
#include "support/dockerfix.h"

/* One that cannot be begun fails in each of its tests, loudly. */
static inline bool
volumefix_begin(struct dockerfix *d)
{
	if (!dockerfix_wanted(d->kind))
		return false;
	if (!d->dir[0] && !dockerfix_begin(d, d->kind))
		fprintf(stderr, "%s could not be begun\n", d->kind);
	return true;
}

static inline void
volumefix_keys(const struct dockerfix *d, char *out, size_t n)
{
	size_t len;

	dockerfix_keys(d, out, n);
	len = strlen(out);
	snprintf(out + len, n - len, "engine = docker\nhome = volume\n");
}

static inline const char *
volumefix_files(const struct dockerfix *d, struct cx *c, const char *volume)
{
	return arena_printf(&c->arena, "%s/%s/volumes/%s/_data", d->dir,
			    strcmp(d->kind, "podman") ? "data" : "root",
			    volume);
}

/* How many there are of this site: volumes, and containers that hold one. */
static inline size_t
volumefix_count(struct cx *c, size_t *held)
{
	struct json_object *volumes = NULL, *containers = NULL;

	ck_assert_int_eq(docker_volumes(c, "home", &volumes), OK);
	ck_assert_int_eq(docker_list(c, "home", 0, &containers), OK);
	*held = json_object_array_length(containers);
	return json_object_array_length(volumes);
}

/* What a test has left. */
static inline void
volumefix_clear(struct cx *c)
{
	struct json_object *list = NULL;
	size_t i;

	ck_assert_int_eq(docker_volumes(c, "home", &list), OK);
	for (i = 0; i < json_object_array_length(list); i++) {
		const char *name =
			docker_text(json_object_array_get_idx(list, i), "Name");

		ck_assert_int_eq(docker_remove(c, name,
					       clock_mono_ms() + 20000),
				 OK);
		ck_assert_int_eq(docker_volume_remove(c, name), OK);
	}
}

#endif
