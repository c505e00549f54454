/*
 * wsapp: a workspace application made for tests.
 *
 * What a person's web IDE does, as small as it can be: it answers HTTP/1.1
 * and WebSocket on one socket, keeps things in $HOME, and misbehaves on
 * request.  It trusts nobody's lengths, but it is no product code: when
 * memory ends it exits.
 *
 *   /            a page: the home's files, a counter kept in the home, a
 *                script that opens the WebSocket
 *   /echo        what arrived: method, raw target, headers, size and SHA-256
 *                of the body
 *   /ws          WebSocket: every frame comes back as it came
 *   /stream      an event; then what /push says, until its end
 *   /push?TEXT   sends TEXT to all streams; without a text: their end. Answers
 *                how many there were
 *   /big?n=N     N bytes: byte I is byte I % 4 of the number I / 4, the
 *                lowest first; or the Range of them that was asked for
 *   /put/NAME    stores the body in the home (PUT or POST, up to 1 MiB)
 *   /file/NAME   gives it back, as bytes
 *   /page/NAME   gives it back as a page, or as a script if it ends in .js
 *   /say?STATUS&Name:Value&...
 *                that status, with those lines in its head, percent-decoded
 *   /seen        the requests that came here, "METHOD target", oldest first
 */
#ifndef WSAPP_H
#define WSAPP_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEAD_MAX = 64 << 10,
	PUT_MAX = 1 << 20,
	FRAME_MAX = 16 << 20,
	OUT_LOW = 64 << 10,
};

struct bytes {
	char *p;
	size_t n, cap;
};

enum mode { MODE_HEAD, MODE_BODY, MODE_WS };

/* How the body of a request is framed, and where we are in it. */
enum chunk { CHUNK_NONE, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER };

struct conn {
	int fd;
	enum mode mode;
	bool closing; /* nothing more is read; close when out is sent */
	struct bytes in, out;

	/* the request being answered */
	struct bytes head; /* as it came, for /echo */
	char method[16], target[4096];
	enum chunk chunk;
	uint64_t left; /* of the body, or of the chunk */
	uint64_t body_size;
	EVP_MD_CTX *sum;
	struct bytes body; /* kept for /put only */

	/* answers that take their time */
	uint64_t big_at, big_left;
	bool streaming;
};

/* Options that change what is answered. */
struct app {
	const char *home;
	const char *base; /* what every path begins with, or NULL */
	int status;	  /* 0, or the status of every answer */
};

extern struct app app;

/* bytes.c */
void bytes_add(struct bytes *b, const void *p, size_t n);
void bytes_text(struct bytes *b, const char *text);
void bytes_fmt(struct bytes *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void bytes_drop(struct bytes *b, size_t n);
void bytes_free(struct bytes *b);
void bytes_escape(struct bytes *b, const char *text);

/* pages.c: the answer to a whole request, put into c->out. */
void page_answer(struct conn *c);
void page_simple(struct conn *c, int status, const char *type,
		 const struct bytes *body, const char *more);

/* say.c */
void seen_add(const char *method, const char *target);
void page_seen(struct conn *c);
void page_say(struct conn *c);
void page_big(struct conn *c);
void page_stream(struct conn *c);
void page_push(struct conn *c);
/* Adds the next bytes of a long answer. */
void page_more(struct conn *c);

/* wsapp.c: to all streams; NULL ends them. How many there were. */
int conns_push(const char *text);

/* http.c: takes what it can from c->in. */
void http_take(struct conn *c);
/* A header's value out of c->head, into VALUE; false when it is absent. */
bool http_header(const struct conn *c, const char *name, char *value,
		 size_t size);

/* ws.c */
bool ws_wanted(const struct conn *c);
void ws_accept(struct conn *c);
void ws_take(struct conn *c);

#endif
