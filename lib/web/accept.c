#include "web/accept.h"

#include <string.h>
#include <strings.h>

/* One element of an Accept-like header: name and quality. */
struct choice {
	const char *name;
	size_t len;
	int q; /* 0..1000 */
};

/* "0.85" in thousandths; what is not a quality counts as 0. */
static int
quality(const char *p, size_t n)
{
	int q = 0, unit = 1000;

	for (size_t i = 0; i < n && i < 5; i++) {
		if (p[i] == '.' && i == 1)
			continue;
		if (p[i] < '0' || p[i] > '9')
			return 0;
		q += (p[i] - '0') * unit;
		unit /= 10;
	}
	return q > 1000 ? 1000 : q;
}

static size_t
trim(const char **p, size_t n)
{
	while (n > 0 && (**p == ' ' || **p == '\t')) {
		(*p)++;
		n--;
	}
	while (n > 0 && ((*p)[n - 1] == ' ' || (*p)[n - 1] == '\t'))
		n--;
	return n;
}

/* The q parameter among "a;b=c;q=0.5"; 1000 when there is none. */
static int
find_quality(const char *p, size_t n)
{
	const char *end = p + n;

	while ((p = memchr(p, ';', (size_t)(end - p)))) {
		const char *q = ++p;
		const char *stop = memchr(p, ';', (size_t)(end - p));
		size_t len = trim(&q, (size_t)((stop ? stop : end) - p));

		if (len >= 2 && (q[0] == 'q' || q[0] == 'Q') && q[1] == '=')
			return quality(q + 2, len - 2);
	}
	return 1000;
}

/* Takes the next element off *header; false at its end. */
static bool
next_choice(const char **header, struct choice *c)
{
	const char *p = *header, *semi;
	size_t n;

	if (!p || !*p)
		return false;
	n = strcspn(p, ",");
	*header = p + n + (p[n] == ',');
	semi = memchr(p, ';', n);
	c->q = find_quality(p, n);
	c->name = p;
	c->len = trim(&c->name, semi ? (size_t)(semi - p) : n);
	return true;
}

/* Quality with which the type is named, 0 when it is not. */
static int
named(const char *accept, const char *type)
{
	struct choice c;
	int q = 0;

	while (next_choice(&accept, &c))
		if (c.len == strlen(type) &&
		    strncasecmp(c.name, type, c.len) == 0 && c.q > q)
			q = c.q;
	return q;
}

bool
accept_names(const char *accept, const char *type)
{
	return named(accept, type) > 0;
}

bool
accept_html(const struct request *rq)
{
	const char *accept = rq->header[HEADER_ACCEPT];
	int html = named(accept, "text/html");

	return html > 0 && html >= named(accept, "application/json");
}

/* "ko-KR" and "ko" fit "ko"; "kok" does not. */
static bool
fits(const struct choice *c, const char *lang)
{
	size_t n = strlen(lang);

	return c->len >= n && strncasecmp(c->name, lang, n) == 0 &&
	       (c->len == n || c->name[n] == '-');
}

size_t
accept_language(const char *header, const char *const langs[], size_t n)
{
	struct choice c;
	size_t best = 0;
	int q = 0;

	while (next_choice(&header, &c)) {
		for (size_t i = 0; i < n && c.q > q; i++) {
			if (!fits(&c, langs[i]))
				continue;
			q = c.q;
			best = i;
		}
	}
	return best;
}

static bool
is(const char *value, const char *word)
{
	return value && strcasecmp(value, word) == 0;
}

/* Crawlers and link previews that say so themselves. */
static bool
robot(const char *agent)
{
	static const char *const SIGNS[] = {"bot",     "crawl",
					    "spider",  "slurp",
					    "preview", "facebookexternalhit",
					    "monitor"};

	for (size_t i = 0; agent && i < sizeof(SIGNS) / sizeof(*SIGNS); i++)
		if (strcasestr(agent, SIGNS[i]))
			return true;
	return false;
}

bool
accept_navigation(const struct request *rq)
{
	const char *const *h = rq->header;
	const char *mode = h[HEADER_FETCH_MODE], *dest = h[HEADER_FETCH_DEST];

	return rq->method == METHOD_GET &&
	       accept_names(h[HEADER_ACCEPT], "text/html") &&
	       !h[HEADER_WEBSOCKET_KEY] && !h[HEADER_REQUESTED_WITH] &&
	       (!mode || is(mode, "navigate")) &&
	       (!dest || is(dest, "document") || is(dest, "iframe")) &&
	       !h[HEADER_PURPOSE] && !robot(h[HEADER_USER_AGENT]);
}

bool
accept_tab(const struct request *rq)
{
	const char *const *h = rq->header;

	return rq->method == METHOD_GET && !h[HEADER_WEBSOCKET_KEY] &&
	       is(h[HEADER_FETCH_MODE], "navigate") &&
	       is(h[HEADER_FETCH_DEST], "document");
}

bool
accept_fetch(const struct request *rq)
{
	const char *mode = rq->header[HEADER_FETCH_MODE];

	return (rq->method == METHOD_GET || rq->method == METHOD_HEAD ||
		rq->method == METHOD_OPTIONS) &&
	       !rq->header[HEADER_WEBSOCKET_KEY] &&
	       (is(mode, "cors") || is(mode, "no-cors") ||
		is(mode, "same-origin"));
}
