/*
 * A page of a list by its keys, forwards and backwards: what came in between
 * moves nothing, and the thousandth page costs as much as the first.
 *
 * A list of the store takes a cursor and a limit, and for each direction it
 * has a statement that asks for one row more than the limit:
 *
 *	if ((e = keyset_read(cx, cursor, limit, &k)) ||
 *	    (e = sql_rows(cx, db, k.back ? SQL_X_UP : SQL_X_DOWN, x_row, &v,
 *			  sizeof(*v), &n, ARGS(..., INT(k.limit + 1)))))
 *		return e;
 *	keyset_turn(&k, v, sizeof(*v), &n);
 *	keyset_end(cx, &k, key(cx, &v[0]), key(cx, &v[n - 1]), ends);
 */
#ifndef STORE_KEYSET_H
#define STORE_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cx.h"

struct keyset {
	bool back;	 /* towards the list's beginning */
	const char *key; /* beyond this one; NULL: from the beginning */
	int64_t limit;	 /* rows of a page */
	bool more;	 /* keyset_turn: there are more in this direction */
};

struct keyset_ends {
	const char *next, *prev; /* cursors, in the arena; NULL: none */
	bool beyond;		 /* it is not (sure to be) the first page */
};

/* cursor NULL: the first page. limit 0: 50; never more than 1000.
 * ERR_INVALID (cursor). */
MUST_USE enum err keyset_read(struct cx *cx, const char *cursor, int64_t limit,
			      struct keyset *out);
/* The key as two numbers "A.B", for lists in order of a time; zeros when
 * k->key is NULL. ERR_INVALID (cursor). */
MUST_USE enum err keyset_numbers(struct cx *cx, const struct keyset *k,
				 int64_t *a, int64_t *b);
/* A decimal number that `end` follows (0: the end of the text); moves *s
 * beyond both. False, and nothing is touched, when it is something else. */
bool keyset_number(const char **s, char end, int64_t *out);
/* Cuts what is beyond the limit and puts the rows into the list's order. */
void keyset_turn(struct keyset *k, void *v, size_t size, size_t *n);
/* first and last: keys of the page's rows; NULL when it is empty. */
void keyset_end(struct cx *cx, const struct keyset *k, const char *first,
		const char *last, struct keyset_ends *out);

#endif
