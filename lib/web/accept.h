/* What a client wants: HTML or JSON, which language; is it a navigation? */
#ifndef WEB_ACCEPT_H
#define WEB_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "web/request.h"

/* Is this media type named in an Accept header (not by a wildcard), q > 0? */
bool accept_names(const char *accept, const char *type);
/* HTML rather than JSON: text/html is named, and JSON not with more q. */
bool accept_html(const struct request *rq);
/* The best of langs[n] ("en", "ko") for an Accept-Language header; 0 when it
 * is absent or none fits. "ko-KR" fits "ko". */
size_t accept_language(const char *header, const char *const langs[], size_t n);
/*
 * A person's browser opens a page: GET, text/html named, no WebSocket, not
 * fetched by a script or as a part of a page (Sec-Fetch-Mode navigate or
 * absent, Sec-Fetch-Dest document, iframe or absent), no prefetch, no bot by
 * its own name.
 */
bool accept_navigation(const struct request *rq);
/*
 * The browser says that it opens this in a tab of its own: what another site's
 * page may bring about, since that page learns nothing from it.
 */
bool accept_tab(const struct request *rq);
/*
 * A page or its scripts fetch this, which tells nothing of a person: GET, HEAD
 * or OPTIONS with a Sec-Fetch-Mode of cors, no-cors or same-origin. Browsers
 * send that to https and to loopback.
 */
bool accept_fetch(const struct request *rq);

#endif
