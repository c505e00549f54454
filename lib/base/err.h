/*
 * Errors: one enum for the whole system, its table in err.def.
 *
 * 1. OK is 0; every function that can fail returns enum err and is MUST_USE.
 * 2. The first function to see a failure says why with cx_fail() (cx.h).
 * 3. Only the top level (app.c, gate.c, the mains) logs or prints it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err {
	OK = 0,
#define X(code, http, slug, again, text) code,
#include "base/err.def"
#undef X
	ERR__MAX
};

const char *err_name(enum err e); /* "ERR_INVALID", "OK" */
int err_http(enum err e);	  /* HTTP status; 200 for OK */
const char *err_slug(enum err e); /* "INVALID_REQUEST" */
const char *err_text(enum err e); /* a sentence for people */
bool err_again(enum err e);	  /* may repeating help? */
enum err err_errno(int errnum);	  /* ENOSPC, EDQUOT: NO_SPACE; else IO */

#endif
