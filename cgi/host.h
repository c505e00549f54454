/*
 * On a workspace's own host: who comes, and from where. Gate and handler must
 * agree, so it stands here once. docs/decisions/0010-host-names.md.
 *
 * 1. Only a ticket for that very workspace counts there, or an API token; a
 *    session's cookie does not.
 * 2. Only its own pages may ask it something in their visitor's name. Pages of
 *    other hosts, other workspaces' too (they are the same site to a browser,
 *    which sends them the cookie), may open it in a tab and no more.
 */
#ifndef CGI_HOST_H
#define CGI_HOST_H

#include "base/host.h"
#include "service/auth.h"
#include "web/request.h"

/* Paths there that are ours and never reach the instance. */
#define HOST_RESERVED "/.roost/"
#define HOST_ENTER HOST_RESERVED "enter"
#define HOST_PAGE HOST_RESERVED "page"

/* Whose host it is; in host mode rq->https becomes what base_url says. */
enum host_of host_of_request(struct cx *cx, struct request *rq,
			     char id[ID_UUID_LEN + 1]);
bool host_reserved(const char *path);
/* May it be looked at there at all? ERR_FORBIDDEN: a page of another host asks;
 * ERR_INVALID: its path can be read in two ways. */
MUST_USE enum err host_read(struct cx *cx, const struct request *rq,
			    const char *id);
/* ERR_UNAUTHORIZED: neither a ticket for it nor a token. Reads only. */
MUST_USE enum err host_load(struct cx *cx, struct db *db,
			    const struct request *rq, const char *id,
			    struct who *who);
/* Names of our cookies there. */
const char *host_ticket_name(const struct request *rq);
const char *host_key_name(const struct request *rq);
/* May it be an address' path? Begins with "/", printable, no spaces. */
bool host_path_ok(const char *path);

#endif
