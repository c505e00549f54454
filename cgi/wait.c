/* The thread that holds parked requests: cgi/wait.h. */
#include "cgi/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/wait_part.h"
#include "store/change.h"

#define EVENTS 64
#define MARKS 1000

/* ---- Lists ---- */

static size_t
bucket_of_text(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h % BUCKETS;
}

static size_t
bucket_of_user(int64_t user_id)
{
	return (size_t)((uint64_t)user_id * UINT64_C(0x9e3779b97f4a7c15) >>
			32) %
	       BUCKETS;
}

static size_t
bucket_of(const struct parked *p)
{
	return p->kind == PARK_STATUS ? bucket_of_text(p->id)
				      : bucket_of_user(p->user_id);
}

static void
list_add(struct wait *w, struct parked *p)
{
	struct parked **b = &w->bucket[bucket_of(p)];

	p->prev = NULL;
	p->next = *b;
	if (*b)
		(*b)->prev = p;
	*b = p;
	p->all_prev = NULL;
	p->all_next = w->all;
	if (w->all)
		w->all->all_prev = p;
	w->all = p;
}

static void
list_remove(struct wait *w, struct parked *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		w->bucket[bucket_of(p)] = p->next;
	if (p->next)
		p->next->prev = p->prev;
	if (p->all_prev)
		p->all_prev->all_next = p->all_next;
	else
		w->all = p->all_next;
	if (p->all_next)
		p->all_next->all_prev = p->all_prev;
}

static void
free_parked(struct wait *w, struct parked *p)
{
	p->io->end(p->io);
	buf_free(&p->out);
	free(p);
	atomic_fetch_sub(&w->count, 1);
}

static void
drop(struct wait *w, struct parked *p, const char *how)
{
	wait_log(&w->worker.cx, p, how);
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, p->io->fd, NULL);
	list_remove(w, p);
	free_parked(w, p);
}

/* ---- Output that never blocks ---- */

static void
watch_output(struct wait *w, struct parked *p, bool on)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = p};

	if (on)
		ev.events |= EPOLLOUT;
	if (on != p->writing)
		epoll_ctl(w->epoll, EPOLL_CTL_MOD, p->io->fd, &ev);
	p->writing = on;
}

/* Sends what the client takes. False: p is gone. */
static bool look(struct wait *w, struct parked *p, bool always);

static bool
flush(struct wait *w, struct parked *p)
{
	if (p->out.over) {
		drop(w, p, "too much");
		return false;
	}
	while (p->sent < p->out.len) {
		ssize_t n =
			send(p->io->fd, p->out.data + p->sent,
			     p->out.len - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			p->sent += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			watch_output(w, p, true);
			return true;
		} else if (n < 0 && errno != EINTR) {
			drop(w, p, "gone");
			return false;
		}
	}
	buf_clear(&p->out);
	p->sent = 0;
	if (p->ending) {
		drop(w, p, "answered");
		return false;
	}
	watch_output(w, p, false);
	return p->behind ? look(w, p, false) : true;
}

/* ---- Looking ---- */

/* Looks for p alone; answers when there is something. False: p is gone. */
static bool
look(struct wait *w, struct parked *p, bool always)
{
	struct cx *cx = &w->worker.cx;
	enum err e;

	if (p->ending)
		return flush(w, p);
	e = wait_answer(w, p, always);
	if (e) {
		log_fail(cx, "wait");
		wait_error(cx, p, e);
		cx_clear(cx);
	}
	return flush(w, p);
}

static void
look_bucket(struct wait *w, size_t bucket, const struct change_mark *m)
{
	struct parked *next;

	for (struct parked *p = w->bucket[bucket]; p; p = next) {
		bool mine = p->kind == PARK_STATUS
				    ? strcmp(p->id, m->workspace_id) == 0 &&
					      m->rev > p->since
				    : p->user_id == m->owner_id &&
					      m->seq > p->since;

		next = p->next;
		if (mine)
			(void)look(w, p, false);
	}
}

/* What has changed since the last time, and who waits for it? */
static enum err
look_changes(struct wait *w)
{
	struct change_marks marks;
	enum err e;

	do {
		e = change_marks(&w->worker.cx, w->worker.read, w->seq, MARKS,
				 &marks);
		if (e)
			return e;
		for (size_t i = 0; i < marks.n; i++) {
			const struct change_mark *m = &marks.v[i];

			look_bucket(w, bucket_of_text(m->workspace_id), m);
			look_bucket(w, bucket_of_user(m->owner_id), m);
			w->seq = m->seq;
		}
	} while (marks.n == MARKS);
	return OK;
}

/* An older backup was restored: seq went back. Everybody is looked at. */
static enum err
look_newest(struct wait *w)
{
	struct parked *next;
	int64_t newest;
	enum err e = change_newest(&w->worker.cx, w->worker.read, &newest);

	if (e || newest >= w->seq)
		return e;
	w->seq = newest;
	for (struct parked *p = w->all; p; p = next) {
		next = p->all_next;
		(void)look(w, p, false);
	}
	return OK;
}

/* While nobody waits, changes are not even counted: admit_all catches up. */
static void
look_all(struct wait *w)
{
	enum err e = OK;

	if (w->all && ((e = look_changes(w)) || (e = look_newest(w)))) {
		log_fail(&w->worker.cx, "wait");
		cx_clear(&w->worker.cx);
	}
	w->next_look_ms = clock_mono_ms() + LOOK_AGAIN_MS;
}

/* ---- Time ---- */

static void
due(struct wait *w, struct parked *p, int64_t now)
{
	if (p->ending) {
		/* answered, but not taken for so long */
		drop(w, p, "too slow");
		return;
	}
	if (p->kind != PARK_STREAM) {
		p->due_ms = now + HEARTBEAT_MS;
		(void)look(w, p, true);
		return;
	}
	p->due_ms = now + HEARTBEAT_MS;
	if (now >= p->ends_ms) {
		io_record_end(&p->out, p->io->id);
		p->ending = true;
	} else if (p->out.len == 0) {
		wait_heartbeat(p);
	}
	(void)flush(w, p);
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

	list_add(w, p);
	if (p->due_ms < w->next_due_ms)
		w->next_due_ms = p->due_ms;
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, p->io->fd, &ev)) {
		drop(w, p, "no epoll");
		return;
	}
	/* what changed while it was on its way here */
	(void)look(w, p, false);
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
		look_all(w);
	} else if (ev->data.ptr == &w->wake) {
		(void)!read(w->wake, &n, sizeof(n));
		admit_all(w);
	} else if (ev->events & ~(uint32_t)EPOLLOUT) {
		/* closed, aborted, or a second request: not waiting any more */
		drop(w, p, "gone");
	} else {
		(void)flush(w, p);
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
		look_all(w);
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
		if (look(w, p, true))
			drop(w, p, "stopping");
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
	if (atomic_fetch_add(&w->count, 1) >= cx->site->max_waiting) {
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

enum err
wait_start(struct cx *cx, const struct program *p, struct wait **out)
{
	struct wait *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		abort();
	w->program = p;
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
