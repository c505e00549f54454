/* sha256 of a stream, as it passes by; and what a protocol asks for. */
#ifndef ARCHIVE_HASH_H
#define ARCHIVE_HASH_H

#include <stddef.h>

struct hash;

struct hash *hash_new(void); /* never NULL: ends the process instead */
void hash_add(struct hash *h, const void *p, size_t n);
void hash_hex(struct hash *h, char out[65]); /* once, at the end */
void hash_free(struct hash *h);

#define HASH_MD5 16
#define HASH_MAC 32

/* MD5 protects nothing: it is how an object store names what it holds. */
void hash_md5(const void *p, size_t n, unsigned char out[HASH_MD5]);
/* HMAC-SHA256 of a text; out may be key. */
void hash_mac(const void *key, size_t n, const char *text,
	      unsigned char out[HASH_MAC]);
/* (n + 2) / 3 * 4 + 1 bytes. */
void hash_base64(const unsigned char *p, size_t n, char *out);

#endif
