/*
 * Which row of a table answers a method and a path.
 *
 * 1. A pattern is literal segments and ":name" segments; ":name:word" is a
 *    segment that ends in the literal ":word" (an action, "/x/:id:start").
 *    A ":name" takes one segment, not empty, without ":".
 *    A last segment "*" takes the rest of the path, which may be empty.
 * 2. Literal goes before ":name:word" before ":name" before "*".
 * 3. HEAD is answered by the GET row. 404, 405 and Allow come from the same
 *    table, so they cannot disagree with it.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include <stddef.h>

#include "web/request.h"

#define ROUTE_PARAMS 4

struct route_row {
	enum method method;
	const char *pattern;
};

struct route_match {
	size_t row;			 /* index in the table */
	const char *param[ROUTE_PARAMS]; /* in the order of the pattern */
	size_t n_param;
	const char *allow; /* with ERR_METHOD: "GET, HEAD, POST" */
};

struct routes;

/* Rows must outlive it. Two rows with the same method and shape: ERR_CONFIG. */
MUST_USE enum err routes_make(struct cx *cx, const struct route_row *rows,
			      size_t n, struct routes **out);
void routes_free(struct routes *rs);

/* ERR_NOT_FOUND; ERR_METHOD with m->allow set. */
MUST_USE enum err route_find(struct cx *cx, const struct routes *rs,
			     enum method method, const char *path,
			     struct route_match *m);

#endif
