#include "store/keyset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

/* A cursor is "after.KEY" or "before.KEY". */
static const char *const word[] = {"after.", "before."};

static enum err
bad_cursor(struct cx *cx)
{
	return cx_field(cx, "cursor", "not a cursor of ours");
}

enum err
keyset_read(struct cx *cx, const char *cursor, int64_t limit,
	    struct keyset *out)
{
	struct keyset k = {.limit = sql_limit(limit, 50, 1000)};
	size_t len;

	if (cursor != NULL) {
		k.back = strncmp(cursor, word[true], strlen(word[true])) == 0;
		len = strlen(word[k.back]);
		if (strncmp(cursor, word[k.back], len) != 0 || !cursor[len])
			return bad_cursor(cx);
		k.key = cursor + len;
	}
	*out = k;
	return OK;
}

bool
keyset_number(const char **s, char end, int64_t *out)
{
	char *stop = NULL;

	if (**s < '0' || **s > '9')
		return false;
	errno = 0;
	*out = strtoll(*s, &stop, 10);
	if (errno != 0 || *stop != end)
		return false;
	*s = stop + (end != '\0');
	return true;
}

enum err
keyset_numbers(struct cx *cx, const struct keyset *k, int64_t *a, int64_t *b)
{
	const char *s = k->key;
	int64_t first = 0, second = 0;

	if (s != NULL && (!keyset_number(&s, '.', &first) ||
			  !keyset_number(&s, '\0', &second)))
		return bad_cursor(cx);
	*a = first;
	*b = second;
	return OK;
}

static void
swap(char *a, char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

void
keyset_turn(struct keyset *k, void *v, size_t size, size_t *n)
{
	char *p = v;

	k->more = *n > (size_t)k->limit;
	if (k->more)
		*n = (size_t)k->limit;
	for (size_t i = 0; k->back && i < *n / 2; i++)
		swap(p + i * size, p + (*n - 1 - i) * size, size);
}

static const char *
cursor_of(struct cx *cx, bool back, const char *key)
{
	return key == NULL ? NULL
			   : arena_printf(&cx->arena, "%s%s", word[back], key);
}

void
keyset_end(struct cx *cx, const struct keyset *k, const char *first,
	   const char *last, struct keyset_ends *out)
{
	/* who came from one side can go back to it */
	bool next = k->back || k->more,
	     prev = k->back ? k->more : k->key != NULL;

	*out = (struct keyset_ends){
		.next = next ? cursor_of(cx, false, last) : NULL,
		.prev = prev ? cursor_of(cx, true, first) : NULL,
		.beyond = k->key != NULL && !(k->back && !k->more && last),
	};
}
