#include "base/cx.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

void
cx_begin(struct cx *cx, const struct site *site)
{
	unsigned char r[8];

	cx_clear(cx);
	cx->site = site;
	cx_tick(cx);
	id_random(r, sizeof(r));
	id_hex(r, sizeof(r), cx->rid);
}

void
cx_end(struct cx *cx)
{
	arena_release(&cx->arena);
}

void
cx_tick(struct cx *cx)
{
	cx->now_ms = clock_now_ms();
}

enum err
cx_fail(struct cx *cx, enum err e, const char *fmt, ...)
{
	va_list ap;

	cx->err = e;
	cx->field[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(cx->why, sizeof(cx->why), fmt, ap);
	va_end(ap);
	return e;
}

/* What somebody can do about it, where the system's word alone is a riddle. */
static const char *
mend(int errnum)
{
	switch (errnum) {
	case EACCES:
		return "; do this as the user who runs Roost, or chown it";
	case EDQUOT:
	case ENOSPC:
		return "; free some space there";
	case ENOTDIR:
		return "; what stands there is no directory: move it away";
	case EROFS:
		return "; make its filesystem writable";
	default:
		return "";
	}
}

enum err
cx_errno(struct cx *cx, int errnum, const char *fmt, ...)
{
	char text[128] = "";
	va_list ap;
	size_t n;

	cx->err = err_errno(errnum);
	cx->field[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(cx->why, sizeof(cx->why), fmt, ap);
	va_end(ap);
	n = strlen(cx->why);
	snprintf(cx->why + n, sizeof(cx->why) - n, ": %s%s",
		 strerror_r(errnum, text, sizeof(text)), mend(errnum));
	return cx->err;
}

enum err
cx_field(struct cx *cx, const char *field, const char *fmt, ...)
{
	va_list ap;

	cx->err = ERR_INVALID;
	va_start(ap, fmt);
	vsnprintf(cx->why, sizeof(cx->why), fmt, ap);
	va_end(ap);
	snprintf(cx->field, sizeof(cx->field), "%s", field);
	return ERR_INVALID;
}

void
cx_clear(struct cx *cx)
{
	cx->err = OK;
	cx->why[0] = '\0';
	cx->field[0] = '\0';
}
