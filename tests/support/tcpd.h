/*
 * Somebody at the other end of a network, for tests: a listener whose
 * connections are served by a function of the test, each in a thread; over
 * TCP on a free port of 127.0.0.1, over TLS, or over a UNIX socket.
 */
#ifndef SUPPORT_TCPD_H
#define SUPPORT_TCPD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conn;
struct tcpd;

struct tcpd_how {
	void (*serve)(struct conn *c, void *arg);
	void *arg;
	const char *socket; /* UNIX socket; NULL: TCP */
	int port;	    /* 0: a free one */
	/* TLS: PEM files; ca_file: clients must show a certificate of it. */
	const char *cert_file, *key_file, *ca_file;
};

struct tcpd *tcpd_start(const struct tcpd_how *how);
int tcpd_port(const struct tcpd *d);
const char *tcpd_url(const struct tcpd *d); /* http[s]://127.0.0.1:port */
int tcpd_count(const struct tcpd *d);	    /* connections so far */
void tcpd_stop(struct tcpd *d); /* cuts what is open, waits for all */

/* 0: the peer has closed; < 0: it is cut. */
ssize_t conn_read(struct conn *c, void *p, size_t n);
bool conn_write(struct conn *c, const void *p, size_t n);
int conn_number(const struct conn *c); /* 1, 2, ... of this listener */
/* Passes bytes both ways between c and a TCP port of 127.0.0.1. budget: at
 * most so many from c to there, then both are cut; < 0: no limit. */
void conn_relay(struct conn *c, int port, long budget);

/*
 * A certificate for 127.0.0.1 and localhost signed by itself, as DIR/NAME.crt
 * and DIR/NAME.key, made by openssl.
 */
void tcpd_certificate(const char *dir, const char *name);

#endif
