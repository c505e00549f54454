#include "base/id.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void
id_random(void *p, size_t n)
{
	unsigned char *at = p;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			perror("roost: getrandom");
			abort();
		}
		at += got;
		n -= (size_t)got;
	}
}

void
id_hex(const unsigned char *p, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void
id_uuid(char out[ID_UUID_LEN + 1])
{
	unsigned char r[16];
	char hex[33];

	id_random(r, sizeof(r));
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	id_hex(r, sizeof(r), hex);
	snprintf(out, ID_UUID_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
		 hex + 8, hex + 12, hex + 16, hex + 20);
}

bool
id_is_uuid_n(const char *s, size_t n)
{
	static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
	size_t i;

	if (n != ID_UUID_LEN)
		return false;
	for (i = 0; i < n; i++) {
		const char *ok = form[i] == 'x'	  ? "0123456789abcdef"
				 : form[i] == 'y' ? "89ab"
						  : NULL;

		if (ok ? !s[i] || !strchr(ok, s[i]) : s[i] != form[i])
			return false;
	}
	return true;
}

bool
id_is_uuid(const char *s)
{
	return s && id_is_uuid_n(s, strnlen(s, ID_UUID_LEN + 1));
}

void
id_secret(char out[ID_SECRET_LEN + 1])
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char r[33] = {0};
	size_t i, bit = 0;

	id_random(r, 32);
	for (i = 0; i < ID_SECRET_LEN; i++, bit += 6) {
		unsigned two = (unsigned)r[bit / 8] << 8 | r[bit / 8 + 1];

		out[i] = digit[two >> (10 - bit % 8) & 63];
	}
	out[ID_SECRET_LEN] = '\0';
}

/* Looked up once: EVP_sha256() makes each digest search its provider anew,
 * under a lock of the whole process. */
static EVP_MD *sha256;

static void
fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		abort();
}

void
id_hash(const char *s, size_t n, char out[ID_HASH_LEN + 1])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned char md[32];

	pthread_once(&once, fetch_sha256);
	if (!EVP_Digest(s, n, md, NULL, sha256, NULL))
		abort();
	id_hex(md, sizeof(md), out);
}

void
id_hmac(const char *key, const char *s, char out[ID_HASH_LEN + 1])
{
	unsigned char md[32];
	unsigned len = 0;

	if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)s,
		  strlen(s), md, &len) ||
	    len != sizeof(md))
		abort();
	id_hex(md, sizeof(md), out);
}

bool
id_equal(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}
