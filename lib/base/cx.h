/*
 * The context of one piece of work: a request, a pass, a command.
 *
 * 1. Everything that can fail takes the cx first and records why in it.
 * 2. Strings made while working live in cx->arena.
 * 3. now_ms is the moment the work began: every comparison within one piece
 *    of work uses the same clock reading. Long work calls cx_tick().
 */
#ifndef BASE_CX_H
#define BASE_CX_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct site;

struct cx {
	struct arena arena;
	enum err err;		 /* of the last cx_fail */
	char why[512];		 /* for the operator: what failed, with names */
	char field[64];		 /* the input field that is wrong, or "" */
	char rid[17];		 /* id of this piece of work, for the log */
	int64_t now_ms;		 /* UTC milliseconds */
	const struct site *site; /* base/config.h; NULL in pure tests */
};

/* Begins a piece of work: clears the error, reads the clock, makes a rid. */
void cx_begin(struct cx *cx, const struct site *site);
void cx_end(struct cx *cx);  /* releases the arena */
void cx_tick(struct cx *cx); /* reads the clock again */

/* Records why and returns e, so that `return cx_fail(...)` reads well. */
enum err cx_fail(struct cx *cx, enum err e, const char *fmt, ...) PRINTF(3, 4);
/* The same for errno: adds ": strerror"; NO_SPACE when errnum says so. */
enum err cx_errno(struct cx *cx, int errnum, const char *fmt, ...) PRINTF(3, 4);
/* The same for an input field: ERR_INVALID with cx->field set. */
enum err cx_field(struct cx *cx, const char *field, const char *fmt, ...)
	PRINTF(3, 4);
/* Forgets the recorded failure: the caller has dealt with it. */
void cx_clear(struct cx *cx);

#endif
