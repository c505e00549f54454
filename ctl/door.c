/* Asking the running site: ctl/door.h. */
#include "ctl/door.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "base/badge.h"
#include "base/lock.h"

enum err
door_ask(struct door *o, const struct door_ask *ask, struct http_answer *a)
{
	const char *header[16];
	size_t n = 0;
	struct http_ask rq = {.method = ask->method,
			      .url = arena_printf(&o->cx->arena, "%s%s",
						  ask->at ? ask->at : o->url,
						  ask->path),
			      .header = header,
			      .body = ask->body,
			      .body_len = ask->body_len,
			      .deadline_ms = DOOR_MS,
			      .most = DOOR_BODY_MAX,
			      .first_only = ask->first_only};

	if (!ask->stranger)
		header[n++] = arena_printf(&o->cx->arena, "X-Roost-Probe: %s",
					   o->secret);
	for (size_t i = 0; i < 8 && ask->header[i]; i++)
		header[n++] = ask->header[i];
	header[n] = NULL;
	return http_do(o->cx, &rq, a);
}

/* Each answer of the handler has its number, each refusal of the gate says
 * what a JSON client reads. */
bool
door_is_ours(const struct http_answer *a)
{
	return strcasestr(buf_str(&a->head), "\r\nX-Request-Id: ") ||
	       strncmp(buf_str(&a->body), "{\"error\":{\"code\":", 17) == 0;
}

bool
door_is(const struct door *o, const char *name)
{
	return strncasecmp(o->server, name, strlen(name)) == 0;
}

static struct json_object *
member(const struct door *o, const char *key)
{
	struct json_object *v = NULL;

	if (o->show)
		json_object_object_get_ex(o->show, key, &v);
	return v;
}

const char *
door_text(const struct door *o, const char *key)
{
	struct json_object *v = member(o, key);

	return json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

bool
door_bool(const struct door *o, const char *key)
{
	return json_object_get_boolean(member(o, key));
}

int64_t
door_int(const struct door *o, const char *key)
{
	return json_object_get_int64(member(o, key));
}

void
door_close(struct door *o)
{
	if (!o)
		return;
	player_close(o, o->player);
	badge_drop(o->cx, BADGE_DOCTOR);
	json_object_put(o->show);
	lock_remove(site_run_file(o->cx, "doctor.lock"), o->lock);
}
