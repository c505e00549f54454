/*
 * The instance that doctor plays: it answers what it was asked, tries to set
 * cookies that are not its own, and echoes what a WebSocket brings.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/badge.h"
#include "base/fs.h"
#include "ctl/door.h"
#include "engine/process.h"
#include "rules/names.h"

#define HEAD_MAX 65536
#define CLIENT_MS 5000

struct player {
	int sock;
	int stop[2]; /* a pipe: closed to end the thread */
	int64_t slot;
	pthread_t thread;
};

/* ---- One connection ---- */

static ssize_t
take(int fd, char *p, size_t n)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	return poll(&ready, 1, CLIENT_MS) == 1 ? recv(fd, p, n, 0) : -1;
}

static void
say(int fd, const char *p, size_t n)
{
	ssize_t sent;

	for (; n && (sent = send(fd, p, n, MSG_NOSIGNAL)) > 0;
	     n -= (size_t)sent)
		p += sent;
}

/* To the end of the head; 0 when it never came. */
static size_t
read_head(int fd, char *head)
{
	size_t n = 0;
	ssize_t got;

	while (n < HEAD_MAX - 1 &&
	       (got = take(fd, head + n, HEAD_MAX - 1 - n)) > 0) {
		n += (size_t)got;
		head[n] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return n;
	}
	return 0;
}

static void
tell(int fd, const char *head, size_t n)
{
	char line[512];
	int len = snprintf(line, sizeof(line),
			   "HTTP/1.1 200 OK\r\n"
			   "Content-Type: text/plain\r\n"
			   "X-Player: doctor\r\n"
			   "Set-Cookie: roost_session=stolen; Path=/\r\n"
			   "Set-Cookie: __Host-roost_session=stolen; Path=/\r\n"
			   "Connection: close\r\nContent-Length: %zu\r\n\r\n",
			   n);

	say(fd, line, (size_t)len);
	say(fd, head, n);
}

/* Nobody on the way looks into what it carries: any bytes will do. */
static void
echo(int fd)
{
	static const char SWITCH[] =
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: doctor\r\n\r\n";
	char block[4096];
	ssize_t n;

	say(fd, SWITCH, sizeof(SWITCH) - 1);
	while ((n = take(fd, block, sizeof(block))) > 0)
		say(fd, block, (size_t)n);
}

static void
serve(int fd)
{
	static char head[HEAD_MAX]; /* there is one thread */
	size_t n = read_head(fd, head);

	if (n && strcasestr(head, "\r\nUpgrade: websocket\r\n"))
		echo(fd);
	else if (n)
		tell(fd, head, n);
	close(fd);
}

static void *
player_main(void *arg)
{
	struct player *p = arg;
	struct pollfd wait[2] = {{.fd = p->sock, .events = POLLIN},
				 {.fd = p->stop[0], .events = POLLIN}};
	int fd;

	while (poll(wait, 2, -1) > 0 && !wait[1].revents)
		if ((fd = accept4(p->sock, NULL, NULL, SOCK_CLOEXEC)) >= 0)
			serve(fd);
	return NULL;
}

/* ---- Where instances are ---- */

static enum err
listen_at(struct cx *cx, struct player *p, const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(a.sun_path))
		return cx_fail(cx, ERR_CONFIG, "%s is too long for a socket",
			       path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "removing %s", path);
	p->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->sock < 0 ||
	    bind(p->sock, (const struct sockaddr *)&a,
		 sizeof(a)) || /* as an instance's: route.c */
	    chmod(path, 0666) ||
	    listen(p->sock, 16))
		return cx_errno(cx, errno, "listening on %s", path);
	return OK;
}

static enum err
take_place(struct door *o, struct player *p)
{
	struct cx *cx = o->cx;
	const struct engine_ops *engine;
	struct endpoint to;
	struct place pl;
	enum err e;

	place_of(cx, NAME_PROBE_ID, &pl);
	if ((e = engine_find(cx, &engine)) || (e = place_dirs(cx)) ||
	    (e = slot_take(cx, pl.id, false, engine->alive, &p->slot)) ||
	    (e = listen_at(cx, p, pl.sock)))
		return e;
	route_endpoint(cx, &pl, p->slot, &to);
	return badge_issue(cx, BADGE_DOCTOR, BADGE_MOST_MS,
			   arena_printf(&cx->arena, "%lld %s",
					(long long)p->slot, to.address),
			   o->secret);
}

static void
leave_place(struct door *o)
{
	struct place pl;

	place_of(o->cx, NAME_PROBE_ID, &pl);
	(void)unlink(pl.sock);
	if (slot_free(o->cx, pl.id))
		cx_clear(o->cx);
}

enum err
player_open(struct door *o, struct player **out)
{
	struct player *p = arena_alloc(&o->cx->arena, sizeof(*p));
	enum err e;

	*p = (struct player){.sock = -1, .stop = {-1, -1}};
	e = take_place(o, p);
	if (!e && pipe(p->stop))
		e = cx_errno(o->cx, errno, "pipe");
	if (!e && pthread_create(&p->thread, NULL, player_main, p))
		e = cx_fail(o->cx, ERR_INTERNAL, "no thread");
	if (!e) {
		*out = p;
		return OK;
	}
	if (p->sock >= 0)
		close(p->sock);
	leave_place(o);
	return e;
}

void
player_close(struct door *o, struct player *p)
{
	if (!p)
		return;
	close(p->stop[1]);
	shutdown(p->sock, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->stop[0]);
	close(p->sock);
	leave_place(o);
}
