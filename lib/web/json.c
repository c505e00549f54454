/*
 * A scanner, not a parser: it walks the text once and builds nothing but the
 * keys of the objects that are open.
 */
#include "web/json.h"

#include <stdint.h>
#include <string.h>

#include "web/url.h"

/* No object of ours has nearly so many; it bounds the search for repeats. */
#define KEYS_MAX 256

struct key {
	const char *text;
	size_t len;
	uint32_t hash;
};

struct keys {
	struct key v[KEYS_MAX];
	size_t n;
};

struct scan {
	struct cx *cx;
	const char *p, *end;
	int depth;
};

static enum err value(struct scan *s);

static enum err
bad(struct scan *s, const char *what)
{
	return cx_fail(s->cx, ERR_INVALID, "JSON: %s", what);
}

static void
space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
				 *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool
take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Four hex digits; -1 when they are not there. */
static int
hex4(struct scan *s)
{
	int n = 0;

	if (s->end - s->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = *s->p++;

		n <<= 4;
		if (c >= '0' && c <= '9')
			n |= c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			n |= (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return n;
}

static void
put_utf8(struct buf *out, int c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(out, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(out, (char)(0xf0 | c >> 18));
			buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* After "\u": a character, from one escape or a pair of surrogates. */
static enum err
unicode_escape(struct scan *s, struct buf *out)
{
	int c = hex4(s), low;

	if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff))
		return bad(s, "bad \\u escape");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!take(s, '\\') || !take(s, 'u') ||
		    (low = hex4(s)) < 0xdc00 || low > 0xdfff)
			return bad(s, "lone surrogate");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(out, c);
	return OK;
}

static enum err
escape(struct scan *s, struct buf *out)
{
	static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (s->p == s->end)
		return bad(s, "string not closed");
	if (take(s, 'u'))
		return unicode_escape(s, out);
	at = *s->p ? strchr(FROM, *s->p) : NULL;
	if (!at)
		return bad(s, "bad escape");
	s->p++;
	buf_putc(out, TO[at - FROM]);
	return OK;
}

/* A string after its opening quote, decoded into out. */
static enum err
string_rest(struct scan *s, struct buf *out)
{
	while (!take(s, '"')) {
		size_t n = utf8_char(s->p, (size_t)(s->end - s->p));
		enum err e;

		if (s->p == s->end)
			return bad(s, "string not closed");
		if (n == 0)
			return bad(s, "invalid UTF-8");
		if ((unsigned char)*s->p < ' ')
			return bad(s, "control character in a string");
		if (take(s, '\\')) {
			if ((e = escape(s, out)))
				return e;
			continue;
		}
		buf_add(out, s->p, n);
		s->p += n;
	}
	return OK;
}

static uint32_t
hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u;

	while (n-- > 0)
		h = (h ^ (unsigned char)*p++) * 16777619u;
	return h;
}

static enum err
remember(struct scan *s, struct keys *keys, const struct buf *text)
{
	struct key k = {.len = text->len,
			.hash = hash(buf_str(text), text->len)};

	for (size_t i = 0; i < keys->n; i++)
		if (keys->v[i].hash == k.hash && keys->v[i].len == k.len &&
		    memcmp(keys->v[i].text, buf_str(text), k.len) == 0)
			return cx_field(s->cx, buf_str(text),
					"must not stand twice");
	if (keys->n == KEYS_MAX)
		return bad(s, "too many keys");
	k.text = arena_strndup(&s->cx->arena, buf_str(text), k.len);
	keys->v[keys->n++] = k;
	return OK;
}

static enum err
member(struct scan *s, struct keys *keys)
{
	struct buf text;
	enum err e;

	space(s);
	if (!take(s, '"'))
		return bad(s, "a key must be a string");
	buf_init(&text, (size_t)(s->end - s->p) + 1);
	e = string_rest(s, &text);
	if (!e)
		e = remember(s, keys, &text);
	buf_free(&text);
	if (e)
		return e;
	space(s);
	if (!take(s, ':'))
		return bad(s, "':' missing");
	return value(s);
}

static enum err
object_rest(struct scan *s)
{
	struct keys keys; /* on the stack: at most depth of them at once */
	enum err e;

	keys.n = 0;
	space(s);
	if (take(s, '}'))
		return OK;
	do {
		if ((e = member(s, &keys)))
			return e;
		space(s);
	} while (take(s, ','));
	return take(s, '}') ? OK : bad(s, "'}' missing");
}

static enum err
list_rest(struct scan *s)
{
	enum err e;

	space(s);
	if (take(s, ']'))
		return OK;
	do {
		if ((e = value(s)))
			return e;
		space(s);
	} while (take(s, ','));
	return take(s, ']') ? OK : bad(s, "']' missing");
}

static bool
digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

static enum err
number(struct scan *s)
{
	(void)take(s, '-');
	if (!take(s, '0') && !digits(s))
		return bad(s, "no value here");
	if (take(s, '.') && !digits(s))
		return bad(s, "bad number");
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			(void)take(s, '-');
		if (!digits(s))
			return bad(s, "bad number");
	}
	return OK;
}

static enum err
string_value(struct scan *s)
{
	struct buf nowhere;
	enum err e;

	buf_init(&nowhere, 0);
	e = string_rest(s, &nowhere);
	buf_free(&nowhere);
	return e;
}

static bool
word(struct scan *s, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
		return false;
	s->p += n;
	return true;
}

static enum err
nested(struct scan *s, enum err (*rest)(struct scan *))
{
	enum err e;

	if (s->depth == 0)
		return bad(s, "nested too deep");
	s->depth--;
	e = rest(s);
	s->depth++;
	return e;
}

static enum err
value(struct scan *s)
{
	space(s);
	if (take(s, '{'))
		return nested(s, object_rest);
	if (take(s, '['))
		return nested(s, list_rest);
	if (take(s, '"'))
		return string_value(s);
	if (word(s, "true") || word(s, "false") || word(s, "null"))
		return OK;
	return number(s);
}

enum err
json_check(struct cx *cx, const char *p, size_t n, int depth)
{
	struct scan s = {.cx = cx, .p = p, .end = p + n, .depth = depth};
	enum err e = value(&s);

	if (e)
		return e;
	space(&s);
	return s.p == s.end ? OK : bad(&s, "something after the value");
}
