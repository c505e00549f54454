/* Which site a request is for, and from which it comes. */
#include <string.h>
#include <strings.h>

#include "web/request.h"

/* Letters, digits and . - : [ ] only: what a Host may be made of. */
static bool
host_ok(const char *host)
{
	return *host && strlen(host) <= 260 &&
	       host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz"
				 "0123456789.-:[]_")] == '\0';
}

const char *
request_origin(struct cx *cx, const struct request *rq, const char *base_url)
{
	const char *host = rq->header[HEADER_HOST], *slashes;

	if (base_url && *base_url) {
		slashes = strstr(base_url, "://");
		host = slashes ? slashes + 3 : base_url;
		return arena_strndup(&cx->arena, base_url,
				     (size_t)(host - base_url) +
					     strcspn(host, "/"));
	}
	if (!host || !host_ok(host))
		return "";
	return arena_printf(&cx->arena, "%s://%s", rq->https ? "https" : "http",
			    host);
}

/* Is that an origin of this host, whatever the scheme? */
static bool
host_matches(const char *origin, const char *ours)
{
	const char *a = strstr(origin, "://"), *b = strstr(ours, "://");

	return a && b && strcasecmp(a, b) == 0;
}

enum site_from
request_from(struct cx *cx, const struct request *rq, const char *base_url)
{
	const char *origin = rq->header[HEADER_ORIGIN];
	const char *site = rq->header[HEADER_FETCH_SITE];
	const char *ours = request_origin(cx, rq, base_url);

	if (site && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0)
		return SITE_OTHER;
	if (!origin)
		return site ? SITE_SAME : SITE_UNKNOWN;
	if (strcasecmp(origin, ours) == 0)
		return SITE_SAME;
	/* Behind a proxy that ends TLS only the browser knows the scheme. */
	return site && host_matches(origin, ours) ? SITE_SAME : SITE_OTHER;
}
