#include "cgi/door.h"

#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "web/url.h"

const char *
door_id(const char *path)
{
	if (strncmp(path, "/w/", 3) != 0 || strlen(path) < 3 + ID_UUID_LEN ||
	    !id_is_uuid_n(path + 3, ID_UUID_LEN) ||
	    (path[3 + ID_UUID_LEN] && !strchr("/?", path[3 + ID_UUID_LEN])))
		return NULL;
	return path + 3;
}

bool
door_leads_elsewhere(const char *path)
{
	size_t n;

	for (; *path; path += n) {
		while (*path == '/' || strncasecmp(path, "%2f", 3) == 0)
			path += *path == '/' ? 1 : 3;
		for (n = 0; path[n] && path[n] != '/' &&
			    strncasecmp(path + n, "%2f", 3) != 0;)
			n++;
		if ((n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return true;
	}
	return false;
}

enum err
door_read(struct cx *cx, const struct request *rq, char id[ID_UUID_LEN + 1])
{
	const char *raw = door_id(rq->target), *decoded = door_id(rq->path);

	if (!raw || !decoded)
		return cx_fail(cx, ERR_WS_NOT_FOUND, "no id in the path");
	if (strncmp(raw, decoded, ID_UUID_LEN) != 0)
		return cx_fail(cx, ERR_INVALID, "two ids in one path");
	if (door_leads_elsewhere(rq->path))
		return cx_fail(cx, ERR_INVALID, "the path leads elsewhere");
	memcpy(id, raw, ID_UUID_LEN);
	id[ID_UUID_LEN] = '\0';
	return OK;
}

static const char *
host_of(const char *url)
{
	const char *slashes = strstr(url, "://");

	return slashes ? slashes + 3 : url;
}

/*
 * Only hosts are compared: behind a proxy that ends TLS the scheme is not
 * known. No Origin: no browser.
 */
enum err
door_websocket(struct cx *cx, const struct request *rq)
{
	const char *origin = rq->header[HEADER_ORIGIN];
	const char *host = rq->header[HEADER_HOST];
	const char *ours = host_of(cx->site->base_url);
	size_t n = strcspn(ours, "/");

	if (!rq->header[HEADER_WEBSOCKET_KEY] || !origin)
		return OK;
	origin = host_of(origin);
	if (host && strcasecmp(origin, host) == 0)
		return OK;
	if (n && strlen(origin) == n && strncasecmp(origin, ours, n) == 0)
		return OK;
	return cx_fail(cx, ERR_FORBIDDEN, "WebSocket from %s", origin);
}
