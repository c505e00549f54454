/* Cookies: one value out of a Cookie header, one Set-Cookie value. */
#ifndef WEB_COOKIE_H
#define WEB_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cx.h"

/*
 * The value of the cookie of exactly that name, in the arena. NULL when it is
 * not there, or there twice (somebody put one beside ours).
 */
const char *cookie_get(struct cx *cx, const char *header, const char *name);

struct cookie {
	const char *name, *value; /* name and value: [A-Za-z0-9_.~-] only */
	int64_t max_age_s;	  /* < 0: until the browser ends; 0: delete */
	bool https;		  /* Secure */
	bool script;		  /* readable by scripts; else HttpOnly */
};

/* "name=value; Path=/; HttpOnly; SameSite=Lax; ..." in the arena. */
const char *cookie_format(struct cx *cx, const struct cookie *c);

#endif
