/*
 * Answers: the same cells as an aligned table, as "key: value" lines, or as
 * JSON.
 *
 * 1. Cells are given row by row, column by column, one for each column.
 * 2. In JSON a key is always there; what is not known is null. On paper it
 *    is "-".
 */
#ifndef CTL_OUT_H
#define CTL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"

struct cell;

struct out {
	struct ctl *c;
	const char *const *keys;
	size_t n_keys;
	struct cell *cells;
	size_t n, room;
};

void out_init(struct out *o, struct ctl *c, const char *const keys[], size_t n);
#define OUT_INIT(o, c, keys)                                                   \
	out_init(o, c, keys, sizeof(keys) / sizeof((keys)[0]))

void out_text(struct out *o, const char *s); /* NULL: not known */
void out_int(struct out *o, int64_t n);
void out_bool(struct out *o, bool b);
void out_time(struct out *o, int64_t ms); /* 0: not known */
void out_none(struct out *o);

void out_list(struct out *o);	/* all rows */
void out_record(struct out *o); /* the one row */

#endif
