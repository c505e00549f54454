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
 *   /sse         five events, a fifth of a second apart
 *   /big?n=N     N bytes
 *   /put/NAME    stores the body in the home (PUT or POST, up to 1 MiB)
 *   /file/NAME   gives it back
 *   /setcookie   tries to set the control plane's cookies
 *   /redirect?X  302 with Location: X, not decoded
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
	SSE_EVENTS = 5,
	SSE_GAP_MS = 200,
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
	uint64_t big_left;
	int sse_left;
	int64_t sse_next_ms;
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
/* Adds what a slow answer has to say by now; false: nothing to wait for. */
bool page_more(struct conn *c, int64_t now_ms);

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
