/* Who waits, and what is sent to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/wait_part.h"
#include "store/change.h"

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

void
held_add(struct wait *w, struct parked *p)
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

void
held_drop(struct wait *w, struct parked *p, const char *how)
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
bool
held_flush(struct wait *w, struct parked *p)
{
	if (p->out.over) {
		held_drop(w, p, "too much");
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
			held_drop(w, p, "gone");
			return false;
		}
	}
	buf_clear(&p->out);
	p->sent = 0;
	if (p->ending) {
		held_drop(w, p, "answered");
		return false;
	}
	watch_output(w, p, false);
	return p->behind ? held_look(w, p, false) : true;
}

/* ---- Looking ---- */

/* Looks for p alone; answers when there is something. False: p is gone. */
bool
held_look(struct wait *w, struct parked *p, bool always)
{
	struct cx *cx = &w->worker.cx;
	enum err e;

	if (p->ending)
		return held_flush(w, p);
	e = wait_answer(w, p, always);
	if (e) {
		log_fail(cx, "wait");
		wait_error(cx, p, e);
		cx_clear(cx);
	}
	return held_flush(w, p);
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
			(void)held_look(w, p, false);
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
		(void)held_look(w, p, false);
	}
	return OK;
}

/* While nobody waits, changes are not even counted: admit_all catches up. */
void
held_look_all(struct wait *w)
{
	enum err e = OK;

	if (w->all && ((e = look_changes(w)) || (e = look_newest(w)))) {
		log_fail(&w->worker.cx, "wait");
		cx_clear(&w->worker.cx);
	}
	w->next_look_ms = clock_mono_ms() + LOOK_AGAIN_MS;
}
