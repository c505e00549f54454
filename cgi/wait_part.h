/* Inside of wait*.c only. */
#ifndef CGI_WAIT_PART_H
#define CGI_WAIT_PART_H

#include <pthread.h>
#include <stdatomic.h>

#include "cgi/wait.h"

#define BUCKETS 4096
#define HEARTBEAT_MS INT64_C(15000)
#define STREAM_MS                                                              \
	INT64_C(600000) /* then the client comes again, and is
				     asked again who it is */
#define LOOK_AGAIN_MS INT64_C(5000)
#define CLIENT_BUF_MAX ((size_t)16 << 20) /* one answer, or one batch */
#define EVENTS_AT_ONCE 100

/* One parked request. Belongs to the waiter's thread once it is in a list. */
struct parked {
	struct parked *next, *prev; /* of its bucket */
	struct parked *all_next, *all_prev;
	struct io *io;
	enum park kind;
	char id[37];	 /* STATUS: the workspace */
	int64_t user_id; /* EVENTS, STREAM: whose */
	int64_t since;	 /* rev or seq that the client has */
	int64_t due_ms;	 /* clock_mono_ms: answer, or a heartbeat */
	int64_t ends_ms; /* STREAM: when it is ended */
	int64_t began_ms;
	struct buf out; /* records not yet taken by the client */
	size_t sent;
	bool writing; /* EPOLLOUT is asked for */
	bool behind;  /* STREAM: there is more when out is empty */
	bool ending;  /* to be closed when out is empty */
	char rid[17];
	char user[65];
	bool head; /* HEAD: no body */
};

struct wait {
	const struct program *program;
	struct worker worker; /* read handle only */
	pthread_t thread;
	int epoll, bell, wake; /* descriptors */
	int bell_watch;
	atomic_bool stop;
	atomic_llong count;
	int64_t most; /* descriptors allow no more */
	int64_t seq;  /* changes up to here have been looked at */
	int64_t next_due_ms, next_look_ms;
	struct parked *bucket[BUCKETS];
	struct parked *all;

	pthread_mutex_t lock; /* of what comes in */
	struct parked *in;
};

/* wait_answer.c: what a parked request is told. */

/* Has it changed? True: the answer is in p->out and p is ending (or, a
 * stream, goes on). always: answer whatever there is. */
MUST_USE enum err wait_answer(struct wait *w, struct parked *p, bool always);
void wait_heartbeat(struct parked *p);
/* The beginning of a stream. */
void wait_stream_head(struct cx *cx, struct parked *p);
/* An answer instead, when looking failed. */
void wait_error(struct cx *cx, struct parked *p, enum err e);
void wait_log(struct cx *cx, const struct parked *p, const char *how);
/* {items, next} of a user's changes after seq. */
MUST_USE enum err wait_events_view(struct cx *cx, struct db *db,
				   int64_t user_id, int64_t after,
				   struct json_object *view, int64_t *next,
				   size_t *n);

/* The changes after `after` as SSE; *more: it was a full batch. */
MUST_USE enum err wait_put_events(struct cx *cx, struct db *db, int64_t user_id,
				  int64_t after, struct buf *out, int64_t *next,
				  bool *more);
void wait_stream_response(struct response *rp);

/* wait_held.c: who waits, and what is sent to them. */

void held_add(struct wait *w, struct parked *p);
/* Ends it: how is for the log. p is gone afterwards. */
void held_drop(struct wait *w, struct parked *p, const char *how);
/* Sends what the client takes. False: p is gone. */
bool held_flush(struct wait *w, struct parked *p);
/* Looks for p alone; answers when there is something. False: p is gone. */
bool held_look(struct wait *w, struct parked *p, bool always);
/* What has changed since the last time, and who waits for it? */
void held_look_all(struct wait *w);

#endif
