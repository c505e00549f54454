#include "cron/bell.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/fs.h"
#include "store/db.h"

void
bell_open(struct cx *cx, struct bell *b)
{
	b->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (b->fd < 0)
		return;
	/* The bell is a file of its own; the mark is made in the directory,
	 * where other files are made too: their events only cost a look. */
	if (inotify_add_watch(b->fd, db_bell_path(cx),
			      IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE) < 0 ||
	    inotify_add_watch(b->fd, cx->site->run_dir,
			      IN_CREATE | IN_MOVED_TO) < 0)
		bell_close(b);
}

void
bell_close(struct bell *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

/* Is one of the events the bell's or the mark's? */
static bool
matters(const char *buf, ssize_t n)
{
	for (const char *p = buf; p < buf + n;) {
		struct inotify_event ev;

		memcpy(&ev, p, sizeof ev);
		if (!ev.len || !strcmp(p + sizeof ev, "again"))
			return true;
		p += sizeof ev + ev.len;
	}
	return false;
}

static bool
rang(struct bell *b)
{
	char buf[4096];
	bool any = false;
	ssize_t n;

	while (b->fd >= 0 && (n = read(b->fd, buf, sizeof buf)) > 0)
		any |= matters(buf, n);
	return any;
}

void
bell_drain(struct bell *b)
{
	(void)rang(b);
}

static enum woke
wait_once(struct bell *b, const struct workers *ws, struct pollfd *p,
	  int64_t left)
{
	const struct timespec t = {left / 1000, left % 1000 * 1000000};
	sigset_t none;
	size_t n = 0;

	for (; n < ws->n; n++)
		p[n] = (struct pollfd){.fd = ws->v[n].pidfd, .events = POLLIN};
	p[n] = (struct pollfd){.fd = b->fd, .events = POLLIN};
	sigemptyset(&none);
	if (ppoll(p, n + 1, &t, &none) < 0)
		return WOKE_SIGNAL;
	for (size_t i = 0; i < ws->n; i++)
		if (p[i].revents)
			return WOKE_WORKER;
	return rang(b) ? WOKE_BELL : WOKE_TIMEOUT;
}

enum woke
bell_wait(struct bell *b, const struct workers *ws, int64_t deadline_ms)
{
	struct pollfd *p = calloc(ws->n + 1, sizeof *p);
	enum woke woke = WOKE_TIMEOUT;
	int64_t left;

	if (!p)
		abort();
	while (woke == WOKE_TIMEOUT &&
	       (left = deadline_ms - clock_mono_ms()) > 0) {
		if (b->fd < 0 && left > 1000)
			left = 1000;
		woke = wait_once(b, ws, p, left);
		if (woke == WOKE_TIMEOUT && b->fd < 0)
			woke = WOKE_BELL;
	}
	free(p);
	return woke;
}

static void
leave(struct cx *cx, const char *name)
{
	if (fs_touch(cx, site_run_file(cx, name)))
		cx_clear(cx);
}

/* In this order: who sees the second finds the first. */
void
again_leave(struct cx *cx, bool full)
{
	if (full)
		leave(cx, "full");
	leave(cx, "again");
}

bool
again_is_left(struct cx *cx)
{
	return access(site_run_file(cx, "again"), F_OK) == 0;
}

bool
again_take(struct cx *cx, bool *full)
{
	bool left = unlink(site_run_file(cx, "again")) == 0;

	*full = unlink(site_run_file(cx, "full")) == 0;
	return left || *full;
}
