/*
 * Waiting until an application answers: any HTTP status line will do. On TCP
 * it is first asked who listens, so that no stranger's answer counts. It is
 * looked for each millisecond at first, then ever less often. (Watching the
 * folder by inotify would be no quicker: ending a watch waits in the kernel
 * for longer than a small application takes to start.)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/host.h"
#include "engine/process.h"

#define QUICK_MS 50 /* so long the pauses are the least */
#define PAUSE_LEAST_MS 1
#define PAUSE_MOST_MS 10
/* Who has not answered by then is asked anew, on a new connection. */
#define ANSWER_MS 5000
#define DOUBTS 10

struct probe {
	const struct place *pl;
	const struct instance_spec *spec;
	int64_t port; /* 0: the socket in the instance's folder */
	int doubts;   /* how often somebody else seemed to have the port */
	int path;     /* the socket asked, O_PATH; -1 */
	int conn;     /* -1: not connected */
	char got[16];
	size_t n;
	int64_t since_ms;
};

static void
probe_close(struct probe *p)
{
	if (p->conn >= 0)
		close(p->conn);
	if (p->path >= 0)
		close(p->path);
	p->conn = p->path = -1;
}

/* Connects to the file behind p->path, whatever now has its name. */
static bool
connect_path(struct probe *p)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	p->conn =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d", p->path);
	return p->conn >= 0 &&
	       !connect(p->conn, (const struct sockaddr *)&a, sizeof(a));
}

static bool
connect_port(struct probe *p)
{
	const struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)p->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	p->conn =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Loopback connects at once, or waits for room in a full queue. */
	return p->conn >= 0 &&
	       (!connect(p->conn, (const struct sockaddr *)&a, sizeof(a)) ||
		errno == EINPROGRESS);
}

static void
probe_open(struct cx *cx, struct probe *p)
{
	const char *prefix =
		p->spec->app->strip_prefix || host_mode(cx->site)
			? ""
			: arena_printf(&cx->arena, "/w/%s", p->pl->id);
	const char *ask = arena_printf(&cx->arena,
				       "GET %s%s HTTP/1.1\r\n"
				       "Host: localhost\r\n"
				       "User-Agent: roost\r\n"
				       "Connection: close\r\n\r\n",
				       prefix, p->spec->app->ready_path);
	bool open;

	p->n = 0;
	p->since_ms = clock_mono_ms();
	if (p->port) {
		open = connect_port(p);
	} else {
		if ((p->path = route_open(p->pl)) < 0)
			return;
		open = connect_path(p);
	}
	if (!open || send(p->conn, ask, strlen(ask), MSG_NOSIGNAL) !=
			     (ssize_t)strlen(ask))
		probe_close(p);
}

/*
 * Does it listen, and nobody else? Not yet is no error. A program that is
 * just handing its socket to a child may look like a stranger, but not for
 * long.
 */
static enum err
port_ready(struct cx *cx, struct probe *p, bool *ready)
{
	struct port_seen seen;
	struct tcp_sock now;
	struct ports all;
	struct record r;
	enum err e;

	*ready = false;
	if ((e = tcp_listener(cx, (uint16_t)p->port, &now)) || !now.inode)
		return e;
	if ((e = record_read(cx, p->pl, &r)) ||
	    (e = ports_read(cx, p->port, p->port, &all)))
		return e;
	port_look(p->pl, &r, &all, &seen);
	if (seen.open)
		return cx_fail(cx, ERR_ACTION,
			       "the application listens on port %lld of every "
			       "address, where others reach it without a "
			       "login; tell it to listen on 127.0.0.1",
			       (long long)p->port);
	if (seen.stranger && ++p->doubts < DOUBTS)
		return OK;
	if (seen.stranger)
		return cx_fail(cx, ERR_ACTION,
			       "another program (of uid %u) listens on port "
			       "%lld, which this instance was given; the next "
			       "start takes another one",
			       (unsigned)seen.uid, (long long)p->port);
	*ready = seen.its.n > 0;
	return *ready ? port_mark(cx, p->pl, &seen) : OK;
}

/* "HTTP/1.1 200": three digits after the first space. */
static bool
is_status_line(const char *s, size_t n)
{
	return n >= 12 && !strncmp(s, "HTTP/", 5) && s[8] == ' ' &&
	       s[9] >= '1' && s[9] <= '5' && s[10] >= '0' && s[10] <= '9' &&
	       s[11] >= '0' && s[11] <= '9';
}

/* Takes what has come; closes the probe when it leads to nothing. */
static bool
probe_read(struct probe *p)
{
	ssize_t n = recv(p->conn, p->got + p->n, sizeof(p->got) - p->n, 0);

	if (n > 0)
		p->n += (size_t)n;
	if (is_status_line(p->got, p->n))
		return true;
	if (n == 0 || p->n == sizeof(p->got) ||
	    (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    clock_mono_ms() - p->since_ms > ANSWER_MS)
		probe_close(p);
	return false;
}

/* Reasons to wait no longer. */
static enum err
give_up(struct cx *cx, const struct place *pl, const struct instance_spec *spec,
	const struct ready *how, int64_t waited_ms)
{
	enum err e;

	if (spec->quit && spec->quit(spec->arg))
		return cx_fail(cx, ERR_ABANDONED, "starting %s was given up",
			       pl->id);
	if ((e = how->runs(cx, pl, how->arg, waited_ms)))
		return e;
	if (clock_mono_ms() >= spec->deadline_ms)
		return cx_fail(cx, ERR_TIMEOUT,
			       "the application did not answer in time; its "
			       "last words: %s",
			       how->words(cx, pl));
	return OK;
}

/* Until the answer comes, but not long. */
static void
pause_for(int conn, int64_t waited_ms)
{
	struct pollfd p = {.fd = conn, .events = POLLIN};
	int64_t ms = PAUSE_LEAST_MS;

	if (waited_ms > QUICK_MS)
		ms += (waited_ms - QUICK_MS) / QUICK_MS;
	poll(&p, 1, (int)(ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS));
}

/* One try; *answered when it has. */
static enum err
probe(struct cx *cx, struct probe *p, bool *answered)
{
	bool ready = true;
	enum err e;

	if (p->conn < 0) {
		if (p->port && (e = port_ready(cx, p, &ready)))
			return e;
		if (ready)
			probe_open(cx, p);
	}
	*answered = p->conn >= 0 && probe_read(p);
	return OK;
}

/* *fd is then the socket that answered, as O_PATH, or -1 where it is TCP. */
static enum err
wait_for(struct cx *cx, const struct place *pl,
	 const struct instance_spec *spec, const struct ready *how,
	 int64_t port, int *fd)
{
	struct probe p = {.pl = pl,
			  .spec = spec,
			  .port = port,
			  .path = -1,
			  .conn = -1};
	int64_t began_ms = clock_mono_ms();
	bool ready = false;
	enum err e;

	for (;;) {
		int64_t waited_ms = clock_mono_ms() - began_ms;

		e = probe(cx, &p, &ready);
		if (e || ready || (e = give_up(cx, pl, spec, how, waited_ms)))
			break;
		pause_for(p.conn, waited_ms);
	}
	if (ready) {
		*fd = p.path;
		p.path = -1;
	}
	probe_close(&p);
	return e;
}

enum err
ready_finish(struct cx *cx, const struct place *pl,
	     const struct instance_spec *spec, const struct ready *how,
	     struct endpoint *out)
{
	struct record r;
	int64_t slot;
	enum err e;
	int fd = -1;

	if ((e = record_read(cx, pl, &r)) ||
	    (e = wait_for(cx, pl, spec, how, r.port, &fd)))
		return e;
	if (!(e = slot_take(cx, pl->id, false, how->alive, &slot)))
		e = route_finish(cx, pl, &r, slot, fd, out);
	if (fd >= 0)
		close(fd);
	return e;
}
