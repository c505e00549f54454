/* Percent-encoding of what is put into paths and queries: one for all. */
#ifndef BASE_URI_H
#define BASE_URI_H

#include "base/cx.h"

/* All bytes but letters, digits and -._~ (RFC 3986, unreserved) as %XX; in
 * cx's arena. */
const char *uri_encode(struct cx *cx, const char *s);
/* The same, "/" as itself. */
const char *uri_encode_path(struct cx *cx, const char *s);

#endif
