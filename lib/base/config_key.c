#include "base/config_key.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { TYPE_TEXT, TYPE_PATH, TYPE_INT, TYPE_BOOL };

struct key {
	enum type type;
	const char *name;
	const char *def;
	int64_t least, most;
	const char *help;
	size_t offset;
};

#define KEY(T, S, key, def, least, most, help)                                 \
	{TYPE_##T, #key, def, least, most, help, offsetof(struct S, key)},

static const struct key site_rows[] = {
#define X(type, key, def, least, most, help)                                   \
	KEY(type, site, key, def, least, most, help)
#include "base/config.def"
#undef X
};

static const struct key app_rows[] = {
#define X(type, key, def, least, most, help)                                   \
	KEY(type, app, key, def, least, most, help)
#include "base/app.def"
#undef X
};

#define ROWS(t)                                                                \
	{                                                                      \
		t, sizeof(t) / sizeof((t)[0])                                  \
	}

const struct keys keys_site = ROWS(site_rows), keys_app = ROWS(app_rows);

_Static_assert(sizeof(site_rows) / sizeof(site_rows[0]) <= KEYS_MAX,
	       "KEYS_MAX is too small");

struct setting_of {
	const struct key *k;
	struct arena *a;
	const char *dir;
	const char *v;
	void *to;
	char *why;
};

static bool
set_text(const struct setting_of *s)
{
	size_t n = strlen(s->v);
	bool relative = s->k->type == TYPE_PATH && n && s->v[0] != '/';

	if ((int64_t)n < s->k->least || (int64_t)n > s->k->most) {
		snprintf(s->why, KEY_WHY_MAX, "%s",
			 n ? "too long" : "must not be empty");
		return false;
	}
	*(const char **)s->to =
		relative ? arena_printf(s->a, "%s/%s", s->dir, s->v)
			 : arena_strdup(s->a, s->v);
	return true;
}

static bool
set_int(const struct setting_of *s)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(s->v, &end, 10);
	if (errno || end == s->v || *end || n < s->k->least || n > s->k->most) {
		snprintf(s->why, KEY_WHY_MAX,
			 "a whole number from %lld to %lld",
			 (long long)s->k->least, (long long)s->k->most);
		return false;
	}
	*(int64_t *)s->to = n;
	return true;
}

static bool
set_bool(const struct setting_of *s)
{
	if (strcmp(s->v, "yes") && strcmp(s->v, "no")) {
		snprintf(s->why, KEY_WHY_MAX, "yes or no");
		return false;
	}
	*(bool *)s->to = s->v[0] == 'y';
	return true;
}

static bool
set_value(const struct setting_of *s)
{
	switch (s->k->type) {
	case TYPE_INT:
		return set_int(s);
	case TYPE_BOOL:
		return set_bool(s);
	case TYPE_TEXT:
	case TYPE_PATH:
	default:
		return set_text(s);
	}
}

size_t
key_find(const struct keys *keys, const char *name)
{
	size_t i;

	for (i = 0; i < keys->n && strcmp(keys->v[i].name, name); i++)
		;
	return i;
}

bool
key_set(const struct keys *keys, size_t i, struct arena *a, const char *dir,
	const char *v, void *base, char why[KEY_WHY_MAX])
{
	struct setting_of s =
		{&keys->v[i], a, dir, v, (char *)base + keys->v[i].offset, why};

	return set_value(&s);
}

void
key_defaults(const struct keys *keys, struct arena *a, const char *dir,
	     void *base)
{
	char why[KEY_WHY_MAX];
	size_t i;

	for (i = 0; i < keys->n; i++) {
		struct key k = keys->v[i];
		struct setting_of s =
			{&k, a, dir, k.def, (char *)base + k.offset, why};
		bool ok;

		if (!*k.def)
			k.least = 0;
		ok = set_value(&s);
		assert(ok); /* a default that its own row refuses */
		(void)ok;
	}
}

void
key_print(const struct keys *keys, struct buf *out)
{
	size_t i;

	for (i = 0; i < keys->n; i++)
		buf_printf(out, "# %s\n#%s = %s\n\n", keys->v[i].help,
			   keys->v[i].name, keys->v[i].def);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* The path of a file with a secret in it is none. */
static bool
like_a_secret(const char *key)
{
	return (strstr(key, "secret") || strstr(key, "password") ||
		strstr(key, "token") || ends_with(key, "_key")) &&
	       !ends_with(key, "_file") && !ends_with(key, "_path");
}

static const char *
value_text(struct cx *cx, const struct key *k, const void *at)
{
	switch (k->type) {
	case TYPE_INT:
		return arena_printf(&cx->arena, "%lld",
				    (long long)*(const int64_t *)at);
	case TYPE_BOOL:
		return *(const bool *)at ? "yes" : "no";
	case TYPE_TEXT:
	case TYPE_PATH:
	default:
		return *(const char *const *)at;
	}
}

bool
key_fact(struct cx *cx, const struct site *site, size_t i, struct key_fact *out)
{
	const struct key *k = &site_rows[i];

	if (i >= keys_site.n)
		return false;
	*out = (struct key_fact){
		.key = k->name,
		.value = like_a_secret(k->name)
				 ? "***"
				 : value_text(cx, k,
					      (const char *)site + k->offset),
		.def = k->def,
		.help = k->help,
		.stated = site->stated[i]};
	return true;
}
