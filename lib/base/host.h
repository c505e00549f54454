/*
 * Host names: with workspace_domain in roost.conf each workspace has one of
 * its own, {id}.{workspace_domain}, and the control plane has that of
 * base_url. docs/decisions/0010-host-names.md.
 *
 * 1. The name decides whose a request is, never the port and never the path:
 *    servers in front of us write ports as they like, names they must keep.
 * 2. A name that is neither is nobody's.
 * 3. The scheme is that of base_url: who ends TLS in front of us does not
 *    matter.
 */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include "base/config.h"
#include "base/id.h"

enum host_of {
	HOST_CONTROL,	/* the control plane's; in path mode every name is */
	HOST_WORKSPACE, /* of the workspace id */
	HOST_NOBODY
};

bool host_mode(const struct site *site); /* has each one a host of its own? */
bool host_https(const struct site *site);
/* Whose is the value of a Host header (NULL: none was sent)? */
enum host_of host_find(const struct site *site, const char *host,
		       char id[ID_UUID_LEN + 1]);
/* Only in host mode, all without a slash at the end: "https://roost.example.org";
 * a workspace's; "https://" and "*" for all of them. In cx's arena. */
const char *host_control(struct cx *cx);
const char *host_workspace(struct cx *cx, const char *id);
/* Where the application of a workspace stands: "/", or "/w/{id}/". */
const char *host_base(struct cx *cx, const char *id);
/* What is wrong with workspace_domain, NULL when nothing is. */
const char *host_refused(const struct site *site);
/* May pages of a workspace set cookies for the control plane's host? */
bool host_shadows(const struct site *site);

#endif
