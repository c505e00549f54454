/* roostctl doctor: one check after the other. */
#include <stdarg.h>
#include <stdio.h>

#include "ctl/doctor.h"

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
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_text(&d->out, words[v]);
	out_text(&d->out, d->check);
	out_text(&d->out, text);
	if (v > d->worst)
		d->worst = v;
}

void
doctor_fail(struct doctor *d, enum verdict v)
{
	doctor_say(d, v, "%s", d->c->cx.why);
	cx_clear(&d->c->cx);
}

enum err
ctl_doctor(struct ctl *c)
{
	struct doctor d = {.c = c};
	size_t i;

	OUT_INIT(&d.out, c, keys);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		d.check = checks[i].name;
		checks[i].look(&d);
		cx_clear(&c->cx);
	}
	out_list(&d.out);
	return d.worst == VERDICT_FAIL
		       ? cx_fail(&c->cx, ERR_ACTION, "something is not well")
		       : OK;
}
