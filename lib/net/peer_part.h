/* Inside the HTTP client: a call, and what libcurl is told about it. */
#ifndef NET_PEER_PART_H
#define NET_PEER_PART_H

#include "net/easy.h"
#include "net/peer.h"

#define PEER_HEAD_MAX ((size_t)64 << 10)
#define PEER_AHEAD ((size_t)256 << 10) /* read before it is asked for */

struct peer {
	CURLM *multi;
	struct peer_at at;
	const char *name; /* of the peer, for messages */
};

struct peer_call {
	struct peer *h;
	struct peer_request rq;
	CURL *easy;
	struct curl_slist *lines;
	struct http_answer answer;
	char error[CURL_ERROR_SIZE];
	/* The request's body: what is to be sent now. */
	const char *out;
	size_t n_out, all_out;
	bool streams, complete; /* peer_send; there is no more */
	/* The answer's body. */
	struct buf in;
	size_t at;
	bool head_seen; /* to its end */
	bool whole;	/* all of it into in */
	bool too_large;
	bool paused_in, paused_out;
	bool done; /* libcurl has finished, with code */
	CURLcode code;
	int64_t moved_ms; /* the last byte either way */
};

/* Everything that libcurl must know of a call before it begins. */
MUST_USE enum err peer_set_up(struct cx *cx, struct peer_call *c,
			      int64_t length);
/* What the end of a call means. */
MUST_USE enum err peer_failed(struct cx *cx, const struct peer_call *c);

#endif
