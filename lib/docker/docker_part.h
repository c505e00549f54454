/* Inside lib/docker: the connection that is kept, for streams. */
#ifndef DOCKER_DOCKER_PART_H
#define DOCKER_DOCKER_PART_H

#include "docker/docker.h"

/* What is sent for it; docker_peer() is connected when this is OK. */
MUST_USE enum err docker_request(struct cx *cx, const struct docker_ask *a,
				 struct peer_request *rq);
struct peer *docker_peer(void);
/* Why nobody could be reached, in words of whoever sets a site up. */
enum err docker_explain(struct cx *cx, enum err e);

#endif
