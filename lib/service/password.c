/* Passwords: crypt(3) with yescrypt. */
#include <crypt.h>
#include <pthread.h>
#include <string.h>

#include "base/id.h"
#include "service/auth.h"

/* A hash that no password fits, as dear as a real one: what is compared when
 * there is no user, so that the time tells nothing (auth.h, 1). */
static char nobody[CRYPT_OUTPUT_SIZE];
static pthread_once_t nobody_once = PTHREAD_ONCE_INIT;

static bool
crypt_into(const char *password, const char *salt, char out[CRYPT_OUTPUT_SIZE])
{
	struct crypt_data data;
	const char *hash;
	bool good;

	memset(&data, 0, sizeof(data));
	hash = crypt_r(password, salt, &data);
	good = hash != NULL && hash[0] != '*' &&
	       strlen(hash) < CRYPT_OUTPUT_SIZE;
	if (good)
		memcpy(out, hash, strlen(hash) + 1);
	explicit_bzero(&data, sizeof(data));
	return good;
}

static bool
hash_new(const char *password, char out[CRYPT_OUTPUT_SIZE])
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], random[32];

	id_random(random, sizeof(random));
	return crypt_gensalt_rn("$y$", 0, random, (int)sizeof(random), salt,
				(int)sizeof(salt)) != NULL &&
	       crypt_into(password, salt, out);
}

static void
nobody_make(void)
{
	char secret[ID_SECRET_LEN + 1];

	id_secret(secret);
	if (!hash_new(secret, nobody))
		nobody[0] = '\0';
}

enum err
password_hash(struct cx *cx, const char *password, const char **hash)
{
	char out[CRYPT_OUTPUT_SIZE];

	if (strlen(password) > PASSWORD_MOST)
		return cx_field(cx, "password", "over %d bytes", PASSWORD_MOST);
	if (!hash_new(password, out))
		return cx_fail(cx, ERR_INTERNAL, "crypt has no yescrypt");
	*hash = arena_strdup(&cx->arena, out);
	return OK;
}

bool
password_fits(struct cx *cx, const char *password, const char *hash)
{
	char out[CRYPT_OUTPUT_SIZE] = "";
	bool some = hash != NULL && hash[0] != '\0';

	(void)cx;
	if (strlen(password) > PASSWORD_MOST) {
		password = "";
		some = false;
	}
	(void)pthread_once(&nobody_once, nobody_make);
	return crypt_into(password, some ? hash : nobody, out) && some &&
	       id_equal(out, hash);
}
