#include "support/tcpd.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNS 256

struct conn {
	struct tcpd *d;
	int fd, number;
	SSL *ssl;
	pthread_t thread;
};

struct tcpd {
	struct tcpd_how how;
	int fd, port;
	char url[64];
	SSL_CTX *tls;
	pthread_t thread;
	atomic_bool ends;
	atomic_int n;
	struct conn conns[CONNS];
};

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "tcpd: %s: %s\n", what, strerror(errno));
	abort();
}

ssize_t
conn_read(struct conn *c, void *p, size_t n)
{
	ssize_t got;

	if (c->ssl)
		return SSL_read(c->ssl, p, (int)n);
	do {
		got = recv(c->fd, p, n, 0);
	} while (got < 0 && errno == EINTR);
	return got;
}

bool
conn_write(struct conn *c, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t done = c->ssl ? SSL_write(c->ssl, s, (int)n)
				      : send(c->fd, s, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR && !c->ssl)
			continue;
		if (done <= 0)
			return false;
		s += done;
		n -= (size_t)done;
	}
	return true;
}

int
conn_number(const struct conn *c)
{
	return c->number;
}

static bool
shake_hands(struct conn *c)
{
	if (!c->d->tls)
		return true;
	c->ssl = SSL_new(c->d->tls);
	must(c->ssl && SSL_set_fd(c->ssl, c->fd), "SSL_new");
	return SSL_accept(c->ssl) == 1;
}

static void *
serve(void *arg)
{
	struct conn *c = arg;

	if (shake_hands(c))
		c->d->how.serve(c, c->d->how.arg);
	if (c->ssl) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	shutdown(c->fd, SHUT_RDWR);
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct tcpd *d = arg;
	int fd, i;

	while ((fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct conn *c = &d->conns[d->n];

		must(d->n < CONNS, "too many connections");
		*c = (struct conn){.d = d, .fd = fd, .number = d->n + 1};
		must(!pthread_create(&c->thread, NULL, serve, c), "thread");
		d->n++;
	}
	must(d->ends, "accept");
	for (i = 0; i < d->n; i++) {
		shutdown(d->conns[i].fd, SHUT_RDWR);
		pthread_join(d->conns[i].thread, NULL);
		close(d->conns[i].fd);
	}
	return NULL;
}

static void
listen_tcp(struct tcpd *d)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)d->how.port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int one = 1;

	d->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(d->fd >= 0 && !setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &one,
				       sizeof(one)),
	     "socket");
	must(!bind(d->fd, (void *)&a, n), "bind");
	must(!listen(d->fd, 64), "listen");
	must(!getsockname(d->fd, (void *)&a, &n), "getsockname");
	d->port = ntohs(a.sin_port);
}

static void
listen_unix(struct tcpd *d)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", d->how.socket);
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(d->fd >= 0 && !bind(d->fd, (void *)&a, sizeof(a)), "bind");
	must(!listen(d->fd, 64), "listen");
}

static void
load_tls(struct tcpd *d)
{
	const struct tcpd_how *how = &d->how;

	d->tls = SSL_CTX_new(TLS_server_method());
	must(d->tls &&
		     SSL_CTX_use_certificate_file(d->tls, how->cert_file,
						  SSL_FILETYPE_PEM) == 1 &&
		     SSL_CTX_use_PrivateKey_file(d->tls, how->key_file,
						 SSL_FILETYPE_PEM) == 1,
	     "certificate");
	if (!how->ca_file)
		return;
	must(SSL_CTX_load_verify_file(d->tls, how->ca_file) == 1, "CA");
	SSL_CTX_set_verify(d->tls,
			   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
}

struct tcpd *
tcpd_start(const struct tcpd_how *how)
{
	struct tcpd *d = calloc(1, sizeof(*d));

	must(d, "memory");
	signal(SIGPIPE, SIG_IGN); /* SSL_write knows no MSG_NOSIGNAL */
	d->how = *how;
	if (how->cert_file)
		load_tls(d);
	if (how->socket)
		listen_unix(d);
	else
		listen_tcp(d);
	snprintf(d->url, sizeof(d->url), "http%s://127.0.0.1:%d",
		 how->cert_file ? "s" : "", d->port);
	must(!pthread_create(&d->thread, NULL, accept_all, d), "thread");
	return d;
}

int
tcpd_port(const struct tcpd *d)
{
	return d->port;
}

const char *
tcpd_url(const struct tcpd *d)
{
	return d->url;
}

int
tcpd_count(const struct tcpd *d)
{
	return d->n;
}

void
tcpd_stop(struct tcpd *d)
{
	d->ends = true;
	shutdown(d->fd, SHUT_RDWR);
	pthread_join(d->thread, NULL);
	close(d->fd);
	if (d->how.socket)
		unlink(d->how.socket);
	SSL_CTX_free(d->tls);
	free(d);
}

static int
dial(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "socket");
	if (!connect(fd, (void *)&a, sizeof(a)))
		return fd;
	close(fd);
	return -1;
}

/* What c has sent, on to up; the budget may end it. */
static bool
relay_up(struct conn *c, int up, long *budget)
{
	char b[16384];
	ssize_t n = conn_read(c, b, sizeof(b));

	if (n > 0 && *budget >= 0 && n > *budget)
		n = *budget;
	if (n <= 0 || send(up, b, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	if (*budget >= 0)
		*budget -= n;
	return *budget != 0;
}

static bool
relay_down(struct conn *c, int up)
{
	char b[16384];
	ssize_t n = recv(up, b, sizeof(b), 0);

	return n > 0 && conn_write(c, b, (size_t)n);
}

void
conn_relay(struct conn *c, int port, long budget)
{
	struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN},
			      {.fd = dial(port), .events = POLLIN}};
	bool goes = p[1].fd >= 0;

	while (goes) {
		bool ready = c->ssl && SSL_pending(c->ssl) > 0;

		if (poll(p, 2, ready ? 0 : -1) < 0 && errno != EINTR)
			break;
		if (ready || p[0].revents)
			goes = relay_up(c, p[1].fd, &budget);
		if (goes && p[1].revents)
			goes = relay_down(c, p[1].fd);
	}
	if (p[1].fd >= 0)
		close(p[1].fd);
}
