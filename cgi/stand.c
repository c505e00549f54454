#include "cgi/stand.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/sockdiag.h"
#include "rules/names.h"

/* The row is what was seen last; an instance that has died since may have
 * left its slot to another workspace's. Nobody is led there. */
static bool
slot_is_its(struct cx *cx, const struct workspace *ws)
{
	char target[128];
	ssize_t n;

	if (ws->slot < 0)
		return true;
	n = readlink(arena_printf(&cx->arena, "%s/slots/%02lld.sock",
				  cx->site->run_dir, (long long)ws->slot),
		     target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target,
		      arena_printf(&cx->arena, "../sock/%s.sock", ws->id)) == 0;
}

#define TCP_LOCAL "tcp:127.0.0.1:"

bool
stands_on_port(const struct workspace *ws)
{
	return ws->slot >= 0 &&
	       !strncmp(ws->endpoint, TCP_LOCAL, strlen(TCP_LOCAL));
}

/*
 * A port that an instance has left may be anybody's in the next instant. So
 * who listens there now is asked for, and must be what the engine has last
 * seen the instance listen with. A look that fails leads nowhere.
 */
static bool
port_is_its(struct cx *cx, const struct workspace *ws)
{
	const char *mark = arena_printf(&cx->arena, "%s/sock/%s.port",
					cx->site->run_dir, ws->id);
	long port = strtol(ws->endpoint + strlen(TCP_LOCAL), NULL, 10);
	struct tcp_sock now = {.inode = 0};
	char text[NAME_MAX_LEN];
	struct name_port its;
	ssize_t n = readlink(mark, text, sizeof(text) - 1);

	if (port != cx->site->port_base + ws->slot || n < 0)
		return false;
	text[n] = '\0';
	if (!name_port_read(text, &its) || its.port != port)
		return false;
	if (tcp_listener(cx, (uint16_t)port, &now)) {
		log_fail(cx, "port");
		cx_clear(cx);
	}
	return now.inode && name_port_has(&its, now.inode);
}

bool
stands(struct cx *cx, const struct workspace *ws)
{
	return ws->status == STATUS_RUNNING && ws->endpoint &&
	       !ws->deleted_ms && slot_is_its(cx, ws) &&
	       (!stands_on_port(ws) || port_is_its(cx, ws));
}
