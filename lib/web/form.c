#include "web/form.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "web/form_part.h"
#include "web/json.h"
#include "web/url.h"

struct parse {
	struct cx *cx;
	const struct field_row *rows;
	size_t n;
	struct value *values;
	bool *seen; /* of each row, in pairs: repeats, empty ones too */
	const char **csrf;
};

/* ---- Rows and values ---- */

/* The row of that name; n when there is none. */
static size_t
find_row(const struct parse *f, const char *name)
{
	size_t i = 0;

	while (i < f->n && strcmp(f->rows[i].name, name) != 0)
		i++;
	return i;
}

static enum err
check_required(const struct parse *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->rows[i].need == REQUIRED && !f->values[i].set)
			return cx_field(f->cx, f->rows[i].name, "is missing");
	return OK;
}

/* Shows a name in an error only when it can be shown. */
static enum err
unknown(struct cx *cx, const char *name)
{
	for (const char *p = name; *p; p++)
		if (field_control(p, false))
			return cx_fail(cx, ERR_INVALID, "unknown field");
	return cx_field(cx, name, "is not known here");
}

/* ---- JSON ---- */

static enum err
json_number(struct cx *cx, const struct field_row *row, struct json_object *o,
	    struct value *v)
{
	if (json_object_get_type(o) != json_type_int)
		return cx_field(cx, row->name, "must be a whole number");
	return field_int(cx, row, json_object_get_int64(o), v);
}

static enum err
json_list(struct cx *cx, const struct field_row *row, struct json_object *o,
	  struct value *v)
{
	size_t n;
	enum err e = OK;

	if (json_object_get_type(o) != json_type_array)
		return cx_field(cx, row->name, "must be a list");
	n = json_object_array_length(o);
	if (n < (size_t)row->least)
		return cx_field(cx, row->name, "must list at least %lld",
				(long long)row->least);
	for (size_t i = 0; i < n && !e; i++) {
		struct json_object *item = json_object_array_get_idx(o, i);

		if (json_object_get_type(item) != json_type_string)
			return cx_field(cx, row->name, "must list ids");
		e = field_uuid(cx, row, json_object_get_string(item), v);
	}
	return e;
}

static enum err
json_value(struct cx *cx, const struct field_row *row, struct json_object *o,
	   struct value *v)
{
	if (!o && row->need != NULLABLE)
		return cx_field(cx, row->name, "must not be null");
	v->set = true;
	v->null = !o;
	if (!o)
		return OK;
	if (row->type == FIELD_INT)
		return json_number(cx, row, o, v);
	if (row->type == FIELD_UUIDS)
		return json_list(cx, row, o, v);
	if (row->type == FIELD_BOOL || row->type == FIELD_BUTTON) {
		if (json_object_get_type(o) != json_type_boolean)
			return cx_field(cx, row->name, "must be true or false");
		v->yes = json_object_get_boolean(o);
		return OK;
	}
	if (json_object_get_type(o) != json_type_string)
		return cx_field(cx, row->name, "must be a string");
	return field_string(cx, row,
			    arena_strdup(&cx->arena, json_object_get_string(o)),
			    v);
}

static enum err
json_members(const struct parse *f, struct json_object *o)
{
	json_object_object_foreach(o, name, member)
	{
		size_t i = find_row(f, name);
		enum err e;

		if (i == f->n)
			return unknown(f->cx, name);
		e = json_value(f->cx, &f->rows[i], member, &f->values[i]);
		if (e)
			return e;
	}
	return check_required(f);
}

static enum err
parse_json(const struct parse *f, const char *p, size_t n)
{
	struct json_tokener *tok;
	struct json_object *o;
	enum err e;

	if (n == 0)
		return check_required(f);
	if ((e = json_check(f->cx, p, n, FORM_DEPTH)))
		return e;
	/* The scanner has vouched for the text; one more level is for what
	 * json-c counts as depth. */
	tok = json_tokener_new_ex(FORM_DEPTH + 1);
	o = json_tokener_parse_ex(tok, p, (int)n);
	json_tokener_free(tok);
	if (json_object_get_type(o) == json_type_object)
		e = json_members(f, o);
	else
		e = cx_fail(f->cx, ERR_INVALID, "the body must be an object");
	json_object_put(o);
	return e;
}

/* ---- name=value&name=value ---- */

static enum err
pair_int(struct cx *cx, const struct field_row *row, const char *s,
	 struct value *v)
{
	const char *p = s + (*s == '-');
	int64_t n = 0;

	if (!*p)
		return cx_field(cx, row->name, "must be a whole number");
	for (; *p; p++) {
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, *p - '0', &n))
			return cx_field(cx, row->name,
					"must be a whole number");
	}
	if (*s != '-' && __builtin_sub_overflow(0, n, &n))
		return cx_field(cx, row->name, "must be a whole number");
	return field_int(cx, row, n, v);
}

static enum err
pair_bool(struct cx *cx, const struct field_row *row, const char *s,
	  struct value *v)
{
	static const char *const YES[] = {"1", "on", "yes", "true"};
	static const char *const NO[] = {"0", "off", "no", "false"};

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(s, YES[i]) == 0 || strcmp(s, NO[i]) == 0) {
			v->yes = strcmp(s, YES[i]) == 0;
			return OK;
		}
	}
	return cx_field(cx, row->name, "must be yes or no");
}

enum err
field_pair(struct cx *cx, const struct field_row *row, const char *s,
	   struct value *v)
{
	bool texts = row->type == FIELD_TEXT || row->type == FIELD_LINES;

	if (row->type == FIELD_BUTTON) {
		v->set = v->yes = true;
		return OK;
	}
	if (!*s && !(texts && row->least == 0))
		return OK;
	v->set = true;
	if (row->type == FIELD_INT)
		return pair_int(cx, row, s, v);
	if (row->type == FIELD_BOOL)
		return pair_bool(cx, row, s, v);
	if (row->type == FIELD_UUIDS)
		return field_uuid(cx, row, s, v);
	return field_string(cx, row, s, v);
}

static enum err
pair(const struct parse *f, const char *p, size_t n)
{
	const char *eq = memchr(p, '=', n);
	size_t len = eq ? (size_t)(eq - p) : n, i;
	char *name, *text;
	enum err e;

	if ((e = url_decode(f->cx, p, len, true, &name)) ||
	    (e = url_decode(f->cx, eq ? eq + 1 : p + n, eq ? n - len - 1 : 0,
			    true, &text)))
		return e;
	i = find_row(f, name);
	if (i < f->n && f->seen[i] && f->rows[i].type != FIELD_UUIDS)
		return cx_field(f->cx, name, "must not stand twice");
	if (i < f->n) {
		f->seen[i] = true;
		return field_pair(f->cx, &f->rows[i], text, &f->values[i]);
	}
	if (!f->csrf || strcmp(name, "csrf") != 0)
		return unknown(f->cx, name);
	if (*f->csrf)
		return cx_field(f->cx, name, "must not stand twice");
	*f->csrf = text;
	return OK;
}

static enum err
parse_pairs(const struct parse *f, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		size_t len = (size_t)((amp ? amp : end) - p);
		enum err e = len ? pair(f, p, len) : OK;

		if (e)
			return e;
		p += len + 1;
	}
	return check_required(f);
}

/* ---- */

enum err
form_parse(struct cx *cx, enum form_source source, const char *p, size_t n,
	   const struct field_row *rows, size_t n_rows, struct value *values,
	   const char **csrf)
{
	struct parse f = {.cx = cx,
			  .rows = rows,
			  .n = n_rows,
			  .values = values,
			  .seen = arena_array(&cx->arena, n_rows + 1, 1),
			  .csrf = source == FORM_URLENCODED ? csrf : NULL};

	memset(values, 0, n_rows * sizeof(*values));
	if (f.csrf)
		*f.csrf = NULL;
	return source == FORM_JSON ? parse_json(&f, p, n)
				   : parse_pairs(&f, p, n);
}

/* Is it that type, alone or with charset=utf-8? */
static bool
is_type(const char *s, const char *type)
{
	size_t n = strlen(type);

	if (strncasecmp(s, type, n) != 0)
		return false;
	s += n;
	s += strspn(s, " \t");
	if (*s != ';')
		return *s == '\0';
	s++;
	s += strspn(s, " \t");
	return strcasecmp(s, "charset=utf-8") == 0 ||
	       strcasecmp(s, "charset=\"utf-8\"") == 0 || *s == '\0';
}

enum err
form_source_of(struct cx *cx, const char *content_type,
	       enum form_source *source)
{
	if (content_type && is_type(content_type, "application/json"))
		*source = FORM_JSON;
	else if (content_type &&
		 is_type(content_type, "application/x-www-form-urlencoded"))
		*source = FORM_URLENCODED;
	else
		return cx_fail(cx, ERR_MEDIA, "content type %s",
			       content_type ? content_type : "missing");
	return OK;
}
