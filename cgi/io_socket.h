/* The listening socket of a program. */
#ifndef CGI_IO_SOCKET_H
#define CGI_IO_SOCKET_H

#include "cgi/io.h"

/* Binds a UNIX socket, taking over a stale one. ERR_CONFIG: in use. */
MUST_USE enum err socket_listen(struct cx *cx, const char *path, unsigned mode,
				int *out);

#endif
