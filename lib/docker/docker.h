/*
 * A container engine that speaks Docker's Engine API (Docker, Podman), as
 * roost.conf names it: docker_host and its certificates.
 *
 * 1. What it says is believed in its form only as far as it was checked:
 *    answers have a ceiling and a depth, texts are UTF-8, a member that is
 *    missing or of another type reads as "" or 0.
 * 2. An engine that does not answer is ERR_UNREACHABLE, whatever was asked:
 *    never "not there".
 * 3. Words of the engine come out as one line without control characters.
 * 4. One connection per process is kept; a child that was forked makes one of
 *    its own.
 */
#ifndef DOCKER_DOCKER_H
#define DOCKER_DOCKER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/cx.h"
#include "net/peer.h"

/* So long anything takes that is only a question. */
#define DOCKER_LOOK_MS 10000
/* Ceilings of answers: of one thing, and of lists. */
#define DOCKER_ONE_MAX ((size_t)4 << 20)
#define DOCKER_LIST_MAX ((size_t)64 << 20)
#define DOCKER_DEPTH 16
/* The oldest version of the API that does all that is asked, 1.41, and the
 * one for engines that speak that no more. */
#define DOCKER_MINOR 41
#define DOCKER_MINOR_NEW 44

#define DOCKER_LABEL_SITE "roost.site"
#define DOCKER_LABEL_ID "roost.workspace-id"
#define DOCKER_LABEL_KIND "roost.kind" /* instance, home, ... */
#define DOCKER_LABEL_OP "roost.op"

struct docker_ask {
	const char *method; /* NULL: GET */
	const char *path;   /* "/containers/json?all=1", without a version */
	struct json_object *body; /* NULL: none; stays the caller's */
	bool is_tar;		  /* what is sent is a tar: */
	const char *tar;	  /* n_tar bytes of it, or a stream */
	size_t n_tar;
	size_t max;  /* 0: DOCKER_ONE_MAX */
	bool stream; /* a good answer is many JSON texts: only its text */
	int64_t deadline_ms; /* clock_mono_ms; 0: DOCKER_LOOK_MS from now */
	bool (*quit)(void *arg);
	void *arg;
};

struct docker_answer {
	int status;
	struct json_object *json; /* NULL: none; lives as long as cx's arena */
	const char *text;	  /* the body as it is; in cx's arena */
	size_t n;
	const char *said; /* its "message", cleaned; "" */
};

/* Any status is OK; questions (GET) are repeated when nobody answers. */
MUST_USE enum err docker_do(struct cx *cx, const struct docker_ask *ask,
			    struct docker_answer *out);
/* The same; a status of 300 and more is an error, named by docker_refused. */
MUST_USE enum err docker_must(struct cx *cx, const struct docker_ask *ask,
			      const char *what, struct docker_answer *out);
/* What such a status means: 404 ERR_NOT_FOUND, 409 ERR_EXISTS, 401 and 403
 * ERR_CONFIG, 503 ERR_UNREACHABLE, else ERR_ACTION; in the engine's words. */
enum err docker_refused(struct cx *cx, const struct docker_answer *a,
			const char *what);

/* Podman, which speaks the same, does some things in its own way. */
MUST_USE enum err docker_is_podman(struct cx *cx, bool *podman);

/* ---- docker_stream.c: what is too large for memory ---- */

struct docker_stream;

/* A stream's deadline is the ask's, and 0 is none. A status of 300 and more
 * is an error, as for docker_must. */
MUST_USE enum err docker_get(struct cx *cx, const struct docker_ask *ask,
			     const char *what, struct docker_stream **s);
/* *n = 0 at the end; one that is cut is ERR_UNREACHABLE. */
MUST_USE enum err docker_read(struct cx *cx, struct docker_stream *s, void *p,
			      size_t max, size_t *n);
MUST_USE enum err docker_put(struct cx *cx, const struct docker_ask *ask,
			     const char *what, struct docker_stream **s);
MUST_USE enum err docker_write(struct cx *cx, struct docker_stream *s,
			       const void *p, size_t n);
/* All of it was taken: the engine says so. */
MUST_USE enum err docker_taken(struct cx *cx, struct docker_stream *s);
void docker_end(struct docker_stream *s); /* at any time; NULL is fine */

/* ---- docker_json.c ---- */

/* ERR_UNREACHABLE: no JSON, too deep, or not UTF-8. In cx's arena. */
MUST_USE enum err docker_parse(struct cx *cx, const char *text, size_t n,
			       struct json_object **out);
/* Frees it with cx's arena. */
struct json_object *docker_keep(struct cx *cx, struct json_object *o);
/* Members by path, "State/Health/Status"; "", 0, false, NULL: not there. */
const char *docker_text(struct json_object *o, const char *path);
int64_t docker_number(struct json_object *o, const char *path);
bool docker_true(struct json_object *o, const char *path);
struct json_object *docker_member(struct json_object *o, const char *path);
/* One line, no control characters, at most 300 bytes; in cx's arena. */
const char *docker_words(struct cx *cx, const char *text);
/* The filter that only things of this site and kind pass, escaped. */
const char *docker_filter(struct cx *cx, const char *kind);
/* {"roost.site": ..., "roost.kind": kind, "roost.workspace-id": id, ...} */
struct json_object *docker_labels(struct cx *cx, const char *kind,
				  const char *id, const char *op);
/* Is it of this site and kind? */
bool docker_is_ours(struct cx *cx, struct json_object *labels,
		    const char *kind);
/* Output of a container as the engine frames it; adds it to out. */
void docker_unframe(const char *p, size_t n, struct buf *out);

/* Building requests. */
void docker_put_text(struct json_object *o, const char *key, const char *v);
void docker_put_int(struct json_object *o, const char *key, int64_t v);
void docker_put_true(struct json_object *o, const char *key);
struct json_object *docker_put_object(struct json_object *o, const char *key);
struct json_object *docker_put_list(struct json_object *o, const char *key);
void docker_add_text(struct json_object *list, const char *v);

/* ---- docker_thing.c: containers ---- */

struct docker_state {
	bool there;
	bool runs; /* or is paused: it has processes */
	bool ours; /* its labels say so */
	int64_t pid;
	int exit_code;
	bool out_of_memory;
	struct json_object *json;
};

MUST_USE enum err docker_look(struct cx *cx, const char *name, const char *kind,
			      int64_t deadline_ms, struct docker_state *out);
/* Kills it and takes it away, whatever it is about; gone: OK. */
MUST_USE enum err docker_remove(struct cx *cx, const char *name,
				int64_t deadline_ms);
/* Creates it; ERR_EXISTS: the name is taken; ERR_IMAGE: its image is not
 * there and could not be pulled either. */
MUST_USE enum err docker_create(struct cx *cx, const char *name,
				struct json_object *body,
				const struct docker_ask *patience);
/* Its last lines; may be empty. */
void docker_log(struct cx *cx, const char *name, struct buf *out);
/* All containers of this site and kind, whatever they are about: a list. */
MUST_USE enum err docker_list(struct cx *cx, const char *kind,
			      int64_t deadline_ms, struct json_object **list);
/* ---- docker_volume.c ---- */

/* There already: OK, as it is. */
MUST_USE enum err docker_volume_make(struct cx *cx, const char *name,
				     struct json_object *labels);
/* Absent: OK. ERR_EXISTS: a container has it. */
MUST_USE enum err docker_volume_remove(struct cx *cx, const char *name);
/* Is it there, and of this site and kind? Another one's is not. */
MUST_USE enum err docker_volume_look(struct cx *cx, const char *name,
				     const char *kind, bool *there);
/* All of this site and kind: a list, perhaps none. */
MUST_USE enum err docker_volumes(struct cx *cx, const char *kind,
				 struct json_object **list);

/* ---- docker_thing.c, again: images ---- */

/* An image with no file in it, for containers that are never started. */
MUST_USE enum err docker_empty_image(struct cx *cx, const char *name);
/* Is the image there? (without pulling) */
MUST_USE enum err docker_has_image(struct cx *cx, const char *image,
				   bool *there);
/* The image of an application. "" when the site names none. */
const char *docker_image(const struct cx *cx, const struct app *app);

#endif
