/* Where in the HTML a value would be printed. */
#include <string.h>
#include <strings.h>

#include "web/template_part.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A name longer than fits is kept cut: no name that matters is so long. */
static void
grow(char *name, size_t cap, size_t *n, char c)
{
	if (*n + 1 < cap) {
		name[(*n)++] = lower(c);
		name[*n] = '\0';
	}
}

static bool
tag_is(const struct html *h, const char *name)
{
	return strcmp(h->tag, name) == 0;
}

static void
tag_end(struct html *h)
{
	h->place = PLACE_TEXT;
	if (tag_is(h, "script") || tag_is(h, "style")) {
		h->place = PLACE_RAW;
		memset(h->tail, 0, sizeof(h->tail));
	}
}

static void
begin_attr(struct html *h, char c)
{
	h->place = PLACE_ATTR;
	h->n_attr = 0;
	grow(h->attr, sizeof(h->attr), &h->n_attr, c);
}

/* Between attributes, after a name, or after a mark within one. */
static void
in_tag(struct html *h, char c)
{
	bool space = is_space(c);

	if (c == '>') {
		tag_end(h);
	} else if (c == '=') {
		h->place = h->place == PLACE_AFTER ? PLACE_EQUALS : PLACE_WRONG;
	} else if (h->place == PLACE_TIGHT && !space && c != '/') {
		h->place = PLACE_WRONG;
	} else if (space || c == '/') {
		h->place = h->place == PLACE_AFTER ? PLACE_AFTER : PLACE_TAG;
	} else {
		begin_attr(h, c);
	}
}

static void
in_attr(struct html *h, char c)
{
	if (c == '=')
		h->place = PLACE_EQUALS;
	else if (c == '>')
		tag_end(h);
	else if (is_space(c))
		h->place = PLACE_AFTER;
	else if (c == '/')
		h->place = PLACE_TAG;
	else
		grow(h->attr, sizeof(h->attr), &h->n_attr, c);
}

static void
after_equals(struct html *h, char c)
{
	if (is_space(c))
		return;
	h->first = '\0';
	h->value_out = h->slash = false;
	h->quote = c;
	h->place = c == '"' || c == '\'' ? PLACE_QUOTED
		   : c == '>'		 ? PLACE_WRONG
					 : PLACE_BARE;
}

static void
after_less(struct html *h, char c)
{
	h->n_tag = 0;
	h->tag[0] = '\0';
	if (c == '!') {
		h->place = PLACE_COMMENT;
		memset(h->tail, 0, sizeof(h->tail));
		h->tail[sizeof(h->tail) - 1] = c;
	} else if (c == '/' || (lower(c) >= 'a' && lower(c) <= 'z')) {
		h->place = PLACE_TAG_NAME;
		grow(h->tag, sizeof(h->tag), &h->n_tag, c);
	} else {
		h->place = PLACE_WRONG;
	}
}

static void
in_tag_name(struct html *h, char c)
{
	if (c == '>')
		tag_end(h);
	else if (is_space(c) || (c == '/' && h->n_tag > 0))
		h->place = PLACE_TAG;
	else
		grow(h->tag, sizeof(h->tag), &h->n_tag, c);
}

static void
shift_tail(struct html *h, char c)
{
	memmove(h->tail, h->tail + 1, sizeof(h->tail) - 1);
	h->tail[sizeof(h->tail) - 1] = lower(c);
}

static bool
tail_is(const struct html *h, const char *end)
{
	size_t n = strlen(end);

	return memcmp(h->tail + sizeof(h->tail) - n, end, n) == 0;
}

/* "<!" opens a comment when "--" follows, else it ends at the next ">". */
static void
in_comment(struct html *h, char c)
{
	shift_tail(h, c);
	if (tail_is(h, "!--"))
		h->tag[0] = '-';
	if (c == '>' && (h->tag[0] != '-' || tail_is(h, "-->")))
		h->place = PLACE_TEXT;
}

static void
in_raw(struct html *h, char c)
{
	shift_tail(h, c);
	if (tail_is(h, tag_is(h, "style") ? "</style>" : "</script>"))
		h->place = PLACE_TEXT;
}

static void
in_quoted(struct html *h, char c)
{
	if (c == h->quote)
		h->place = PLACE_TAG;
	else if (!h->first && !h->value_out)
		h->first = c;
	h->slash = h->slash || c == '/';
}

static void
step(struct html *h, char c)
{
	switch (h->place) {
	case PLACE_TEXT:
		h->place = c == '<' ? PLACE_LESS : PLACE_TEXT;
		break;
	case PLACE_LESS:
		after_less(h, c);
		break;
	case PLACE_TAG_NAME:
		in_tag_name(h, c);
		break;
	case PLACE_TAG:
	case PLACE_TIGHT:
	case PLACE_AFTER:
		in_tag(h, c);
		break;
	case PLACE_ATTR:
		in_attr(h, c);
		break;
	case PLACE_EQUALS:
		after_equals(h, c);
		break;
	case PLACE_QUOTED:
		in_quoted(h, c);
		break;
	case PLACE_BARE:
		h->place = c == '>' ? PLACE_WRONG : PLACE_BARE;
		if (is_space(c))
			h->place = PLACE_TAG;
		break;
	case PLACE_RAW:
		in_raw(h, c);
		break;
	case PLACE_COMMENT:
		in_comment(h, c);
		break;
	case PLACE_WRONG:
	default:
		break;
	}
}

void
html_text(struct html *h, const char *p, size_t n)
{
	while (n-- > 0)
		step(h, *p++);
}

bool
html_mark(struct html *h)
{
	if (h->place == PLACE_ATTR)
		h->place = PLACE_TIGHT;
	if (h->place == PLACE_AFTER)
		h->place = PLACE_TAG;
	return h->place == PLACE_TEXT || h->place == PLACE_TAG ||
	       h->place == PLACE_TIGHT || h->place == PLACE_QUOTED;
}

bool
html_is_url(const struct html *h)
{
	static const char *const URLS[] = {"href",	 "src",	      "action",
					   "formaction", "poster",    "data",
					   "cite",	 "srcset",    "ping",
					   "xlink:href", "background"};

	for (size_t i = 0; i < sizeof(URLS) / sizeof(*URLS); i++)
		if (h->place == PLACE_QUOTED && strcmp(h->attr, URLS[i]) == 0)
			return true;
	return false;
}

bool
html_same(const struct html *a, const struct html *b)
{
	enum place pa = a->place == PLACE_TIGHT ? PLACE_TAG : a->place;
	enum place pb = b->place == PLACE_TIGHT ? PLACE_TAG : b->place;

	if (pa != pb)
		return false;
	if (pa == PLACE_TEXT)
		return true;
	if (strcmp(a->tag, b->tag) != 0)
		return false;
	if (pa == PLACE_TAG)
		return true;
	return a->quote == b->quote && strcmp(a->attr, b->attr) == 0 &&
	       (!html_is_url(a) ||
		(a->first == b->first && a->value_out == b->value_out));
}

/* Attributes in which escaping does not help. In content there may be the
 * address of a refresh: "2;url=/..." */
static bool
refused(const struct html *h)
{
	const char *attr = h->attr;

	return strncmp(attr, "on", 2) == 0 || strcmp(attr, "style") == 0 ||
	       strcmp(attr, "srcdoc") == 0 || strcmp(attr, "srcset") == 0 ||
	       (strcmp(attr, "content") == 0 && !h->slash);
}

bool
html_value(struct html *h, enum op_kind *kind)
{
	*kind = OP_VALUE;
	if (h->place == PLACE_TEXT)
		return true;
	if (h->place != PLACE_QUOTED || refused(h))
		return false;
	if (!html_is_url(h))
		return true;
	if (!h->first && !h->value_out) {
		h->value_out = true;
		*kind = OP_URL;
		return true;
	}
	return h->value_out || h->first == '/' || h->first == '#' ||
	       h->first == '?';
}
