/*
 * The running site, as somebody outside meets it: doctor asks it through its
 * own web server.
 *
 * 1. Only who may write to the run directory can: each request carries the
 *    secret of a badge that is left there (base/badge.h).
 * 2. No workspace is touched. Doctor plays the instance of one that there
 *    never is (NAME_PROBE_ID): it binds a socket where instances have theirs,
 *    with a slot of the web server's like theirs.
 * 3. What was left by a doctor that was killed is used or replaced by the
 *    next; there is one at a time (run/doctor.lock).
 * 4. Each request has a deadline of a few seconds.
 */
#ifndef CTL_DOOR_H
#define CTL_DOOR_H

#include "base/id.h"
#include "ctl/doctor.h"
#include "net/http.h"

#define DOOR_MS 8000
#define DOOR_BODY_MAX ((size_t)256 << 10)

struct json_object;
struct player;

struct door {
	struct cx *cx;
	const char *url; /* without a slash at its end */
	bool asked_for;	 /* somebody said that it is there */
	int lock;
	char secret[ID_SECRET_LEN + 1];
	struct json_object *show; /* what the handler says of itself */
	const char *server;	  /* "lighttpd/1.4.69", or "" */
	const char *serve;	  /* socket, started, cgi */
	bool up;		  /* it answers, and it is this site */
	struct player *player;	  /* NULL: no instance can be played */
	bool through;		  /* a request has reached the player */
};

/* ---- door.c ---- */

/*
 * Asks for path with the badge and n more headers. The answer is filled as
 * far as it came; the cx says why it failed.
 */
struct door_ask {
	const char *method, *path;
	const char *at; /* in place of the control plane's url */
	const char *header[8];
	const char *body;
	size_t body_len;
	bool stranger;	 /* without the badge */
	bool first_only; /* of a stream */
};
enum err door_ask(struct door *o, const struct door_ask *ask,
		  struct http_answer *a);
/* Did the handler (or the gate) answer, and not the web server by itself? */
bool door_is_ours(const struct http_answer *a);
/* Which web server is it? The beginning of its name, in any case. */
bool door_is(const struct door *o, const char *name);
const char *door_text(const struct door *o, const char *key); /* of show */
bool door_bool(const struct door *o, const char *key);
int64_t door_int(const struct door *o, const char *key);
void door_close(struct door *o); /* NULL is fine */

/* ---- door_player.c: the instance that doctor plays ---- */

/* Listens where an instance would, and writes the badge that leads there. */
MUST_USE enum err player_open(struct door *o, struct player **out);
void player_close(struct door *o, struct player *p);

#endif
