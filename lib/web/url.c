#include "web/url.h"

#include <string.h>

/* Least code point of a sequence of n bytes: overlong ones are refused. */
static const unsigned LEAST[5] = {0, 0, 0x80, 0x800, 0x10000};

static size_t
lead_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

size_t
utf8_char(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t len = n ? lead_length(u[0]) : 0;
	unsigned point;

	if (len <= 1)
		return len;
	if (len > n)
		return 0;
	point = u[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (u[i] & 0x3fu);
	}
	if (point < LEAST[len] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return len;
}

bool
utf8_valid(const char *p, size_t n)
{
	while (n > 0) {
		size_t len = utf8_char(p, n);

		if (len == 0)
			return false;
		p += len;
		n -= len;
	}
	return true;
}

size_t
utf8_count(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "%XX" at p stands for, -1 when it is not that. */
static int
hex_byte(const char *p, size_t n)
{
	int high, low;

	if (n < 3 || (high = hex_digit(p[1])) < 0 ||
	    (low = hex_digit(p[2])) < 0)
		return -1;
	return high << 4 | low;
}

enum err
url_decode(struct cx *cx, const char *p, size_t n, bool form, char **out)
{
	char *to = arena_alloc(&cx->arena, n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)p[i];

		if (c == '%') {
			c = hex_byte(p + i, n - i);
			i += 2;
		} else if (c == '+' && form) {
			c = ' ';
		}
		if (c <= 0)
			return cx_fail(cx, ERR_INVALID,
				       "bad percent-encoding or NUL");
		to[len++] = (char)c;
	}
	to[len] = '\0';
	if (!utf8_valid(to, len))
		return cx_fail(cx, ERR_INVALID, "invalid UTF-8");
	*out = to;
	return OK;
}

bool
url_is_local(const char *s)
{
	if (s[0] != '/' || s[1] == '/' || s[1] == '\\')
		return false;
	for (size_t i = 0; s[i]; i++) {
		if (s[i] <= ' ' || s[i] > '~' || s[i] == '\\' || i >= 2000)
			return false;
	}
	return true;
}
