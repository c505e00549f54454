#include "home/holder.h"

#include "base/clock.h"
#include "base/fault.h"

/* So long may it take until a container is gone. */
#define DROP_MS 20000

enum err
holder_engine(struct cx *cx)
{
	bool podman;
	enum err e;

	if ((e = docker_is_podman(cx, &podman)) || !podman)
		return e;
	return cx_fail(cx, ERR_CONFIG,
		       "home = volume needs Docker: Podman gives a part of a "
		       "volume as if it were all of it; use home = directory");
}

/* ---- The container ---- */

static enum err
need_image(struct cx *cx)
{
	bool there;
	enum err e;

	if ((e = docker_has_image(cx, HOLDER_IMAGE ":latest", &there)) || there)
		return e;
	return docker_empty_image(cx, HOLDER_IMAGE);
}

static struct json_object *
body_of(struct cx *cx, const char *volume, const char *id)
{
	struct json_object *body = docker_keep(cx, json_object_new_object());
	struct json_object *host, *m = json_object_new_object();

	docker_put_text(body, "Image", HOLDER_IMAGE ":latest");
	docker_add_text(docker_put_list(body, "Entrypoint"), "none");
	docker_put_list(body, "Cmd");
	json_object_object_add(body, "Labels",
			       docker_labels(cx, HOLDER_KIND, id, NULL));
	host = docker_put_object(body, "HostConfig");
	docker_put_text(host, "NetworkMode", "none");
	docker_put_text(m, "Type", "volume");
	docker_put_text(m, "Source", volume);
	docker_put_text(m, "Target", HOLDER_HOME);
	docker_put_true(docker_put_object(m, "VolumeOptions"), "NoCopy");
	json_object_array_add(docker_put_list(host, "Mounts"), m);
	return body;
}

static enum err
make(struct cx *cx, const char *volume, const char *id)
{
	const struct docker_ask patience = {.deadline_ms =
						    clock_mono_ms() + DROP_MS};
	enum err e;

	if ((e = need_image(cx)))
		return e;
	if (FAULT(FAULT_VOLUME_HOLD))
		return cx_fail(cx, ERR_ACTION, "fault: hold %s", volume);
	e = docker_create(cx, volume, body_of(cx, volume, id), &patience);
	if (e == ERR_EXISTS) { /* somebody else was faster */
		cx_clear(cx);
		e = OK;
	}
	return e;
}

/* Rule 2: what the engine made for the holder is no home. */
static enum err
gone(struct cx *cx, const char *volume)
{
	enum err e;

	if ((e = holder_drop(cx, volume)))
		return e;
	return cx_fail(cx, ERR_NOT_FOUND, "the volume %s is gone", volume);
}

enum err
holder_hold(struct cx *cx, const char *volume, const char *id)
{
	struct docker_state s;
	bool there;
	enum err e;

	if ((e = docker_look(cx, volume, HOLDER_KIND, 0, &s)))
		return e;
	if (s.there && !s.ours)
		return cx_fail(cx, ERR_CONFIG,
			       "the container %s is not of this site", volume);
	/* Not before: where nothing holds it, it must be there first. */
	if (!s.there &&
	    ((e = docker_volume_look(cx, volume, HOLDER_KIND, &there))))
		return e;
	if (!s.there && !there)
		return cx_fail(cx, ERR_NOT_FOUND, "the volume %s is gone",
			       volume);
	if (!s.there && (e = make(cx, volume, id)))
		return e;
	/* What is held cannot go any more. */
	if ((e = docker_volume_look(cx, volume, HOLDER_KIND, &there)))
		return e;
	return there ? OK : gone(cx, volume);
}

enum err
holder_let_go(struct cx *cx, const char *volume)
{
	return docker_remove(cx, volume, clock_mono_ms() + DROP_MS);
}

enum err
holder_drop(struct cx *cx, const char *volume)
{
	enum err e;

	if ((e = holder_let_go(cx, volume)))
		return e;
	if (FAULT(FAULT_VOLUME_REMOVE))
		return cx_fail(cx, ERR_ACTION, "fault: remove %s", volume);
	return docker_volume_remove(cx, volume);
}
