/*
 * FastCGI through libfcgi, a fixed number of threads that accept by
 * themselves.
 *
 * libfcgi's own handling of SIGTERM only sets a flag that nobody sees who
 * sleeps in accept(); so the main thread waits for the signal, sets the flag
 * and then interrupts each thread until it is gone.
 *
 * A connection carries one request: keeping it (FCGI_KEEP_CONN) would bind a
 * thread to each idle one.
 */
#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "cgi/io.h"
#include "cgi/io_socket.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define WAKE SIGUSR2
#define WAKE_EACH_MS 10
#define LINGER_MS 1000

#define VARS 96

struct request_io {
	struct io io; /* first: an io is cast back to this */
	FCGX_Request fcgx;
	/* Lengths of the names of the first variables: most questions for a
	 * variable are for one that is not there. */
	unsigned short name_len[VARS];
	size_t n_vars;
	struct buf out; /* records of the answer */
	bool kept;
	bool inet; /* came through an address, not a path */
};

struct thread {
	pthread_t id;
	const struct server *server;
	void *worker;
	int sock;
	bool own; /* the socket is ours alone: requests may be kept */
	atomic_bool ended;
};

/* Set once at the end; the only state that is shared. */
static atomic_bool stopping;

static void
index_vars(struct request_io *rio)
{
	char **v = rio->fcgx.envp;

	for (size_t i = 0; i < VARS && v[i]; i++) {
		const char *eq = strchr(v[i], '=');
		size_t n = eq ? (size_t)(eq - v[i]) : 0;

		rio->name_len[i] = n < 1024 ? (unsigned short)n : 0;
		rio->n_vars = i + 1;
	}
}

static const char *
fcgi_var(struct io *io, const char *name)
{
	struct request_io *rio = (struct request_io *)io;
	char **v = rio->fcgx.envp;
	size_t n = strlen(name);

	if (!rio->n_vars)
		index_vars(rio);
	for (size_t i = 0; i < rio->n_vars; i++)
		if (rio->name_len[i] == n && memcmp(v[i], name, n) == 0)
			return v[i] + n + 1;
	return rio->n_vars == VARS ? FCGX_GetParam(name, v) : NULL;
}

static ssize_t
fcgi_read(struct io *io, void *p, size_t n)
{
	FCGX_Stream *in = ((struct request_io *)io)->fcgx.in;
	int got = FCGX_GetStr(p, n > 1 << 20 ? 1 << 20 : (int)n, in);

	return got > 0 || FCGX_GetError(in) == 0 ? got : -1;
}

static bool
fcgi_write(struct io *io, const void *p, size_t n)
{
	struct request_io *rio = (struct request_io *)io;

	io_record(&rio->out, (uint16_t)rio->fcgx.requestId, p, n);
	return !rio->out.over;
}

/*
 * What is left of the input, so that nothing but an abort comes later. An
 * authorizer has none, and lighttpd does not even say so when the client sent
 * a body: waiting for its end would be for ever.
 */
static void
drain(struct request_io *rio)
{
	char block[4096];

	if (rio->fcgx.role == FCGI_AUTHORIZER)
		return;
	while (FCGX_GetStr(block, sizeof(block), rio->fcgx.in) ==
	       (int)sizeof(block))
		;
}

static void
send_all(int fd, const struct buf *b)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n =
			send(fd, b->data + done, b->len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

static void
fcgi_keep(struct io *io)
{
	struct request_io *rio = (struct request_io *)io;

	drain(rio);
	rio->kept = true;
}

/*
 * An authorizer's input was not drained: over TCP, closing before the server
 * has would be a reset, which may overtake the answer.
 */
static void
linger(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t end = clock_mono_ms() + LINGER_MS;
	char block[4096];

	if (shutdown(fd, SHUT_WR))
		return;
	while (clock_mono_ms() < end && poll(&p, 1, LINGER_MS) > 0 &&
	       recv(fd, block, sizeof(block), 0) > 0)
		;
}

/*
 * The whole answer in one piece and a plain close: libfcgi would linger until
 * the server closes too. The input is drained, so nothing can be lost.
 */
static void
fcgi_end(struct io *io)
{
	struct request_io *rio = (struct request_io *)io;

	if (!rio->kept) {
		drain(rio);
		io_record_end(&rio->out, (uint16_t)rio->fcgx.requestId);
		send_all(rio->fcgx.ipcFd, &rio->out);
		if (rio->inet && rio->fcgx.role == FCGI_AUTHORIZER)
			linger(rio->fcgx.ipcFd);
	}
	close(rio->fcgx.ipcFd);
	rio->fcgx.ipcFd = -1;
	FCGX_Free(&rio->fcgx, 0);
	buf_free(&rio->out);
	free(rio);
}

static struct request_io *
request_new(const struct thread *t)
{
	struct request_io *rio = calloc(1, sizeof(*rio));

	if (!rio)
		abort();
	FCGX_InitRequest(&rio->fcgx, t->sock, FCGI_FAIL_ACCEPT_ON_INTR);
	buf_init(&rio->out, ANSWER_MAX);
	rio->io = (struct io){.var = fcgi_var,
			      .read = fcgi_read,
			      .write = fcgi_write,
			      .keep = fcgi_keep,
			      .end = fcgi_end,
			      .fd = -1};
	return rio;
}

/* Requests are kept only where the socket is ours: a process that a web
 * server starts for one request at a time has none to keep. */
static void
serve_one(struct thread *t, struct request_io *rio)
{
	rio->inet = t->server->socket && socket_is_inet(t->server->socket);
	if (t->own) {
		rio->io.fd = rio->fcgx.ipcFd;
		rio->io.id = (uint16_t)rio->fcgx.requestId;
	}
	if (t->server->answer(t->worker, &rio->io))
		rio->io.end(&rio->io);
}

static void *
thread_main(void *arg)
{
	struct thread *t = arg;

	while (!atomic_load(&stopping)) {
		struct request_io *rio = request_new(t);

		if (FCGX_Accept_r(&rio->fcgx) == 0) {
			serve_one(t, rio);
			continue;
		}
		FCGX_Free(&rio->fcgx, 0);
		free(rio);
		/* Out of descriptors, or a broken peer: do not spin. */
		if (!atomic_load(&stopping) && errno != EINTR)
			clock_sleep_ms(5);
	}
	atomic_store(&t->ended, true);
	return NULL;
}

static void
woken(int sig)
{
	(void)sig;
}

static void
end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1); /* Apache's graceful stop */
}

void
io_block_signals(void)
{
	sigset_t set;

	end_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void
set_signals(void)
{
	struct sigaction sa = {.sa_handler = woken}; /* no SA_RESTART */

	sigaction(WAKE, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	io_block_signals();
}

static enum err
start_threads(struct cx *cx, const struct server *s, struct thread *t, int sock)
{
	for (int i = 0; i < s->threads; i++) {
		enum err e;

		t[i].server = s;
		t[i].sock = sock;
		t[i].own = s->socket != NULL;
		if ((e = s->open(cx, s->arg, &t[i].worker)))
			return e;
		if (pthread_create(&t[i].id, NULL, thread_main, &t[i])) {
			s->close(t[i].worker);
			t[i].worker = NULL;
			return cx_fail(cx, ERR_INTERNAL, "no thread");
		}
	}
	return OK;
}

static void
stop_threads(const struct server *s, struct thread *t)
{
	atomic_store(&stopping, true);
	FCGX_ShutdownPending();
	for (int i = 0; i < s->threads; i++) {
		if (!t[i].worker)
			continue;
		while (!atomic_load(&t[i].ended)) {
			pthread_kill(t[i].id, WAKE);
			clock_sleep_ms(WAKE_EACH_MS);
		}
		pthread_join(t[i].id, NULL);
		s->close(t[i].worker);
	}
}

enum err
io_serve(struct cx *cx, const struct server *s)
{
	struct thread *t;
	sigset_t wait_for;
	int sig, sock = 0;
	enum err e = OK;

	if (FCGX_Init())
		return cx_fail(cx, ERR_INTERNAL, "libfcgi does not start");
	set_signals();
	if (s->socket)
		e = socket_listen(cx, s->socket, s->mode, s->remote, &sock);
	if (e)
		return e;
	t = arena_array(&cx->arena, (size_t)s->threads, sizeof(*t));
	e = start_threads(cx, s, t, sock);
	if (!e) {
		log_event(cx, LOG_LEVEL_INFO, "serving", "socket",
			  s->socket ? s->socket : "fd 0", NULL);
		end_signals(&wait_for);
		sigwait(&wait_for, &sig);
	}
	stop_threads(s, t);
	if (s->socket)
		socket_close(s->socket, sock);
	return e;
}
