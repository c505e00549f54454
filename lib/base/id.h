/* Ids, secrets and their encodings. Randomness is the kernel's. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_UUID_LEN 36
#define ID_SECRET_LEN 43 /* 256 bits, base64url */
#define ID_HASH_LEN 64	 /* sha256, lower-case hex */

void id_random(void *p, size_t n);	 /* never fails: aborts instead */
void id_uuid(char out[ID_UUID_LEN + 1]); /* version 4, lower case */
bool id_is_uuid(const char *s);		 /* exactly a lower-case UUID v4 */
bool id_is_uuid_n(const char *s, size_t n);
void id_secret(char out[ID_SECRET_LEN + 1]);
void id_hash(const char *s, size_t n, char out[ID_HASH_LEN + 1]);
/* HMAC-SHA256 as lower-case hex. */
void id_hmac(const char *key, const char *s, char out[ID_HASH_LEN + 1]);
void id_hex(const unsigned char *p, size_t n, char *out); /* 2n+1 bytes */
bool id_equal(const char *a, const char *b);		  /* in constant time */

#endif
