/* The listening socket of a program. */
#ifndef CGI_IO_SOCKET_H
#define CGI_IO_SOCKET_H

#include "cgi/io.h"

/*
 * Where to listen: a path, or an address with its port, "127.0.0.1:9000" or
 * "[::1]:9000". Whoever reaches the socket is believed to be the web server:
 * remote: listen also where other machines may come from.
 *
 * A stale UNIX socket is taken over. ERR_CONFIG: in use, or no such address.
 */
MUST_USE enum err socket_listen(struct cx *cx, const char *where, unsigned mode,
				bool remote, int *out);
/* Does it name an address, not a path? */
bool socket_is_inet(const char *where);
/* Closes it, and removes the file that it was. */
void socket_close(const char *where, int fd);

#endif
