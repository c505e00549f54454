#include "web/view.h"

#include <json-c/json.h>
#include <string.h>

#include "base/clock.h"
#include "web/url.h"

static void
put_view(void *o)
{
	json_object_put(o);
}

struct json_object *
view_new(struct cx *cx)
{
	struct json_object *o = json_object_new_object();

	arena_defer(&cx->arena, put_view, o);
	return o;
}

/* Takes the reference to part. The key is not copied: view.h. */
static void
add(struct json_object *o, const char *key, struct json_object *part)
{
	if (key)
		json_object_object_add_ex(o, key, part,
					  JSON_C_OBJECT_KEY_IS_CONSTANT);
	else
		json_object_array_add(o, part);
}

/* Text with U+FFFD for each byte that is no part of a character. */
static struct json_object *
mended(const char *s, size_t n)
{
	struct json_object *o;
	struct buf b;

	buf_init(&b, 3 * n + 1);
	while (n > 0) {
		size_t len = utf8_char(s, n);

		if (len)
			buf_add(&b, s, len);
		else
			buf_puts(&b, "\xef\xbf\xbd");
		len = len ? len : 1;
		s += len;
		n -= len;
	}
	o = json_object_new_string(buf_str(&b));
	buf_free(&b);
	return o;
}

void
view_text(struct json_object *o, const char *key, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!s)
		add(o, key, NULL);
	else if (utf8_valid(s, n))
		add(o, key, json_object_new_string(s));
	else
		add(o, key, mended(s, n));
}

void
view_int(struct json_object *o, const char *key, int64_t n)
{
	add(o, key, json_object_new_int64(n));
}

void
view_bool(struct json_object *o, const char *key, bool yes)
{
	add(o, key, json_object_new_boolean(yes));
}

void
view_null(struct json_object *o, const char *key)
{
	add(o, key, NULL);
}

void
view_time(struct json_object *o, const char *key, int64_t ms)
{
	char iso[CLOCK_ISO_MAX];

	view_text(o, key, ms ? clock_iso(ms, iso) : NULL);
}

struct json_object *
view_list(struct json_object *o, const char *key)
{
	struct json_object *list = json_object_new_array();

	add(o, key, list);
	return list;
}

struct json_object *
view_obj(struct json_object *o, const char *key)
{
	struct json_object *obj = json_object_new_object();

	add(o, key, obj);
	return obj;
}

struct json_object *
view_obj_of(struct json_object *o, const char *key)
{
	struct json_object *there;

	return json_object_object_get_ex(o, key, &there) ? there
							 : view_obj(o, key);
}

void
view_put(struct json_object *o, const char *key, struct json_object *part)
{
	add(o, key, json_object_get(part));
}

void
view_merge(struct json_object *o, const char *key, struct json_object *more)
{
	struct json_object *into = json_object_object_get(o, key);

	json_object_object_foreach(more, name, member)
	{
		json_object_object_add(into, name, json_object_get(member));
	}
}

void
view_json(const struct json_object *o, struct buf *out)
{
	/* The printer keeps its text in the object: const for us. */
	union {
		const struct json_object *in;
		struct json_object *out;
	} u = {.in = o};
	size_t n = 0;
	const char *s = json_object_to_json_string_length(
		u.out, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		&n);

	buf_add(out, s, n);
}

struct json_object *
view_error(struct cx *cx, enum err e, const char *message)
{
	struct json_object *o = view_new(cx), *error = view_obj(o, "error");

	view_text(error, "code", err_slug(e));
	view_text(error, "message", message);
	if (cx->field[0])
		view_text(error, "field", cx->field);
	return o;
}
