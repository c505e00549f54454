/*
 * Signatures of requests to an object store: AWS Signature Version 4, as the
 * "Signature Version 4" chapter of the S3 API reference describes it. Pure:
 * what is signed, by whom and when, comes in.
 *
 * 1. Every header that we send is signed, and so is the body's sha256.
 * 2. The secret is in nothing that comes out.
 */
#ifndef ARCHIVE_S3_SIGN_H
#define ARCHIVE_S3_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/cx.h"

struct s3_keys {
	const char *id, *secret;
	const char *token; /* of a session; "": none */
};

struct s3_pair {
	const char *name, *value; /* as they are, not encoded */
};

#define S3_PAIRS_MAX 16

struct s3_signed {
	const char *method;
	const char *host; /* as in the Host header: "name" or "name:port" */
	const char *path; /* encoded: uri_encode_path */
	const struct s3_pair *query;
	size_t n_query;
	const char *const
		*head;	    /* "name: value", lower case; NULL at the end */
	const char *sha256; /* of the body, hex */
	const char *region;
	int64_t at_ms;
};

/* "a=b&c=", sorted and encoded; "" when there are none. */
const char *s3_query(struct cx *cx, const struct s3_pair *v, size_t n);
/* All headers to send (the host's comes by itself), NULL at the end. */
const char *const *s3_sign(struct cx *cx, const struct s3_keys *keys,
			   const struct s3_signed *what);
/* "path?query" of a GET that anybody may make for `seconds` from then on;
 * head and sha256 are not used. */
const char *s3_presign(struct cx *cx, const struct s3_keys *keys,
		       const struct s3_signed *what, int seconds);

#endif
