/* Containers: looking at them, making them, taking them away. */
#include <string.h>

#include "base/clock.h"
#include "base/uri.h"
#include "docker/docker.h"

/* So long may the end of a killed container take that was told to go. */
#define GONE_LOOK_MS 20
/* An effect that was begun is not cut off by a deadline: nobody would know
 * what came of it. */
#define EFFECT_MS 20000

static void
take_state(struct cx *cx, struct json_object *o, const char *kind,
	   struct docker_state *s)
{
	s->there = true;
	s->json = o;
	s->runs = docker_true(o, "State/Running") ||
		  docker_true(o, "State/Paused") ||
		  docker_true(o, "State/Restarting");
	s->ours = docker_is_ours(cx, docker_member(o, "Config/Labels"), kind);
	s->pid = docker_number(o, "State/Pid");
	s->exit_code = (int)(docker_number(o, "State/ExitCode") & 0xff);
	s->out_of_memory = docker_true(o, "State/OOMKilled");
}

enum err
docker_look(struct cx *cx, const char *name, const char *kind,
	    int64_t deadline_ms, struct docker_state *out)
{
	struct docker_ask ask = {.path = arena_printf(&cx->arena,
						      "/containers/%s/json",
						      name),
				 .deadline_ms = deadline_ms};
	struct docker_state s = {.there = false};
	struct docker_answer a;
	enum err e;

	if ((e = docker_do(cx, &ask, &a)))
		return e;
	if (a.status == 200 && a.json)
		take_state(cx, a.json, kind, &s);
	else if (a.status != 404)
		return docker_refused(cx, &a, "looking at a container");
	*out = s;
	return OK;
}

static enum err
kill_it(struct cx *cx, const char *name, int64_t deadline_ms)
{
	const struct docker_ask ask =
		{.method = "POST",
		 .path = arena_printf(&cx->arena,
				      "/containers/%s/kill?signal=KILL", name),
		 .deadline_ms = deadline_ms};
	struct docker_answer a;

	/* Whether it ran, and died of it, the removal sees. */
	return docker_do(cx, &ask, &a);
}

static enum err
delete_it(struct cx *cx, const char *name, int64_t deadline_ms, bool *gone,
	  struct docker_answer *a)
{
	const struct docker_ask ask =
		{.method = "DELETE",
		 .path = arena_printf(&cx->arena, "/containers/%s?force=1&v=1",
				      name),
		 .deadline_ms = deadline_ms};
	enum err e;

	if ((e = docker_do(cx, &ask, a)))
		return e;
	*gone = a->status == 404;
	return OK;
}

/* Removing goes on behind an answer, and somebody else may be removing it:
 * it is asked again until it is not there. */
enum err
docker_remove(struct cx *cx, const char *name, int64_t deadline_ms)
{
	struct docker_answer a = {.said = ""};
	bool gone = false;
	enum err e;

	if ((e = kill_it(cx, name, deadline_ms)))
		return e;
	while (!(e = delete_it(cx, name, deadline_ms, &gone, &a)) && !gone) {
		if (clock_mono_ms() >= deadline_ms)
			return cx_fail(cx, ERR_TIMEOUT,
				       "%s could not be removed in time: the "
				       "container engine says: %s",
				       name, a.said);
		if (a.status >= 300)
			clock_sleep_ms(GONE_LOOK_MS);
	}
	return e;
}

/* ---- Images ---- */

const char *
docker_image(const struct cx *cx, const struct app *app)
{
	return app && *app->image ? app->image : cx->site->docker_image;
}

enum err
docker_has_image(struct cx *cx, const char *image, bool *there)
{
	const struct docker_ask ask = {
		.path = arena_printf(&cx->arena, "/images/%s/json",
				     uri_encode(cx, image))};
	struct docker_answer a;
	enum err e;

	if ((e = docker_do(cx, &ask, &a)))
		return e;
	if (a.status != 200 && a.status != 404)
		return docker_refused(cx, &a, "looking at an image");
	*there = a.status == 200;
	return OK;
}

/* A pull that fails after it has begun says so in its stream: one JSON object
 * after the other, the last with "error". */
static const char *
pull_error(struct cx *cx, const struct docker_answer *a)
{
	const char *at = strstr(a->text, "\"error\":");
	struct json_object *o;

	if (!at)
		return NULL;
	while (at > a->text && at[-1] != '\n')
		at--;
	if (docker_parse(cx, at, strcspn(at, "\r\n"), &o)) {
		cx_clear(cx);
		return "an error that cannot be read";
	}
	return docker_words(cx, docker_text(o, "error"));
}

static enum err
no_image(struct cx *cx, const char *image, const char *said)
{
	return cx_fail(cx, ERR_IMAGE,
		       "the image %s is not there: the container engine says: "
		       "%s",
		       image, *said ? said : "no more");
}

/* fromImage with its tag or digest; without either it is the latest, not
 * all of them. */
static enum err
pull(struct cx *cx, const char *image, const struct docker_ask *patience)
{
	const char *slash = strrchr(image, '/');
	bool tagged = strchr(slash ? slash : image, ':') || strchr(image, '@');
	struct docker_ask ask = *patience;
	struct docker_answer a;
	const char *said;
	enum err e;

	ask.method = "POST";
	ask.path = arena_printf(&cx->arena, "/images/create?fromImage=%s%s",
				uri_encode(cx, image),
				tagged ? "" : "&tag=latest");
	ask.body = NULL;
	ask.stream = true; /* of its progress, layer by layer */
	ask.max = DOCKER_LIST_MAX;
	if ((e = docker_do(cx, &ask, &a)))
		return e;
	said = a.status >= 300 ? a.said : pull_error(cx, &a);
	return said ? no_image(cx, image, said) : OK;
}

/* A tar with nothing in it is two blocks of zeros. */
enum err
docker_empty_image(struct cx *cx, const char *name)
{
	static const char nothing[1024];
	const struct docker_ask ask =
		{.method = "POST",
		 .path = arena_printf(&cx->arena,
				      "/images/create?fromSrc=-&repo=%s&"
				      "tag=latest",
				      name),
		 .is_tar = true,
		 .tar = nothing,
		 .n_tar = sizeof(nothing),
		 .stream = true,
		 .deadline_ms = clock_mono_ms() + EFFECT_MS};
	struct docker_answer a;

	return docker_must(cx, &ask, "making an empty image", &a);
}

/* ---- Making ---- */

static enum err
create_once(struct cx *cx, const char *name, struct json_object *body,
	    struct docker_answer *a)
{
	const struct docker_ask ask =
		{.method = "POST",
		 .path = arena_printf(&cx->arena, "/containers/create?name=%s",
				      name),
		 .body = body,
		 .deadline_ms = clock_mono_ms() + EFFECT_MS};

	return docker_do(cx, &ask, a);
}

static bool
lacks_image(const struct docker_answer *a)
{
	return a->status == 404 ||
	       (a->status == 500 && strstr(a->said, "image not known"));
}

enum err
docker_create(struct cx *cx, const char *name, struct json_object *body,
	      const struct docker_ask *patience)
{
	const char *image = docker_text(body, "Image");
	struct docker_answer a;
	enum err e;

	if ((e = create_once(cx, name, body, &a)))
		return e;
	if (lacks_image(&a)) {
		if (!cx->site->docker_pull)
			return no_image(cx, image, a.said);
		if ((e = pull(cx, image, patience)) ||
		    (e = create_once(cx, name, body, &a)))
			return e;
		if (lacks_image(&a))
			return no_image(cx, image, a.said);
	}
	return a.status >= 300 ? docker_refused(cx, &a, "making a container")
			       : OK;
}

void
docker_log(struct cx *cx, const char *name, struct buf *out)
{
	const struct docker_ask ask = {
		.path = arena_printf(&cx->arena,
				     "/containers/%s/logs?stdout=1&stderr=1"
				     "&tail=200",
				     name)};
	struct docker_answer a;

	if (docker_do(cx, &ask, &a) || a.status != 200)
		cx_clear(cx);
	else
		docker_unframe(a.text, a.n, out);
}

enum err
docker_list(struct cx *cx, const char *kind, int64_t deadline_ms,
	    struct json_object **list)
{
	const struct docker_ask ask =
		{.path = arena_printf(&cx->arena,
				      "/containers/json?all=1&filters=%s",
				      docker_filter(cx, kind)),
		 .max = DOCKER_LIST_MAX,
		 .deadline_ms = deadline_ms};
	struct docker_answer a;
	enum err e;

	if ((e = docker_must(cx, &ask, "listing containers", &a)))
		return e;
	if (!json_object_is_type(a.json, json_type_array))
		return cx_fail(cx, ERR_UNREACHABLE,
			       "the container engine's list is no list");
	*list = a.json;
	return OK;
}
