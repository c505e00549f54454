#include "base/host.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 63

/* A part of a text: names without their ports. */
struct part {
	const char *p;
	size_t n;
};

/* "host:8080" without its port. */
static struct part
name_of(const char *host)
{
	const char *colon = strrchr(host, ':');
	size_t n = strlen(host);

	if (colon && colon[1] &&
	    colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		n = (size_t)(colon - host);
	return (struct part){host, n};
}

/* The host of base_url, without scheme and path, with its port. */
static struct part
control_host(const struct site *site)
{
	const char *slashes = strstr(site->base_url, "://");
	const char *host = slashes ? slashes + 3 : site->base_url;

	return (struct part){host, strcspn(host, "/?#")};
}

static bool
same(struct part a, struct part b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static struct part
control_name(const struct site *site)
{
	struct part h = control_host(site);
	size_t n = h.n;

	while (n && isdigit((unsigned char)h.p[n - 1]))
		n--;
	if (n && n < h.n && h.p[n - 1] == ':')
		h.n = n - 1;
	return h;
}

/* What stands before "." and end in name; n = 0 when it does not end so. */
static struct part
before(struct part name, struct part end)
{
	struct part none = {name.p, 0}, tail = end;

	if (name.n < end.n + 2)
		return none;
	tail.p = name.p + name.n - end.n;
	if (!same(tail, end) || tail.p[-1] != '.')
		return none;
	return (struct part){name.p, name.n - end.n - 1};
}

bool
host_mode(const struct site *site)
{
	return *site->workspace_domain != '\0';
}

bool
host_https(const struct site *site)
{
	return strncasecmp(site->base_url, "https://", 8) == 0;
}

enum host_of
host_find(const struct site *site, const char *host, char id[ID_UUID_LEN + 1])
{
	char low[ID_UUID_LEN + 1];
	struct part name, label;

	if (!host_mode(site))
		return HOST_CONTROL;
	if (!host)
		return HOST_NOBODY;
	name = name_of(host);
	if (same(name, control_name(site)))
		return HOST_CONTROL;
	label = before(name, name_of(site->workspace_domain));
	if (label.n != ID_UUID_LEN)
		return HOST_NOBODY;
	for (size_t i = 0; i < ID_UUID_LEN; i++)
		low[i] = (char)tolower((unsigned char)label.p[i]);
	low[ID_UUID_LEN] = '\0';
	if (!id_is_uuid(low))
		return HOST_NOBODY;
	memcpy(id, low, sizeof(low));
	return HOST_WORKSPACE;
}

static const char *
scheme(const struct site *site)
{
	return host_https(site) ? "https" : "http";
}

const char *
host_control(struct cx *cx)
{
	struct part h = control_host(cx->site);

	return arena_printf(&cx->arena, "%s://%.*s", scheme(cx->site), (int)h.n,
			    h.p);
}

const char *
host_workspace(struct cx *cx, const char *id)
{
	return arena_printf(&cx->arena, "%s://%s.%s", scheme(cx->site), id,
			    cx->site->workspace_domain);
}

const char *
host_base(struct cx *cx, const char *id)
{
	return host_mode(cx->site) ? "/"
				   : arena_printf(&cx->arena, "/w/%s/", id);
}

/* Lower-case letters, digits, and hyphens between them. */
static bool
is_label(struct part l)
{
	if (l.n == 0 || l.n > LABEL_MAX || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!islower((unsigned char)l.p[i]) &&
		    !isdigit((unsigned char)l.p[i]) && l.p[i] != '-')
			return false;
	return true;
}

/* Two labels or more, and no address: the last one is no number. */
static bool
is_domain(struct part d)
{
	struct part l = {d.p, 0};
	size_t labels = 0;

	for (;; l.p += l.n + 1) {
		l.n = 0;
		while (l.p + l.n < d.p + d.n && l.p[l.n] != '.')
			l.n++;
		if (!is_label(l))
			return false;
		labels++;
		if (l.p + l.n == d.p + d.n)
			break;
	}
	return labels > 1 && strspn(l.p, "0123456789") < l.n;
}

const char *
host_refused(const struct site *site)
{
	struct part name = name_of(site->workspace_domain);

	if (!host_mode(site))
		return NULL;
	if (!is_domain(name))
		return "a domain like workspaces.example.org, in lower case, "
		       "perhaps with :port, without https://";
	if (strncasecmp(site->base_url, "http://", 7) != 0 &&
	    strncasecmp(site->base_url, "https://", 8) != 0)
		return "needs base_url, like https://roost.example.org: "
		       "where people come from and go back to";
	if (control_name(site).n == 0)
		return "base_url has no host";
	if (before(control_name(site), name).n == ID_UUID_LEN)
		return "the host of base_url is one of a workspace";
	return NULL;
}

bool
host_shadows(const struct site *site)
{
	struct part control = control_name(site);
	struct part domain = name_of(site->workspace_domain);

	return host_mode(site) &&
	       (same(control, domain) || before(control, domain).n > 0);
}
