#include "base/uri.h"

#include <stdbool.h>
#include <string.h>

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

static const char *
encode(struct cx *cx, const char *s, char also)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(&cx->arena, strlen(s) * 3 + 1), *to = out;

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (is_unreserved(*s) || (also && *s == also)) {
			*to++ = *s;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	*to = '\0';
	return out;
}

const char *
uri_encode(struct cx *cx, const char *s)
{
	return encode(cx, s, '\0');
}

const char *
uri_encode_path(struct cx *cx, const char *s)
{
	return encode(cx, s, '/');
}
