/* The keys of roost.conf as tables, and one value into one struct member. */
#ifndef BASE_CONFIG_KEY_H
#define BASE_CONFIG_KEY_H

#include "base/config.h"

struct key;

struct keys {
	const struct key *v;
	size_t n;
};

#define KEY_WHY_MAX 96
#define KEYS_MAX SITE_KEYS /* no table has more rows */

extern const struct keys keys_site, keys_app;

/* Index of the row, keys->n when there is none. */
size_t key_find(const struct keys *keys, const char *name);
/*
 * Puts v into the member of base that row i names; text goes into a, relative
 * paths become absolute below dir. False: why says what v should be.
 */
bool key_set(const struct keys *keys, size_t i, struct arena *a,
	     const char *dir, const char *v, void *base, char why[KEY_WHY_MAX]);
/* All defaults. Where a key must be given, "" stands until it is. */
void key_defaults(const struct keys *keys, struct arena *a, const char *dir,
		  void *base);
/* The i-th row of config.def as the site has it; false: there is none. The
 * value of what is named like a secret is "***". Texts in the cx's arena. */
struct key_fact {
	const char *key, *value, *def, *help;
	bool stated; /* roost.conf says it */
};
bool key_fact(struct cx *cx, const struct site *site, size_t i,
	      struct key_fact *out);
void key_print(const struct keys *keys, struct buf *out);

#endif
