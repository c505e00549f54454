/* A form that was refused, once more: for who is to mend it. */
#include <string.h>

#include "web/form_part.h"
#include "web/url.h"

struct look {
	struct cx *cx;
	const struct field_row *rows;
	size_t n;
	struct value *values;
	struct sent *sent;
	bool *seen;
	const char **csrf;
};

/* Without control characters: they cannot be typed, and pages cannot hold
 * them. */
static const char *
shown(struct cx *cx, const struct field_row *row, const char *s)
{
	char *copy = arena_strdup(&cx->arena, s), *to = copy;

	for (const char *p = copy; *p; p++) {
		if (!field_control(p, row->type == FIELD_LINES))
			*to++ = *p;
		else if (*p & 0x80)
			p++; /* of two bytes */
	}
	*to = '\0';
	return copy;
}

static void
field(struct look *l, size_t i, const char *text)
{
	const struct field_row *row = &l->rows[i];
	struct value was = l->values[i];

	if (!text || field_pair(l->cx, row, text, &l->values[i])) {
		cx_clear(l->cx);
		l->values[i] = was;
		l->sent[i].wrong = true;
	}
	if (!text || row->type == FIELD_SECRET || row->type == FIELD_UUIDS)
		return;
	l->sent[i].empty = !*text;
	l->sent[i].text = shown(l->cx, row, text);
}

/* NULL: it is no text. */
static const char *
decoded(struct look *l, const char *p, size_t n)
{
	char *out;

	if (!url_decode(l->cx, p, n, true, &out))
		return out;
	cx_clear(l->cx);
	return NULL;
}

static bool
pair(struct look *l, const char *p, size_t n)
{
	const char *eq = memchr(p, '=', n), *name, *text;
	size_t len = eq ? (size_t)(eq - p) : n, i = 0;

	name = decoded(l, p, len);
	text = eq ? decoded(l, eq + 1, n - len - 1) : "";
	if (!name)
		return false;
	while (i < l->n && strcmp(l->rows[i].name, name) != 0)
		i++;
	if (i == l->n) {
		if (!l->csrf || *l->csrf || !text || strcmp(name, "csrf") != 0)
			return false;
		*l->csrf = text;
		return true;
	}
	if (l->seen[i] && l->rows[i].type != FIELD_UUIDS)
		return false;
	l->seen[i] = true;
	field(l, i, text);
	return true;
}

static void
missing(struct look *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->rows[i].need == REQUIRED && !l->values[i].set &&
		    !l->sent[i].wrong)
			l->sent[i].wrong = l->sent[i].empty = true;
}

bool
form_look(struct cx *cx, const char *p, size_t n, const struct field_row *rows,
	  size_t n_rows, struct value *values, struct sent *sent,
	  const char **csrf)
{
	struct look l = {.cx = cx,
			 .rows = rows,
			 .n = n_rows,
			 .values = values,
			 .sent = sent,
			 .seen = arena_array(&cx->arena, n_rows + 1, 1),
			 .csrf = csrf};
	const char *end = p + n;

	memset(values, 0, n_rows * sizeof(*values));
	for (size_t i = 0; i < n_rows; i++)
		sent[i] = (struct sent){.text = NULL};
	if (csrf)
		*csrf = NULL;
	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		size_t len = (size_t)((amp ? amp : end) - p);

		if (len && !pair(&l, p, len))
			return false;
		p += len + 1;
	}
	missing(&l);
	return true;
}
