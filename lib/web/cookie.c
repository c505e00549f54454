#include "web/cookie.h"

#include <assert.h>
#include <string.h>

static const char *
skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

const char *
cookie_get(struct cx *cx, const char *header, const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name), found_len = 0;

	for (const char *p = header; p && *p;) {
		size_t n;

		p = skip_space(p);
		n = strcspn(p, ";");
		if (n > len && memcmp(p, name, len) == 0 && p[len] == '=') {
			if (found)
				return NULL;
			found = p + len + 1;
			found_len = n - len - 1;
		}
		p += n;
		p += *p == ';';
	}
	while (found_len > 0 &&
	       (found[found_len - 1] == ' ' || found[found_len - 1] == '\t'))
		found_len--;
	return found ? arena_strndup(&cx->arena, found, found_len) : NULL;
}

static bool
token(const char *s)
{
	return s[strspn(s,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789_.~-")] == '\0';
}

const char *
cookie_format(struct cx *cx, const struct cookie *c)
{
	const char *age = "";

	assert(*c->name && token(c->name) && token(c->value));
	if (c->max_age_s >= 0)
		age = arena_printf(&cx->arena, "; Max-Age=%lld",
				   (long long)c->max_age_s);
	return arena_printf(&cx->arena, "%s=%s; Path=/; SameSite=Lax%s%s%s",
			    c->name, c->value, age,
			    c->script ? "" : "; HttpOnly",
			    c->https ? "; Secure" : "");
}
