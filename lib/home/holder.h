/*
 * The container that holds a volume: made with it, never started, named as
 * it. Through it the engine gives and takes the volume's files, and while it
 * is there nobody's `docker volume prune` takes the volume.
 *
 * 1. It can be taken away at any time (`docker container prune`): whoever
 *    needs it makes it again. Nothing but the volume holds a home's files.
 * 2. A volume counts only with this site's labels: an engine makes an empty
 *    one for any container that names one that is gone.
 * 3. Its image has no file in it and is made here: nothing is pulled.
 */
#ifndef HOME_HOLDER_H
#define HOME_HOLDER_H

#include "docker/docker.h"

#define HOLDER_KIND "home"
#define HOLDER_HOME "/home/coder"
#define HOLDER_IMAGE "roost-home"

/*
 * ERR_CONFIG on Podman: a file that it cannot put into a tar ends that tar
 * there, properly and with status 200, so that nobody can tell a part of a
 * home from all of it.
 */
MUST_USE enum err holder_engine(struct cx *cx);
/* The volume is there, and is held when this is OK. ERR_NOT_FOUND: it is gone.
 */
MUST_USE enum err holder_hold(struct cx *cx, const char *volume,
			      const char *id);
/* Takes the container away, then the volume; absent: OK. */
MUST_USE enum err holder_drop(struct cx *cx, const char *volume);
/* Takes the container away, whatever becomes of the volume. */
MUST_USE enum err holder_let_go(struct cx *cx, const char *volume);
/* The volume's root belongs to this uid (-1: us), and to it alone. */
MUST_USE enum err holder_give(struct cx *cx, const char *volume, int64_t uid);

extern const struct tree_ops holder_stream;

#endif
