/* sha256 of a stream, as it passes by. */
#ifndef ARCHIVE_HASH_H
#define ARCHIVE_HASH_H

#include <stddef.h>

struct hash;

struct hash *hash_new(void); /* never NULL: ends the process instead */
void hash_add(struct hash *h, const void *p, size_t n);
void hash_hex(struct hash *h, char out[65]); /* once, at the end */
void hash_free(struct hash *h);

#endif
