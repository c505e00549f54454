/* Does an instance stand where its row says? For the gate, which leads there,
 * and for the handler, which must not send anybody to a gate that refuses. */
#ifndef CGI_STAND_H
#define CGI_STAND_H

#include "base/cx.h"
#include "rules/workspace.h"

/* RUNNING, with an address, and its slot and port are still its own. */
bool stands(struct cx *cx, const struct workspace *ws);
/* Does it listen on a TCP port of the pool? */
bool stands_on_port(const struct workspace *ws);

#endif
