/*
 * An object store that speaks the S3 protocol: requests that are signed,
 * tried again where that may help, and understood when they are refused.
 *
 * 1. Absent is only what the store itself calls so (NoSuchKey, or a listing
 *    of the bucket without it). A missing bucket, another server at the
 *    address, a status without a word are failures. There is no HEAD: its
 *    404 does not say what is missing.
 * 2. ERR_UNREACHABLE has been tried several times, with growing pauses.
 *    cx->why says bucket and address, what was wanted, what the store said
 *    and what to do (s3_error.def); never a key, a signature or a header.
 * 3. A wrong clock here is noticed and corrected by the store's, once.
 * 4. No call blocks beyond the deadline of its progress, nor 100 ms longer
 *    than tell() says to give up. Without a progress: a minute, all tries
 *    of an s3_do and their pauses included.
 *
 * The client of a site is kept for the next call of the same thread; keys
 * that have changed since are taken then.
 */
#ifndef ARCHIVE_S3_H
#define ARCHIVE_S3_H

#include "archive/archive.h"
#include "archive/s3_sign.h"
#include "net/peer.h"

#define S3_ETAG_MAX 80

struct s3 {
	struct arena arena; /* owns the texts below */
	const char *of;	    /* the settings that it was made of */
	struct peer *peer;
	const char *url, *host, *root; /* root: "/bucket" or "" */
	struct s3_keys keys;
	const char *stamp; /* of the file that they came from; "": none */
	int64_t skew_ms;   /* what the store's clock is ahead of ours */
	int64_t offset_ms; /* the same, of the last answer; not corrected */
	int64_t pause_ms;  /* that it wished for when it refused last */
	int page;	   /* of a listing, at most */
	bool marked;	   /* what is there was made by this site */
	/* What the object that was put last must be called by the store. */
	char put_key[80], put_etag[S3_ETAG_MAX];
};

struct s3_ask {
	const char *what;   /* "list archives", for messages */
	const char *method; /* GET, PUT, POST, DELETE */
	const char *object; /* "{prefix}..."; NULL: the bucket */
	const struct s3_pair *query;
	size_t n_query;
	const char *const *head; /* "name: value", NULL at the end; or NULL */
	const void *body;
	size_t n;
	size_t most; /* bytes of the answer's body; 0: 1 MiB */
};

/* The client of cx's site. ERR_CONFIG. */
MUST_USE enum err s3_open(struct cx *cx, struct s3 **out);
/* A whole request. *out: http_free() it when OK; out may be NULL. So may pg. */
MUST_USE enum err s3_do(struct cx *cx, struct s3 *s3, const struct s3_ask *ask,
			const struct progress *pg, struct http_answer *out);
/* The same, tried once, when it is a stream that comes back: OK means 200 or
 * 206; read it with peer_read, end it with peer_end. */
MUST_USE enum err s3_begin(struct cx *cx, struct s3 *s3,
			   const struct s3_ask *ask, const struct progress *pg,
			   struct peer_call **c, const struct http_answer **a);
/* What an <Error> says; for answers whose status says 200. */
MUST_USE enum err s3_refused(struct cx *cx, const struct s3 *s3,
			     const struct s3_ask *ask,
			     const struct http_answer *a);
/* Something failed that is not the store's saying so. */
enum err s3_fail(struct cx *cx, const struct s3 *s3, enum err e,
		 const struct s3_ask *ask, const char *why);
void s3_unquote(const char *etag, char out[S3_ETAG_MAX]);
/* The ETag of an answer without its quotes; "" when there is none. */
void s3_etag(struct cx *cx, const struct http_answer *a, char out[S3_ETAG_MAX]);

#endif
