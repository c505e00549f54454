/* One value against its row, whatever it came in. */
#include <string.h>

#include "base/id.h"
#include "web/form_part.h"
#include "web/url.h"

bool
field_control(const char *p, bool lines)
{
	unsigned char c = (unsigned char)p[0];

	if (lines && (c == '\n' || c == '\t' || c == '\r'))
		return false;
	/* C0, DEL and, as two bytes, C1 */
	return c < ' ' || c == 127 || (c == 0xc2 && (unsigned char)p[1] < 0xa0);
}

/* Browsers send lines with \r\n. */
static const char *
newlines(struct cx *cx, const char *s)
{
	char *copy = arena_strdup(&cx->arena, s), *to = copy;

	for (const char *p = copy; *p; p++) {
		if (p[0] == '\r' && p[1] == '\n')
			continue;
		*to++ = *p == '\r' ? '\n' : *p;
	}
	*to = '\0';
	return copy;
}

static enum err
check_text(struct cx *cx, const struct field_row *row, const char *s,
	   struct value *v)
{
	bool lines = row->type == FIELD_LINES;
	int64_t n;

	if (lines)
		s = newlines(cx, s);
	n = (int64_t)utf8_count(s);
	if (n < row->least || n > row->most)
		return cx_field(cx, row->name,
				"must have %lld to %lld characters",
				(long long)row->least, (long long)row->most);
	for (const char *p = s; *p && row->type != FIELD_SECRET; p++)
		if (field_control(p, lines))
			return cx_field(cx, row->name,
					"must not have control characters");
	v->text = s;
	return OK;
}

static enum err
check_word(struct cx *cx, const struct field_row *row, const char *s,
	   struct value *v)
{
	size_t n = strlen(s);

	if (s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789_.~-")] ||
	    (int64_t)n < row->least || (int64_t)n > row->most)
		return cx_field(cx, row->name,
				"must be %lld to %lld letters, digits or _.~-",
				(long long)row->least, (long long)row->most);
	v->text = s;
	return OK;
}

static enum err
check_uuid(struct cx *cx, const struct field_row *row, const char *s,
	   struct value *v)
{
	if (!id_is_uuid(s))
		return cx_field(cx, row->name, "must be an id");
	v->text = s;
	return OK;
}

enum err
field_int(struct cx *cx, const struct field_row *row, int64_t n,
	  struct value *v)
{
	if (n < row->least || n > row->most)
		return cx_field(cx, row->name, "must be %lld to %lld",
				(long long)row->least, (long long)row->most);
	v->num = n;
	return OK;
}

enum err
field_string(struct cx *cx, const struct field_row *row, const char *s,
	     struct value *v)
{
	if (row->type == FIELD_WORD)
		return check_word(cx, row, s, v);
	if (row->type == FIELD_UUID)
		return check_uuid(cx, row, s, v);
	return check_text(cx, row, s, v);
}

/* One more into the list of a UUIDS field; least..most bound its length. */
enum err
field_uuid(struct cx *cx, const struct field_row *row, const char *s,
	   struct value *v)
{
	size_t most = row->most < FORM_LIST_MAX ? (size_t)row->most
						: (size_t)FORM_LIST_MAX;

	if (!id_is_uuid(s))
		return cx_field(cx, row->name, "must list ids");
	if (v->n_list == most)
		return cx_field(cx, row->name, "must list at most %zu", most);
	if (!v->list)
		v->list = arena_array(&cx->arena, most, sizeof(*v->list));
	v->list[v->n_list++] = arena_strdup(&cx->arena, s);
	return OK;
}
