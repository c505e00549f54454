#include "archive/hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/id.h"

/* libcrypto's own object is the hash: nothing else is to be kept. */
static EVP_MD_CTX *
ctx_of(struct hash *h)
{
	return (EVP_MD_CTX *)(void *)h;
}

struct hash *
hash_new(void)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int ok = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL);

	assert(ok);
	(void)ok;
	return (struct hash *)(void *)c;
}

void
hash_add(struct hash *h, const void *p, size_t n)
{
	int ok = EVP_DigestUpdate(ctx_of(h), p, n);

	assert(ok);
	(void)ok;
}

void
hash_hex(struct hash *h, char out[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int ok = EVP_DigestFinal_ex(ctx_of(h), md, &n);

	assert(ok && n == 32);
	(void)ok;
	id_hex(md, n, out);
}

void
hash_free(struct hash *h)
{
	EVP_MD_CTX_free(ctx_of(h));
}

void
hash_md5(const void *p, size_t n, unsigned char out[HASH_MD5])
{
	unsigned len = 0;
	int ok = EVP_Digest(p, n, out, &len, EVP_md5(), NULL);

	assert(ok && len == HASH_MD5);
	(void)ok;
}

void
hash_mac(const void *key, size_t n, const char *text,
	 unsigned char out[HASH_MAC])
{
	unsigned len = 0;
	const unsigned char *ok =
		HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)text,
		     strlen(text), out, &len);

	assert(ok && len == HASH_MAC);
	(void)ok;
}

void
hash_base64(const unsigned char *p, size_t n, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, p, (int)n);
}
