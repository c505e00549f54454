#include "cgi/host.h"

#include <string.h>

#include "cgi/door.h"
#include "service/enter.h"
#include "web/accept.h"
#include "web/cookie.h"

enum host_of
host_of_request(struct cx *cx, struct request *rq, char id[ID_UUID_LEN + 1])
{
	if (host_mode(cx->site))
		rq->https = host_https(cx->site);
	return host_find(cx->site, rq->header[HEADER_HOST], id);
}

bool
host_reserved(const char *path)
{
	return strncmp(path, HOST_RESERVED, sizeof(HOST_RESERVED) - 1) == 0;
}

enum err
host_read(struct cx *cx, const struct request *rq, const char *id)
{
	const char *origin = rq->header[HEADER_ORIGIN];

	if (door_leads_elsewhere(rq->path))
		return cx_fail(cx, ERR_INVALID, "the path leads elsewhere");
	if (request_from(cx, rq, host_workspace(cx, id)) != SITE_OTHER ||
	    accept_tab(rq))
		return OK;
	return cx_fail(cx, ERR_FORBIDDEN, "from another host: Origin %s",
		       origin ? origin : "-");
}

const char *
host_ticket_name(const struct request *rq)
{
	return rq->https ? "__Host-roost_ticket" : "roost_ticket";
}

const char *
host_key_name(const struct request *rq)
{
	return rq->https ? "__Host-roost_key" : "roost_key";
}

enum err
host_load(struct cx *cx, struct db *db, const struct request *rq,
	  const char *id, struct who *who)
{
	const char *cookies = rq->header[HEADER_COOKIE];

	if (rq->header[HEADER_TOKEN])
		return auth_load(cx, db, NULL, rq->header[HEADER_TOKEN], who);
	return enter_load(cx, db, cookie_get(cx, cookies, host_ticket_name(rq)),
			  id, who);
}

bool
host_path_ok(const char *path)
{
	if (*path != '/')
		return false;
	while (*path > ' ' && *path < 127)
		path++;
	return *path == '\0';
}
