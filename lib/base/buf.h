/*
 * A growing byte buffer with a ceiling from birth.
 *
 * 1. Nothing grows past `max`; what would, sets the sticky flag `over` and
 *    leaves the content as it was.
 * 2. data[len] is always 0 once anything was added (buf_str never NULL).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char *data;
	size_t len, cap, max;
	bool over;
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b); /* a zeroed one is fine */
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
const char *buf_str(const struct buf *b);

#endif
