/* Decoding (base/uri.h encodes), UTF-8 and addresses. */
#ifndef WEB_URL_H
#define WEB_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cx.h"

/*
 * Decodes n bytes into *out (arena). Strict: "%" needs two hex digits, no
 * NUL, the result is valid UTF-8; else ERR_INVALID. form: "+" is a space.
 */
MUST_USE enum err url_decode(struct cx *cx, const char *p, size_t n, bool form,
			     char **out);
/*
 * May it be redirected to after a login? A path on this site: begins with one
 * "/" that no "/" or "\" follows, printable ASCII only, at most 2000 bytes.
 */
bool url_is_local(const char *s);

/* Length of the valid UTF-8 character at p (n bytes left), 0 when invalid. */
size_t utf8_char(const char *p, size_t n);
bool utf8_valid(const char *p, size_t n);
size_t utf8_count(const char *s); /* characters of a valid text */

#endif
