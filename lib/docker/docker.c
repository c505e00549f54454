/* The engine's connection, and one question to it. */
#include "docker/docker_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/retry.h"

#define TEXTS 4

/* The connection that is kept, and what it was made with: a thread's own, as
 * struct peer is. */
static _Thread_local struct kept {
	struct peer *peer;
	pid_t of;	   /* a child must not share it */
	char *text[TEXTS]; /* docker_host, docker_ca, docker_cert, docker_key */
	char *url;
	int minor; /* of the version that is spoken; 0: not asked yet */
	bool podman;
} kept;

static void
texts_of(const struct site *s, const char *text[TEXTS])
{
	text[0] = s->docker_host;
	text[1] = s->docker_ca;
	text[2] = s->docker_cert;
	text[3] = s->docker_key;
}

static bool
fits(const struct site *s)
{
	const char *text[TEXTS];
	size_t i;

	texts_of(s, text);
	if (!kept.peer || kept.of != getpid())
		return false;
	for (i = 0; i < TEXTS; i++)
		if (strcmp(kept.text[i], text[i]))
			return false;
	return true;
}

/* What was made by the parent of a fork is left as it is: its sockets are
 * the parent's. */
static void
forget(void)
{
	size_t i;

	if (kept.of == getpid()) {
		peer_close(kept.peer);
		for (i = 0; i < TEXTS; i++)
			free(kept.text[i]);
		free(kept.url);
	}
	memset(&kept, 0, sizeof(kept));
}

static void
remember(const struct site *s)
{
	const char *text[TEXTS];
	size_t i;

	texts_of(s, text);
	for (i = 0; i < TEXTS; i++)
		if (!(kept.text[i] = strdup(text[i])))
			abort(); /* out of memory: crash-only */
	kept.of = getpid();
}

static const char *
or_null(const char *s)
{
	return *s ? s : NULL;
}

/* "unix:///path", or "tcp://host:port" with a certificate. */
static enum err
address(struct cx *cx, struct peer_at *at)
{
	const char *host = kept.text[0];

	if (!strncmp(host, "unix:///", 8)) {
		at->socket = host + strlen("unix://");
		at->url = "http://engine";
		return OK;
	}
	if (strncmp(host, "tcp://", 6))
		return cx_fail(cx, ERR_CONFIG,
			       "docker_host = %s: it must be unix:///path or "
			       "tcp://host:port",
			       host);
	if (!*kept.text[1] || !*kept.text[2] || !*kept.text[3])
		return cx_fail(cx, ERR_CONFIG,
			       "docker_host = %s needs docker_ca, docker_cert "
			       "and docker_key: whoever reaches a container "
			       "engine without them is root there",
			       host);
	if (asprintf(&kept.url, "https://%s", host + 6) < 0)
		abort(); /* out of memory: crash-only */
	at->url = kept.url;
	at->ca_file = or_null(kept.text[1]);
	at->cert_file = or_null(kept.text[2]);
	at->key_file = or_null(kept.text[3]);
	return OK;
}

static enum err
connect_peer(struct cx *cx)
{
	struct peer_at at = {.connect_ms = 5000, .silent_ms = 60000};
	enum err e;

	if (fits(cx->site))
		return OK;
	forget();
	remember(cx->site);
	if ((e = address(cx, &at)) || (e = peer_open(cx, &at, &kept.peer))) {
		forget();
		return e;
	}
	return OK;
}

/* What libcurl says of a socket that may not be opened is "could not
 * connect": whoever sets a site up needs more. */
enum err
docker_explain(struct cx *cx, enum err e)
{
	const char *socket = kept.text[0] + strlen("unix://");
	const char *said = arena_strdup(&cx->arena, cx->why);

	if (e != ERR_UNREACHABLE || strncmp(kept.text[0], "unix://", 7))
		return e;
	if (access(socket, F_OK))
		return cx_fail(cx, e,
			       "%s; there is no such socket: is the container "
			       "engine running, and is docker_host right?",
			       said);
	if (access(socket, R_OK | W_OK))
		return cx_fail(cx, e,
			       "%s; uid %u may not open it: add that user to "
			       "the socket's group (usually docker), or run "
			       "the engine as that user",
			       said, (unsigned)geteuid());
	return e;
}

static enum err
ask_once(struct cx *cx, const struct peer_request *rq, struct http_answer *a)
{
	enum err e = peer_do(cx, kept.peer, rq, a);

	return e ? docker_explain(cx, e) : OK;
}

/* Nobody there for a moment is no news: engines are restarted. */
static enum err
ask(struct cx *cx, const struct peer_request *rq, struct http_answer *a)
{
	struct retry r = {.most = strcmp(rq->method, "GET") ? 1 : 3,
			  .first_ms = 100,
			  .longest_ms = 400,
			  .deadline_ms = rq->deadline_ms,
			  .quit = rq->quit,
			  .arg = rq->arg};
	enum err e;

	do {
		e = ask_once(cx, rq, a);
	} while (e && retry_again(cx, &r, &e, 0));
	return e;
}

/* "1.41": the number after the point; -1 when it is none. */
static int
minor_of(const char *version)
{
	char *end;
	long n;

	if (strncmp(version, "1.", 2) || version[2] < '0' || version[2] > '9')
		return -1;
	n = strtol(version + 2, &end, 10);
	return *end || n > 9999 ? -1 : (int)n;
}

/* Of the versions that were tried: engines of today refuse the old one. */
static enum err
choose_version(struct cx *cx, const struct http_answer *a)
{
	const char *version = http_header(cx, a, "Api-Version");
	int most = version ? minor_of(version) : -1;

	if (most < 0)
		return cx_fail(cx, ERR_UNREACHABLE,
			       "%s does not say which version of the Engine "
			       "API it speaks: is it a container engine?",
			       kept.text[0]);
	if (most < DOCKER_MINOR)
		return cx_fail(cx, ERR_CONFIG,
			       "%s speaks version 1.%d of the Engine API; 1.%d "
			       "is needed (Docker 20.10, Podman 4)",
			       kept.text[0], most, DOCKER_MINOR);
	kept.minor = most >= DOCKER_MINOR_NEW ? DOCKER_MINOR_NEW : DOCKER_MINOR;
	kept.podman = http_header(cx, a, "Libpod-Api-Version") != NULL;
	return OK;
}

/* Not /version: Podman asks the package manager for that. */
static enum err
ask_version(struct cx *cx, const struct docker_ask *ask_for)
{
	struct peer_request rq = {.method = "GET",
				  .path = "/_ping",
				  .deadline_ms =
					  clock_mono_ms() + DOCKER_LOOK_MS,
				  .quit = ask_for->quit,
				  .arg = ask_for->arg};
	struct http_answer a = {0};
	enum err e;

	if (kept.minor)
		return OK;
	if (!(e = ask(cx, &rq, &a)))
		e = choose_version(cx, &a);
	http_free(&a);
	return e;
}

static const char *const json_head[] = {"Content-Type: application/json", NULL};
static const char *const tar_head[] = {"Content-Type: application/x-tar", NULL};

enum err
docker_request(struct cx *cx, const struct docker_ask *a,
	       struct peer_request *rq)
{
	const char *text = a->tar;
	enum err e;

	if ((e = connect_peer(cx)) || (e = ask_version(cx, a)))
		return e;
	if (a->body)
		text = json_object_to_json_string_ext(a->body,
						      JSON_C_TO_STRING_PLAIN);
	*rq = (struct peer_request){
		.method = a->method ? a->method : "GET",
		.path = arena_printf(&cx->arena, "/v1.%d%s", kept.minor,
				     a->path),
		.head = a->is_tar ? tar_head : json_head,
		.body = text,
		.n = a->is_tar ? a->n_tar
		     : text    ? strlen(text)
			       : 0,
		.max = a->max ? a->max : DOCKER_ONE_MAX,
		.deadline_ms = a->deadline_ms
				       ? a->deadline_ms
				       : clock_mono_ms() + DOCKER_LOOK_MS,
		.quit = a->quit,
		.arg = a->arg,
	};
	return OK;
}

struct peer *
docker_peer(void)
{
	return kept.peer;
}

enum err
docker_is_podman(struct cx *cx, bool *podman)
{
	const struct docker_ask nothing = {.path = "/"};
	struct peer_request rq;
	enum err e = docker_request(cx, &nothing, &rq);

	if (e)
		return e;
	*podman = kept.podman;
	return OK;
}

static bool
is_json(struct cx *cx, const struct http_answer *a)
{
	const char *type = http_header(cx, a, "Content-Type");

	return a->body.len && type && !strncmp(type, "application/json", 16);
}

static enum err
take_answer(struct cx *cx, const struct http_answer *a, bool stream,
	    struct docker_answer *out)
{
	struct docker_answer got = {.status = a->status, .said = ""};
	enum err e;

	got.text = arena_strndup(&cx->arena, buf_str(&a->body), a->body.len);
	got.n = a->body.len;
	if (is_json(cx, a) && (!stream || a->status >= 300)) {
		if ((e = docker_parse(cx, got.text, got.n, &got.json)))
			return e;
		got.said = docker_words(cx, docker_text(got.json, "message"));
	} else if (a->status >= 300) {
		got.said = docker_words(cx, got.text);
	}
	*out = got;
	return OK;
}

enum err
docker_do(struct cx *cx, const struct docker_ask *a, struct docker_answer *out)
{
	struct http_answer answer = {0};
	struct peer_request rq;
	enum err e;

	if ((e = docker_request(cx, a, &rq)))
		return e;
	if (!(e = ask(cx, &rq, &answer)))
		e = take_answer(cx, &answer, a->stream, out);
	http_free(&answer);
	return e;
}

/* 409, or what Podman says in its place. */
static bool
in_use(const struct docker_answer *a)
{
	return a->status == 409 ||
	       (a->status == 500 && strstr(a->said, "already in use"));
}

enum err
docker_refused(struct cx *cx, const struct docker_answer *a, const char *what)
{
	enum err e = ERR_ACTION;

	if (a->status == 404)
		e = ERR_NOT_FOUND;
	else if (in_use(a))
		e = ERR_EXISTS;
	else if (a->status == 401 || a->status == 403)
		e = ERR_CONFIG;
	else if (a->status == 503)
		e = ERR_UNREACHABLE;
	return cx_fail(cx, e, "%s: the container engine answers %d: %s", what,
		       a->status, *a->said ? a->said : "no more");
}

enum err
docker_must(struct cx *cx, const struct docker_ask *a, const char *what,
	    struct docker_answer *out)
{
	struct docker_answer got;
	enum err e;

	if ((e = docker_do(cx, a, &got)))
		return e;
	if (got.status >= 300)
		return docker_refused(cx, &got, what);
	*out = got;
	return OK;
}
