/*
 * Where a request comes from and its answer goes: a table of functions, so
 * that FastCGI, plain CGI and tests are one to the rest.
 *
 * 1. Every io ends exactly once, by end(); nothing may be used after it.
 * 2. The body is read to its end before an answer is written (servers that
 *    reuse connections need that).
 * 3. An io with fd >= 0 may be kept after its thread has gone on to the next
 *    request: keep() first; whoever has it then speaks FastCGI on fd by
 *    itself (io_record) and calls end() at last, which closes fd.
 */
#ifndef CGI_IO_H
#define CGI_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cx.h"

/* Descriptors that a program needs beside those of waiting requests. */
#define IO_DESCRIPTORS 256

struct io {
	const char *(*var)(struct io *io, const char *name);
	/* As request_source.read. */
	ssize_t (*read)(struct io *io, void *p, size_t n);
	/* All of it; false when the client is gone. */
	bool (*write)(struct io *io, const void *p, size_t n);
	/* It will be answered by another thread, with records sent to fd. */
	void (*keep)(struct io *io);
	void (*end)(struct io *io);
	int fd;	     /* FastCGI connection that may be kept, or -1 */
	uint16_t id; /* FastCGI request on it */
};

/* The FastCGI records of n bytes of answer, and of its end. */
void io_record(struct buf *out, uint16_t id, const void *p, size_t n);
void io_record_end(struct buf *out, uint16_t id);

/* A program that answers, whatever the requests come through. */
struct server {
	const struct site *site;
	const char *socket; /* where to listen (io_socket.h); NULL: fd 0 */
	unsigned mode;	    /* of that socket, e.g. 0660 */
	bool remote;	    /* other machines may come */
	int threads;
	/* One worker per thread: nothing in it is shared. */
	enum err (*open)(struct cx *cx, void *arg, void **worker);
	/* False: the io was kept, somebody else ends it. */
	bool (*answer)(void *worker, struct io *io);
	void (*close)(void *worker);
	void *arg;
};

/*
 * Serves until SIGTERM or SIGINT: requests at work are finished, then it
 * returns. ERR_CONFIG when another process listens on the socket already.
 */
MUST_USE enum err io_serve(struct cx *cx, const struct server *s);
/* One request from the environment and stdin to stdout: plain CGI. */
MUST_USE enum err io_cgi(struct cx *cx, const struct server *s);
/* Are we plain CGI? Nobody listens on fd 0 and GATEWAY_INTERFACE is set. */
bool io_is_cgi(void);

/* Blocks what io_serve() waits for: before the first thread, so that none of
 * them takes it. */
void io_block_signals(void);

/* Options of both programs: --site DIR, --socket PATH or ADDRESS:PORT, --mode
 * OCTAL, --remote yes; the site also by ROOST_SITE, and as plain CGI by nothing
 * else. */
struct options {
	const char *site, *socket;
	unsigned mode;
	bool remote;
};
MUST_USE enum err io_options(struct cx *cx, int argc, char *const argv[],
			     struct options *out);
/* The whole main: options, site and log, then run. Its exit status. */
int io_main(const char *prog, int argc, char *const argv[],
	    enum err (*run)(struct cx *cx, const struct options *o));

#endif
