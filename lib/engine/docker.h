/*
 * The Docker engine, inside: an instance is the container ws-{id}, made from
 * the image of its application, on a container engine of this machine.
 *
 * 1. It is reached as one of the process engine is: its application listens
 *    on run/ws/{id}/app.sock, which is mounted into the container, and what
 *    was looked at there is linked into run/sock. So no container needs a
 *    network, or the web server a way into one.
 * 2. run/{id}.alive is flocked by whoever prepares or clears a container, and
 *    by nobody else: whether it lives, the engine says.
 * 3. A container that ended is taken away by whoever sees it next: it would
 *    keep its name, its home and its layer.
 * 4. Nothing is done to a container whose labels are not this site's.
 */
#ifndef ENGINE_DOCKER_H
#define ENGINE_DOCKER_H

#include "docker/docker.h"
#include "engine/process.h"

#define DOCKER_KIND "instance"
#define DOCKER_HOME "/home/coder"
#define DOCKER_RUN "/run/ws"

/* What POST /containers/create is told; in cx's arena. port: of an
 * application that listens on {port}, else 0. */
MUST_USE enum err docker_spec(struct cx *cx, const struct place *pl,
			      const struct instance_spec *spec, int64_t port,
			      struct json_object **body);
/* The network that it gets: none, host, or a name. */
const char *docker_network(const struct cx *cx, const struct app *app);
/* The uid of its processes. */
int64_t docker_uid(const struct instance_spec *spec);

#endif
