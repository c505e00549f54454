/* wsapp: its options, its sockets and its loop.  See wsapp.h. */
#include "wsapp.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONN_MAX = 1024 };

struct app app;

static struct conn conns[CONN_MAX];
static struct pollfd polled[CONN_MAX + 1];

enum {
	SOCKET,
	PORT,
	SLOW_START,
	CRASH_AFTER,
	CRASH_AT_START,
	IGNORE_TERM,
	FORK_CHILDREN,
	EAT_MEMORY,
	STATUS,
	BASE,
	EVERYWHERE,
	OPTION__MAX
};

struct options {
	const char *socket;
	long n[OPTION__MAX];
};

static void
die(const char *what)
{
	fprintf(stderr, "wsapp: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
listen_unix(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(sun.sun_path))
		die(path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(path, 0666) != 0 || listen(fd, SOMAXCONN) != 0)
		die(path);
	return fd;
}

static int
listen_port(long port, bool everywhere)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr =
					  htonl(everywhere ? INADDR_ANY
							   : INADDR_LOOPBACK)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		die("port");
	return fd;
}

static void
conn_close(struct conn *c)
{
	close(c->fd);
	bytes_free(&c->in);
	bytes_free(&c->out);
	bytes_free(&c->head);
	bytes_free(&c->body);
	EVP_MD_CTX_free(c->sum);
	*c = (struct conn){.fd = -1};
}

static void
conn_accept(int listener)
{
	int i, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (i = 0; i < CONN_MAX; i++) {
		if (conns[i].fd < 0) {
			conns[i].fd = fd;
			return;
		}
	}
	close(fd);
}

int
conns_push(const char *text)
{
	int i, n = 0;

	for (i = 0; i < CONN_MAX; i++) {
		struct conn *c = &conns[i];

		if (c->fd < 0 || !c->streaming)
			continue;
		n++;
		if (text)
			bytes_fmt(&c->out, "data: %s\n\n", text);
		else
			c->closing = true;
	}
	return n;
}

/* False when the other side is gone. */
static bool
conn_read(struct conn *c)
{
	char chunk[64 << 10];
	ssize_t n = read(c->fd, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	bytes_add(&c->in, chunk, (size_t)n);
	return true;
}

static bool
conn_write(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	bytes_drop(&c->out, (size_t)n);
	return true;
}

static void
conn_turn(struct conn *c, short events)
{
	if ((events & (POLLIN | POLLHUP | POLLERR)) && !conn_read(c)) {
		conn_close(c);
		return;
	}
	http_take(c);
	if (c->mode == MODE_WS)
		ws_take(c);
	page_more(c);
	if ((c->out.n && !conn_write(c)) ||
	    (c->closing && !c->out.n && !c->big_left))
		conn_close(c);
}

/* What to wait for on each connection. */
static void
poll_fill(int listener)
{
	int i;

	polled[CONN_MAX] = (struct pollfd){.fd = listener, .events = POLLIN};
	for (i = 0; i < CONN_MAX; i++) {
		struct conn *c = &conns[i];
		int events =
			(c->closing ? 0 : POLLIN) |
			(c->out.n || c->big_left || c->closing ? POLLOUT : 0);

		polled[i] =
			(struct pollfd){.fd = c->fd, .events = (short)events};
	}
}

static void
serve(int listener, int64_t end_ms)
{
	int i;

	for (;;) {
		int64_t left = end_ms ? end_ms - now_ms() : -1;

		if (end_ms && left <= 0)
			abort();
		poll_fill(listener);
		if (poll(polled, CONN_MAX + 1, (int)left) < 0 && errno != EINTR)
			die("poll");
		if (polled[CONN_MAX].revents)
			conn_accept(listener);
		for (i = 0; i < CONN_MAX; i++)
			if (polled[i].fd >= 0 && polled[i].revents)
				conn_turn(&conns[i], polled[i].revents);
	}
}

/* Children that left the session: only the end of the tree reaches them. */
static void
fork_children(long n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			setsid();
			for (;;)
				pause();
		}
	}
}

static void
eat(long mb)
{
	size_t size = (size_t)mb << 20;
	volatile char *p;
	size_t i;

	if (mb <= 0)
		return;
	if (!(p = malloc(size)))
		die("memory");
	for (i = 0; i < size; i += 4096)
		p[i] = 1;
}

static void
usage(void)
{
	fputs("usage: wsapp --socket PATH | --port N [--slow-start MS]\n"
	      "  [--crash-after MS] [--crash-at-start] [--ignore-term]\n"
	      "  [--fork-children N] [--eat-memory MB] [--status N]\n"
	      "  [--base PATH/] [--everywhere]\n",
	      stderr);
	exit(2);
}

static void
options_read(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"socket", required_argument, NULL, SOCKET},
		{"port", required_argument, NULL, PORT},
		{"slow-start", required_argument, NULL, SLOW_START},
		{"crash-after", required_argument, NULL, CRASH_AFTER},
		{"crash-at-start", no_argument, NULL, CRASH_AT_START},
		{"ignore-term", no_argument, NULL, IGNORE_TERM},
		{"fork-children", required_argument, NULL, FORK_CHILDREN},
		{"eat-memory", required_argument, NULL, EAT_MEMORY},
		{"status", required_argument, NULL, STATUS},
		{"base", required_argument, NULL, BASE},
		{"everywhere", no_argument, NULL, EVERYWHERE},
		{NULL, 0, NULL, 0},
	};
	int i;

	while ((i = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (i < 0 || i >= OPTION__MAX)
			usage();
		if (i == SOCKET)
			o->socket = optarg;
		else if (i == BASE)
			app.base = optarg;
		else
			o->n[i] = optarg ? strtol(optarg, NULL, 10) : 1;
	}
	if (!o->socket == !o->n[PORT] || optind != argc)
		usage();
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	int i, listener;

	options_read(argc, argv, &o);
	if (o.n[CRASH_AT_START]) {
		fputs("wsapp: crashing at start, as asked\n", stderr);
		return 3;
	}
	if (o.n[IGNORE_TERM])
		signal(SIGTERM, SIG_IGN);
	app.home = getenv("HOME") ? getenv("HOME") : ".";
	app.status = (int)o.n[STATUS];
	for (i = 0; i < CONN_MAX; i++)
		conns[i].fd = -1;
	eat(o.n[EAT_MEMORY]);
	fork_children(o.n[FORK_CHILDREN]);
	usleep((useconds_t)o.n[SLOW_START] * 1000);
	listener = o.socket ? listen_unix(o.socket)
			    : listen_port(o.n[PORT], o.n[EVERYWHERE]);
	serve(listener, o.n[CRASH_AFTER] ? now_ms() + o.n[CRASH_AFTER] : 0);
}
