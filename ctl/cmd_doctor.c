/* roostctl doctor: one check after the other. */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "ctl/door.h"

static const struct {
	void (*look)(struct doctor *d);
	const char *name;
} checks[] = {
#define X(check, name, what) {check, name},
#include "ctl/doctor.def"
#undef X
};

static const char *const keys[] = {"result", "check", "what"};
static const char *const words[] = {"ok", "warn", "fail"};

void
doctor_say(struct doctor *d, enum verdict v, const char *fmt, ...)
{
	char text[1024];
	struct json_object *o = json_object_new_object();
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_text(&d->out, words[v]);
	out_text(&d->out, d->check);
	out_text(&d->out, text);
	json_object_object_add(o, "result", json_object_new_string(words[v]));
	json_object_object_add(o, "check", json_object_new_string(d->check));
	json_object_object_add(o, "what", json_object_new_string(text));
	json_object_array_add(d->said, o);
	if (v > d->worst)
		d->worst = v;
}

void
doctor_fail(struct doctor *d, enum verdict v)
{
	doctor_say(d, v, "%s", d->c->cx.why);
	cx_clear(&d->c->cx);
}

/* A site that cannot be written to has said so already. */
static void
keep(struct doctor *d)
{
	struct cx *cx = &d->c->cx;
	struct json_object *o = json_object_new_object();
	const char *path = site_run_file(cx, "doctor.json"), *text;

	json_object_object_add(o, "at_ms",
			       json_object_new_int64(clock_now_ms()));
	json_object_object_add(o, "url",
			       json_object_new_string(d->door ? d->door->url
							      : ""));
	json_object_object_add(o, "checks", json_object_get(d->said));
	text = json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (fs_write_sync(cx, path, text, strlen(text), 0600) ||
	    fs_hand_over(cx, path))
		cx_clear(cx);
	json_object_put(o);
}

enum err
ctl_doctor(struct ctl *c)
{
	struct doctor d = {.c = c, .said = json_object_new_array()};
	size_t i;

	OUT_INIT(&d.out, c, keys);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		d.check = checks[i].name;
		checks[i].look(&d);
		cx_clear(&c->cx);
	}
	door_close(d.door);
	if (d.site)
		keep(&d);
	json_object_put(d.said);
	out_list(&d.out);
	return d.worst == VERDICT_FAIL
		       ? cx_fail(&c->cx, ERR_ACTION, "something is not well")
		       : OK;
}
