/*
 * The gate: one yes or no and one address per proxied request. SPEC sections
 * 2 (F2), 7; ARCHITECTURE 5.
 *
 * The web server asks as a FastCGI authorizer. A 200 lets the request on, with
 * the headers below as variables of the server; any other answer goes to the
 * client as it is (but Apache's checker makes a 401 of any).
 *
 *   Variable-GATE_BACKEND  slotNN (lighttpd's proxy slot), or handler
 *   Variable-GATE_USER     the owner's name; u{number} if it is no plain word
 *   Variable-GATE_BASE     /w/{id}
 *   Variable-GATE_WHOLE    1: the instance wants its whole path
 *   Variable-GATE_HTTP     unix:/path|http://{host of the client's request}, or
 *                          http://host:port
 *   Variable-GATE_WS       the same with ws://
 *   Variable-GATE_WHOLE    1: the instance is told the whole path, /w/{id}/...
 *   Variable-GATE_HOST     1: the request came to the workspace's own host;
 *                          its path is the instance's as it is
 *
 * 1. Only the owner passes: an admin does not enter other people's homes.
 * 2. The id that is judged is the id that is routed: the raw target, the
 *    decoded path and what the server resolved must name the same one. With
 *    workspace_domain (base/host.h) the Host header decides, and only it.
 * 3. It stamps run/{id}.access for what is use (docs/ACTIVITY.md) and writes
 *    nothing to the database, but that a session that is used here slides, at
 *    most once a minute.
 * 4. Only a navigation is sent to the handler, which may wake; anything else
 *    to a workspace that does not run gets a short 503 here.
 * 5. Who has doctor's badge reaches the instance that doctor plays, which is
 *    no workspace of anybody (probe.h).
 * 6. With workspace_domain no request to the control plane's host is let on to
 *    an instance, and on a workspace's host only a ticket for it counts, or
 *    its owner's API token.
 */
#ifndef CGI_GATE_H
#define CGI_GATE_H

#include "base/cx.h"
#include "cgi/io.h"
#include "store/db.h"

struct gate {
	struct cx cx;
	struct db *db;	  /* reads */
	struct db *write; /* opened when a session slides; NULL until then */
	bool pool;	  /* the web server starts as many of us as it needs */
};

bool gate_answer(struct gate *g, struct io *io); /* always true */

#endif
