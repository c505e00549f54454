/*
 * What the gate and the handler must judge alike: Apache's checker shows the
 * handler's page for whatever the gate refuses, and the handler judges anew.
 */
#ifndef CGI_DOOR_H
#define CGI_DOOR_H

#include <stdbool.h>

#include "base/cx.h"
#include "base/id.h"
#include "web/request.h"

/* The id right behind "/w/" at the beginning of path; NULL: there is none. */
const char *door_id(const char *path);

/* A decoded path in which "%2F" has stayed: has it dot segments when that is
 * read as slashes? */
bool door_leads_elsewhere(const char *path);

/*
 * The workspace that a request is for, when it can be read in one way only:
 * the raw target and the decoded path name the same, and no dot segment leads
 * elsewhere, not even one behind an encoded slash. ERR_WS_NOT_FOUND: none;
 * ERR_INVALID: more than one.
 */
MUST_USE enum err door_read(struct cx *cx, const struct request *rq,
			    char id[ID_UUID_LEN + 1]);

/* ERR_FORBIDDEN: a page of another site opens a WebSocket as its visitor. */
MUST_USE enum err door_websocket(struct cx *cx, const struct request *rq);

#endif
