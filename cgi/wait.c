/* The thread that holds parked requests: cgi/wait.h. */
#include "cgi/wait.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/wait_part.h"
#include "store/change.h"

#define EVENTS 64

/* ---- Time ---- */

static void
due(struct wait *w, struct parked *p, int64_t now)
{
	if (p->ending) {
		/* answered, but not taken for so long */
		held_drop(w, p, "too slow");
		return;
	}
	if (p->kind != PARK_STREAM) {
		p->due_ms = now + HEARTBEAT_MS;
		(void)held_look(w, p, true);
		return;
	}
	p->due_ms = now + HEARTBEAT_MS;
	if (now >= p->ends_ms) {
		io_record_end(&p->out, p->io->id);
		p->ending = true;
	} else if (p->out.len == 0) {
		wait_heartbeat(p);
	}
	(void)held_flush(w, p);
}

static void
look_due(struct wait *w)
{
	int64_t now = clock_mono_ms();
	struct parked *next;

	if (now < w->next_due_ms)
		return;
	for (struct parked *p = w->all; p; p = next) {
		next = p->all_next;
		if (now >= p->due_ms)
			due(w, p, now);
	}
	w->next_due_ms = INT64_MAX;
	for (struct parked *p = w->all; p; p = p->all_next)
		if (p->due_ms < w->next_due_ms)
			w->next_due_ms = p->due_ms;
}

static int
timeout(const struct wait *w)
{
	int64_t next = w->next_due_ms, now = clock_mono_ms();

	if (!w->all)
		return -1;
	if (w->next_look_ms < next)
		next = w->next_look_ms;
	return next <= now ? 0 : (int)(next - now) + 1;
}

/* ---- Coming in ---- */

static void
admit(struct wait *w, struct parked *p)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = p};

	held_add(w, p);
	if (p->due_ms < w->next_due_ms)
		w->next_due_ms = p->due_ms;
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, p->io->fd, &ev)) {
		held_drop(w, p, "no epoll");
		return;
	}
	/* what changed while it was on its way here */
	(void)held_look(w, p, false);
}

static void
admit_all(struct wait *w)
{
	struct parked *p, *next;

	pthread_mutex_lock(&w->lock);
	p = w->in;
	w->in = NULL;
	pthread_mutex_unlock(&w->lock);
	if (!w->all && change_newest(&w->worker.cx, w->worker.read, &w->seq))
		cx_clear(&w->worker.cx); /* then older marks are looked at */
	for (; p; p = next) {
		next = p->next;
		admit(w, p);
	}
}

/* ---- The thread ---- */

static void
watch_bell(struct wait *w)
{
	struct cx *cx = &w->worker.cx;

	db_ring(cx); /* makes it when it is not there */
	w->bell_watch =
		inotify_add_watch(w->bell, db_bell_path(cx),
				  IN_ATTRIB | IN_MODIFY | IN_DELETE_SELF |
					  IN_MOVE_SELF);
}

static void
hear_bell(struct wait *w)
{
	char block[4096] __attribute__((aligned(8)));
	const struct inotify_event *ev;
	ssize_t n;

	while ((n = read(w->bell, block, sizeof(block))) > 0) {
		for (char *p = block; p < block + n;
		     p += sizeof(*ev) + ev->len) {
			ev = (const void *)p;
			if (ev->mask & (IN_IGNORED | IN_MOVE_SELF))
				w->bell_watch = -1;
		}
	}
	if (w->bell_watch < 0)
		watch_bell(w);
}

static void
handle(struct wait *w, const struct epoll_event *ev)
{
	struct parked *p = ev->data.ptr;
	uint64_t n;

	if (ev->data.ptr == &w->bell) {
		hear_bell(w);
		held_look_all(w);
	} else if (ev->data.ptr == &w->wake) {
		(void)!read(w->wake, &n, sizeof(n));
		admit_all(w);
	} else if (ev->events & ~(uint32_t)EPOLLOUT) {
		/* closed, aborted, or a second request: not waiting any more */
		held_drop(w, p, "gone");
	} else {
		(void)held_flush(w, p);
	}
}

/* A p must not be touched that an event before it in the batch has freed: own
 * descriptors, which free others' p, go last. */
static void
turn(struct wait *w)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(w->epoll, ev, EVENTS, timeout(w));

	cx_begin(&w->worker.cx, w->program->site);
	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr != &w->bell && ev[i].data.ptr != &w->wake)
			handle(w, &ev[i]);
	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr == &w->bell || ev[i].data.ptr == &w->wake)
			handle(w, &ev[i]);
	if (w->all && clock_mono_ms() >= w->next_look_ms) {
		if (w->bell_watch < 0)
			watch_bell(w);
		held_look_all(w);
	}
	look_due(w);
	arena_reset(&w->worker.cx.arena);
}

/* Everybody gets an answer; who does not take it at once, does not. */
static void
let_go(struct wait *w)
{
	struct cx *cx = &w->worker.cx;

	cx_begin(cx, w->program->site);
	admit_all(w);
	while (w->all) {
		struct parked *p = w->all;

		if (!p->ending && p->kind == PARK_STREAM) {
			io_record_end(&p->out, p->io->id);
			p->ending = true;
		}
		if (held_look(w, p, true))
			held_drop(w, p, "stopping");
	}
}

static void *
wait_main(void *arg)
{
	struct wait *w = arg;

	while (!atomic_load(&w->stop))
		turn(w);
	let_go(w);
	return NULL;
}

/* ---- From other threads ---- */

static void
wake(struct wait *w)
{
	uint64_t one = 1;

	(void)!write(w->wake, &one, sizeof(one));
}

static struct parked *
parked_new(struct cx *cx, const struct call *c, struct io *io)
{
	struct parked *p = calloc(1, sizeof(*p));
	int64_t now = clock_mono_ms();

	if (!p)
		abort();
	p->io = io;
	p->kind = c->park;
	p->user_id = c->who.user_id;
	p->since = c->park_since;
	p->began_ms = now;
	p->due_ms =
		now + (c->park == PARK_STREAM ? HEARTBEAT_MS : c->park_wait_ms);
	p->ends_ms = now + STREAM_MS;
	p->head = c->rq->method == METHOD_HEAD;
	if (c->ws)
		memcpy(p->id, c->ws->id, sizeof(p->id));
	memcpy(p->rid, cx->rid, sizeof(p->rid));
	snprintf(p->user, sizeof(p->user), "%s", c->who.username);
	buf_init(&p->out, CLIENT_BUF_MAX);
	return p;
}

bool
wait_park(struct wait *w, struct cx *cx, struct call *c, struct io *io)
{
	struct parked *p;

	if (!w || io->fd < 0 || atomic_load(&w->stop))
		return false;
	if (atomic_fetch_add(&w->count, 1) >= w->most) {
		atomic_fetch_sub(&w->count, 1);
		return false;
	}
	p = parked_new(cx, c, io);
	io->keep(io);
	if (p->kind == PARK_STREAM)
		wait_stream_head(cx, p);
	pthread_mutex_lock(&w->lock);
	p->next = w->in;
	w->in = p;
	pthread_mutex_unlock(&w->lock);
	wake(w);
	return true;
}

int64_t
wait_count(struct wait *w)
{
	return w ? atomic_load(&w->count) : 0;
}

/* ---- Beginning and end ---- */

static enum err
open_descriptors(struct cx *cx, struct wait *w)
{
	struct epoll_event bell = {.events = EPOLLIN, .data.ptr = &w->bell};
	struct epoll_event wake_ev = {.events = EPOLLIN, .data.ptr = &w->wake};

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->bell = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll < 0 || w->bell < 0 || w->wake < 0 ||
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->bell, &bell) ||
	    epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &wake_ev))
		return cx_errno(cx, errno, "descriptors to wait with");
	return OK;
}

static void
wait_free(struct wait *w)
{
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->bell >= 0)
		close(w->bell);
	if (w->wake >= 0)
		close(w->wake);
	worker_close(&w->worker);
	free(w);
}

static int64_t
most_waiting(const struct site *site)
{
	struct rlimit l;
	int64_t left;

	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur > INT_MAX)
		return site->max_waiting;
	left = (int64_t)l.rlim_cur - IO_DESCRIPTORS;
	return left < site->max_waiting ? left : site->max_waiting;
}

enum err
wait_start(struct cx *cx, const struct program *p, struct wait **out)
{
	struct wait *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		abort();
	w->program = p;
	w->most = most_waiting(p->site);
	w->epoll = w->bell = w->wake = w->bell_watch = -1;
	w->next_due_ms = INT64_MAX;
	pthread_mutex_init(&w->lock, NULL);
	e = open_descriptors(cx, w);
	if (!e)
		e = worker_open(cx, p, &w->worker);
	if (!e)
		e = change_newest(cx, w->worker.read, &w->seq);
	if (!e) {
		w->worker.cx.site = p->site;
		watch_bell(w);
		if (pthread_create(&w->thread, NULL, wait_main, w))
			e = cx_fail(cx, ERR_INTERNAL, "no thread");
	}
	if (e) {
		wait_free(w);
		return e;
	}
	*out = w;
	return OK;
}

void
wait_stop(struct wait *w)
{
	if (!w)
		return;
	atomic_store(&w->stop, true);
	wake(w);
	pthread_join(w->thread, NULL);
	wait_free(w);
}
