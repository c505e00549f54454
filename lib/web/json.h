/*
 * The text of a JSON value, checked before a parser sees it (the parser of
 * json-c keeps the last of two equal keys, and takes bad UTF-8).
 *
 * Exactly one RFC 8259 value with white space around it; valid UTF-8; strings
 * without U+0000 and without lone surrogates; no key twice in an object;
 * nesting of at most depth. ERR_INVALID, cx->field names a key where it can.
 */
#ifndef WEB_JSON_H
#define WEB_JSON_H

#include <stddef.h>

#include "base/cx.h"

MUST_USE enum err json_check(struct cx *cx, const char *p, size_t n, int depth);

#endif
