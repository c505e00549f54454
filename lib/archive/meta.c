#include "archive/meta.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define KEYS 7

void
meta_print(const struct archive_meta *m, struct buf *out)
{
	char iso[CLOCK_ISO_MAX];

	buf_printf(out,
		   "{\"format\": \"%s\", \"sha256\": \"%s\", \"size\": %lld,"
		   " \"content\": %lld, \"files\": %lld, \"skipped\": %lld,"
		   " \"created_at\": \"%s\"}\n",
		   m->format, m->sha256, (long long)m->size,
		   (long long)m->content, (long long)m->files,
		   (long long)m->skipped, clock_iso(m->created_ms, iso));
}

static bool
get_text(struct json_object *o, const char *key, size_t min, size_t max,
	 char *out)
{
	struct json_object *v;
	size_t n;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_string))
		return false;
	n = (size_t)json_object_get_string_len(v);
	if (n < min || n > max || strlen(json_object_get_string(v)) != n)
		return false;
	memcpy(out, json_object_get_string(v), n + 1);
	return true;
}

/* json-c clamps what does not fit, so the clamps are no answers. */
static bool
get_count(struct json_object *o, const char *key, int64_t *out)
{
	struct json_object *v;
	int64_t n;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_int))
		return false;
	n = json_object_get_int64(v);
	if (n < 0 || n == INT64_MAX)
		return false;
	*out = n;
	return true;
}

/* Exactly what clock_iso prints: it must print the same again. */
static bool
get_time(struct json_object *o, const char *key, int64_t *out)
{
	char text[CLOCK_ISO_MAX], again[CLOCK_ISO_MAX];
	struct tm tm = {0};
	int ms = 0, end = 0;
	int64_t t;

	if (!get_text(o, key, 24, 24, text) ||
	    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &tm.tm_year,
		   &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		   &ms, &end) != 7 ||
	    end != 24)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	t = (int64_t)timegm(&tm) * 1000 + ms;
	if (t < 0 || strcmp(clock_iso(t, again), text) != 0)
		return false;
	*out = t;
	return true;
}

static bool
fill(struct json_object *o, struct archive_meta *m)
{
	return json_object_is_type(o, json_type_object) &&
	       json_object_object_length(o) == KEYS &&
	       get_text(o, "format", 1, sizeof(m->format) - 1, m->format) &&
	       !strcmp(m->format, META_FORMAT) &&
	       get_text(o, "sha256", 64, 64, m->sha256) &&
	       strspn(m->sha256, "0123456789abcdef") == 64 &&
	       get_count(o, "size", &m->size) &&
	       get_count(o, "content", &m->content) &&
	       get_count(o, "files", &m->files) &&
	       get_count(o, "skipped", &m->skipped) &&
	       get_time(o, "created_at", &m->created_ms);
}

static bool
only_space(const char *s, size_t from, size_t n)
{
	while (from < n && strchr(" \t\r\n", s[from]))
		from++;
	return from == n;
}

enum err
archive_meta_parse(struct cx *cx, const char *json, size_t n,
		   struct archive_meta *meta)
{
	struct archive_meta m = {0};
	struct json_tokener *tok;
	struct json_object *o;
	bool ok;

	if (!n || n > META_MAX || memchr(json, '\0', n))
		return cx_fail(cx, ERR_CORRUPT,
			       "the archive's marker has %zu bytes", n);
	tok = json_tokener_new_ex(4);
	if (!tok)
		abort(); /* out of memory: crash-only */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
					    JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, json, (int)n);
	ok = o && json_tokener_get_error(tok) == json_tokener_success &&
	     only_space(json, json_tokener_get_parse_end(tok), n) &&
	     fill(o, &m);
	json_object_put(o);
	json_tokener_free(tok);
	if (!ok)
		return cx_fail(cx, ERR_CORRUPT,
			       "the archive's marker is not a %s one",
			       META_FORMAT);
	*meta = m;
	return OK;
}
