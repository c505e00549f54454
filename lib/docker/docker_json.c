/* What the engine says, and what is said to it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/uri.h"
#include "docker/docker.h"

#define WORDS_MAX 300

static void
put_back(void *o)
{
	json_object_put(o);
}

struct json_object *
docker_keep(struct cx *cx, struct json_object *o)
{
	if (o)
		arena_defer(&cx->arena, put_back, o);
	return o;
}

/* json-c takes white space after a text for its end only when told so: what
 * follows the value must be nothing else. */
static bool
only_space(const char *p, size_t n)
{
	while (n && isspace((unsigned char)*p))
		p++, n--;
	return n == 0;
}

enum err
docker_parse(struct cx *cx, const char *text, size_t n,
	     struct json_object **out)
{
	struct json_tokener *t = json_tokener_new_ex(DOCKER_DEPTH);
	struct json_object *o;
	size_t end;
	bool fine;

	if (!t)
		abort(); /* out of memory: crash-only */
	json_tokener_set_flags(t, JSON_TOKENER_STRICT |
					  JSON_TOKENER_VALIDATE_UTF8 |
					  JSON_TOKENER_ALLOW_TRAILING_CHARS);
	o = n <= DOCKER_LIST_MAX ? json_tokener_parse_ex(t, text, (int)n)
				 : NULL;
	end = json_tokener_get_parse_end(t);
	fine = json_tokener_get_error(t) == json_tokener_success && end <= n &&
	       only_space(text + end, n - end);
	json_tokener_free(t);
	if (!fine || !o) {
		json_object_put(o);
		return cx_fail(cx, ERR_UNREACHABLE,
			       "the answer of the container engine is no JSON "
			       "that can be read");
	}
	*out = docker_keep(cx, o);
	return OK;
}

struct json_object *
docker_member(struct json_object *o, const char *path)
{
	char key[64];

	while (o && *path) {
		size_t n = strcspn(path, "/");

		if (n >= sizeof(key) ||
		    !json_object_is_type(o, json_type_object))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		if (!json_object_object_get_ex(o, key, &o))
			return NULL;
		path += n + (path[n] == '/');
	}
	return o;
}

const char *
docker_text(struct json_object *o, const char *path)
{
	struct json_object *v = docker_member(o, path);

	return v && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

int64_t
docker_number(struct json_object *o, const char *path)
{
	struct json_object *v = docker_member(o, path);

	return v && json_object_is_type(v, json_type_int)
		       ? json_object_get_int64(v)
		       : 0;
}

bool
docker_true(struct json_object *o, const char *path)
{
	struct json_object *v = docker_member(o, path);

	return v && json_object_is_type(v, json_type_boolean) &&
	       json_object_get_boolean(v);
}

const char *
docker_words(struct cx *cx, const char *text)
{
	size_t n = strlen(text);
	char *s, *p;

	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	if (n > WORDS_MAX) {
		n = WORDS_MAX;
		/* not inside a character */
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	s = arena_strndup(&cx->arena, text, n);
	for (p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = *p == '\n' ? '|' : '?';
	return s;
}

const char *
docker_filter(struct cx *cx, const char *kind)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = docker_put_list(o, "label");
	const char *out;

	docker_add_text(list,
			arena_printf(&cx->arena, "%s=%s", DOCKER_LABEL_SITE,
				     cx->site->site_id));
	if (kind)
		docker_add_text(list, arena_printf(&cx->arena, "%s=%s",
						   DOCKER_LABEL_KIND, kind));
	out = uri_encode(
		cx, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return out;
}

struct json_object *
docker_labels(struct cx *cx, const char *kind, const char *id, const char *op)
{
	struct json_object *o = json_object_new_object();

	docker_put_text(o, DOCKER_LABEL_SITE, cx->site->site_id);
	docker_put_text(o, DOCKER_LABEL_KIND, kind);
	docker_put_text(o, DOCKER_LABEL_ID, id);
	if (op && *op)
		docker_put_text(o, DOCKER_LABEL_OP, op);
	return o;
}

/* The site's id may hold a "/", so these are no paths. */
static bool
label_is(struct json_object *labels, const char *key, const char *want)
{
	struct json_object *v;

	return json_object_is_type(labels, json_type_object) &&
	       json_object_object_get_ex(labels, key, &v) &&
	       json_object_is_type(v, json_type_string) &&
	       !strcmp(json_object_get_string(v), want);
}

bool
docker_is_ours(struct cx *cx, struct json_object *labels, const char *kind)
{
	return label_is(labels, DOCKER_LABEL_SITE, cx->site->site_id) &&
	       label_is(labels, DOCKER_LABEL_KIND, kind);
}

/* Each piece has eight bytes before it: the stream (0 to 2), three zeros, the
 * length. A terminal's output has none, and is taken as it is. */
void
docker_unframe(const char *p, size_t n, struct buf *out)
{
	while (n >= 8) {
		const unsigned char *h = (const unsigned char *)p;
		size_t len = (size_t)h[4] << 24 | (size_t)h[5] << 16 |
			     (size_t)h[6] << 8 | h[7];

		if (h[0] > 2 || h[1] || h[2] || h[3])
			break;
		p += 8;
		n -= 8;
		if (len > n)
			len = n;
		buf_add(out, p, len);
		p += len;
		n -= len;
	}
	buf_add(out, p, n);
}

void
docker_put_text(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, json_object_new_string(v));
}

void
docker_put_int(struct json_object *o, const char *key, int64_t v)
{
	json_object_object_add(o, key, json_object_new_int64(v));
}

void
docker_put_true(struct json_object *o, const char *key)
{
	json_object_object_add(o, key, json_object_new_boolean(1));
}

struct json_object *
docker_put_object(struct json_object *o, const char *key)
{
	struct json_object *in = json_object_new_object();

	json_object_object_add(o, key, in);
	return in;
}

struct json_object *
docker_put_list(struct json_object *o, const char *key)
{
	struct json_object *in = json_object_new_array();

	json_object_object_add(o, key, in);
	return in;
}

void
docker_add_text(struct json_object *list, const char *v)
{
	json_object_array_add(list, json_object_new_string(v));
}
