/* What the commands about workspaces share. */
#ifndef CTL_WORKSPACE_H
#define CTL_WORKSPACE_H

#include "ctl/ctl.h"
#include "rules/names.h"
#include "rules/workspace.h"

/* By its id, or by the beginning of it that fits no other (4 characters at
 * least). ERR_WS_NOT_FOUND says which of both it was. */
MUST_USE enum err ctl_ws_find(struct ctl *c, const char *text,
			      struct workspace *out);

#endif
