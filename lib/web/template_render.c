/* From a compiled template and a view to a page. */
#include <json-c/json.h>
#include <string.h>

#include "web/template_part.h"
#include "web/url.h"

#define SCOPES 48

struct render {
	struct cx *cx;
	const struct templates *ts;
	int lang;
	struct buf *out;
	const struct json_object *scope[SCOPES];
	size_t n; /* scopes */
};

void
html_escape(struct buf *out, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		const char *from = s;

		while (s < end && *s != '&' && *s != '<' && *s != '>' &&
		       *s != '"' && *s != '\'' && *s)
			s++;
		buf_add(out, from, (size_t)(s - from));
		if (s == end)
			return;
		buf_puts(out, *s == '&'	  ? "&amp;"
			      : *s == '<' ? "&lt;"
			      : *s == '>' ? "&gt;"
			      : *s == '"' ? "&quot;"
			      : *s	  ? "&#39;"
					  : "\xef\xbf\xbd");
		s++;
	}
}

static bool
member(const struct json_object *o, const char *key, struct json_object **out)
{
	return o && json_object_is_type(o, json_type_object) &&
	       json_object_object_get_ex(o, key, out);
}

/* The value of a name, from the innermost scope that has its first part. */
static const struct json_object *
look_up(const struct render *r, const struct name *name)
{
	struct json_object *o = NULL;
	size_t i = r->n;

	if (name->n == 0)
		return r->scope[r->n - 1];
	while (i > 0 && !member(r->scope[i - 1], name->part[0], &o))
		i--;
	if (i == 0)
		return NULL;
	for (size_t k = 1; k < name->n; k++)
		if (!member(o, name->part[k], &o))
			return NULL;
	return o;
}

static const char *
text_of(const struct json_object *o, size_t *n)
{
	/* json-c keeps the printed form in the object: const for us. */
	union {
		const struct json_object *in;
		struct json_object *out;
	} u = {.in = o};
	enum json_type type = json_object_get_type(o);
	const char *s = "";

	if (o && type != json_type_object && type != json_type_array)
		s = json_object_get_string(u.out);
	*n = type == json_type_string
		     ? (size_t)json_object_get_string_len(u.out)
		     : strlen(s);
	return s;
}

static void
print(struct render *r, const struct json_object *o)
{
	size_t n;
	const char *s = text_of(o, &n);

	html_escape(r->out, s, n);
}

static void
print_url(struct render *r, const struct json_object *o)
{
	size_t n;
	const char *s = text_of(o, &n);

	if (url_is_local(s) || *s == '?' || *s == '#')
		html_escape(r->out, s, n);
	else
		buf_putc(r->out, '#');
}

/* part is taken apart. */
static struct name
name_of(char *part)
{
	struct name name = {.n = 0};

	while (part && name.n < NAME_PARTS) {
		char *dot = strchr(part, '.');

		if (dot)
			*dot++ = '\0';
		name.part[name.n++] = part;
		part = dot;
	}
	return name;
}

/* "a.b": its value. "a.b|file|files": the first word for 1, else the second. */
static void
print_filled(struct render *r, char *part)
{
	char *one = strchr(part, '|'),
	     *many = one ? strchr(one + 1, '|') : NULL;
	const struct json_object *o;
	struct name name;

	if (many) {
		*one++ = '\0';
		*many++ = '\0';
	}
	name = name_of(part);
	o = look_up(r, &name);
	if (!many)
		print(r, o);
	else if (json_object_is_type(o, json_type_int) &&
		 json_object_get_int64(o) == 1)
		html_escape(r->out, one, strlen(one));
	else
		html_escape(r->out, many, strlen(many));
}

/* Prints a message; {a.b} in it is filled from the view. */
static void
print_message(struct render *r, const char *s)
{
	const char *open, *close;

	while ((open = strchr(s, '{')) && (close = strchr(open, '}'))) {
		html_escape(r->out, s, (size_t)(open - s));
		print_filled(r, arena_strndup(&r->cx->arena, open + 1,
					      (size_t)(close - open) - 1));
		s = close + 1;
	}
	html_escape(r->out, s, strlen(s));
}

static void
print_word_of(struct render *r, const struct json_object *o)
{
	const struct template_words *words = r->ts->words;
	size_t n;
	const char *key = text_of(o, &n);
	int word = words ? words->find(key) : -1;

	if (word < 0)
		html_escape(r->out, key, n);
	else
		print_message(r, words->text(word, r->lang));
}

static bool
truthy(const struct json_object *o)
{
	switch (json_object_get_type(o)) {
	case json_type_boolean:
		return json_object_get_boolean(o);
	case json_type_int:
		return json_object_get_int64(o) != 0;
	case json_type_string:
		return json_object_get_string_len(o) > 0;
	case json_type_array:
		return json_object_array_length(o) > 0;
	case json_type_null:
		return false;
	case json_type_object:
	case json_type_double:
	default:
		return true;
	}
}

static enum err render_ops(struct render *r, const struct template *t,
			   size_t from, size_t to);

static enum err
render_scoped(struct render *r, const struct template *t, size_t from,
	      size_t to, const struct json_object *scope)
{
	enum err e;

	if (r->n == SCOPES)
		return cx_fail(r->cx, ERR_INTERNAL, "%s.html: nested too deep",
			       t->name);
	r->scope[r->n++] = scope;
	e = render_ops(r, t, from, to);
	r->n--;
	return e;
}

static enum err
render_section(struct render *r, const struct template *t, size_t from,
	       size_t to, const struct json_object *o)
{
	enum err e = OK;

	if (!json_object_is_type(o, json_type_array))
		return render_scoped(r, t, from, to, o);
	for (size_t i = 0; i < json_object_array_length(o) && !e; i++)
		e = render_scoped(r, t, from, to,
				  json_object_array_get_idx(o, i));
	return e;
}

static enum err
render_op(struct render *r, const struct template *t, size_t i)
{
	const struct op *op = &t->ops[i];
	const struct template *to;

	switch (op->kind) {
	case OP_TEXT:
		buf_add(r->out, op->text, op->len);
		return OK;
	case OP_VALUE:
		print(r, look_up(r, &op->name));
		return OK;
	case OP_URL:
		print_url(r, look_up(r, &op->name));
		return OK;
	case OP_WORD:
		print_message(r, r->ts->words->text(op->word, r->lang));
		return OK;
	case OP_WORD_OF:
		print_word_of(r, look_up(r, &op->name));
		return OK;
	case OP_PARTIAL:
		to = &r->ts->v[op->partial];
		return render_ops(r, to, 0, to->n);
	case OP_SECTION:
		return truthy(look_up(r, &op->name))
			       ? render_section(r, t, i + 1, op->end,
						look_up(r, &op->name))
			       : OK;
	case OP_INVERTED:
		return truthy(look_up(r, &op->name))
			       ? OK
			       : render_ops(r, t, i + 1, op->end);
	default:
		return OK;
	}
}

static enum err
render_ops(struct render *r, const struct template *t, size_t from, size_t to)
{
	for (size_t i = from; i < to;) {
		const struct op *op = &t->ops[i];
		enum err e = render_op(r, t, i);

		if (e)
			return e;
		i = op->kind == OP_SECTION || op->kind == OP_INVERTED ? op->end
								      : i + 1;
	}
	return r->out->over ? cx_fail(r->cx, ERR_TOO_LARGE,
				      "%s.html: page too large", t->name)
			    : OK;
}

enum err
template_render(struct cx *cx, const struct templates *ts, const char *name,
		const struct json_object *view, int lang, struct buf *out)
{
	struct render r = {.cx = cx, .ts = ts, .lang = lang, .out = out};
	const struct template *t = template_find(ts, name);

	if (!t)
		return cx_fail(cx, ERR_NOT_FOUND, "no template %s", name);
	r.scope[r.n++] = view;
	return render_ops(&r, t, 0, t->n);
}
