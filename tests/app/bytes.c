/* A byte buffer that grows; out of memory ends the program. */
#include "wsapp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		size_t cap = (b->n + n) * 2 + 256;
		char *grown = realloc(b->p, cap);

		if (!grown)
			abort();
		b->p = grown;
		b->cap = cap;
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
bytes_text(struct bytes *b, const char *text)
{
	bytes_add(b, text, strlen(text));
}

void
bytes_fmt(struct bytes *b, const char *fmt, ...)
{
	char line[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	bytes_text(b, line);
}

void
bytes_drop(struct bytes *b, size_t n)
{
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void
bytes_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){0};
}

void
bytes_escape(struct bytes *b, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&\"'", *text))
			bytes_fmt(b, "&#%d;", *text);
		else
			bytes_add(b, text, 1);
	}
}
