/*
 * What an answer says, as one JSON object: JSON clients get it as it is,
 * templates print it.
 *
 * 1. Keys are not copied: literals, or of the cx's arena.
 * 2. Into a list (made by view_list) things go with key NULL.
 * 3. Text that is no valid UTF-8 is mended (U+FFFD), so that the output
 *    always is.
 */
#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cx.h"

struct json_object;

struct json_object *view_new(struct cx *cx); /* {}; freed with cx's arena */
void view_text(struct json_object *o, const char *key, const char *s);
/* NULL prints null */
void view_int(struct json_object *o, const char *key, int64_t n);
void view_bool(struct json_object *o, const char *key, bool yes);
void view_null(struct json_object *o, const char *key);
void view_time(struct json_object *o, const char *key, int64_t ms);
/* ISO 8601; 0 is null */
struct json_object *view_list(struct json_object *o, const char *key);
struct json_object *view_obj(struct json_object *o, const char *key);
/* The object that is there by that key; made when it is not. */
struct json_object *view_obj_of(struct json_object *o, const char *key);
/* Another view as a part of this one (shared, counted). */
void view_put(struct json_object *o, const char *key, struct json_object *part);

/* The members of more into the object o[key]. */
void view_merge(struct json_object *o, const char *key,
		struct json_object *more);

/* Compact JSON, "/" not escaped. */
void view_json(const struct json_object *o, struct buf *out);
/* {"error": {"code", "message", "field"}}; field only when not empty. */
struct json_object *view_error(struct cx *cx, enum err e, const char *message);

#endif
