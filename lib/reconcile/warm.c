#include "reconcile/warm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/badge.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/log.h"
#include "net/http.h"
#include "rules/names.h"

/* A request may sleep for a second before it comes, and the server may be
 * busy; what has not been answered then is not waited for. */
#define DEADLINE_MS (3 * WARM_HOLD_MS)
#define TRIES 4
#define BODY_MAX ((size_t)64 << 10)
#define SAID_MAX ((size_t)1000)

const char *const warm_names[WARM__MAX] = {"handler", "gate"};

static const char *const paths[WARM__MAX] = {"/api/v1/probe/warm",
					     "/w/" NAME_PROBE_ID "/"};

/* ---- What is kept of a round: one line of numbers, then why ---- */

static int64_t
next_number(const char **p)
{
	char *end;
	int64_t n = strtoll(*p, &end, 10);

	*p = end;
	return n;
}

void
warm_last(struct cx *cx, struct warm_said *out)
{
	const char *p;
	struct buf b;

	memset(out, 0, sizeof(*out));
	buf_init(&b, SAID_MAX);
	if (fs_read(cx, site_run_file(cx, "warm"), &b)) {
		cx_clear(cx);
		buf_free(&b);
		return;
	}
	p = arena_strdup(&cx->arena, buf_str(&b));
	buf_free(&b);
	out->at_ms = next_number(&p);
	for (int i = 0; i < WARM__MAX; i++) {
		out->pool[i].wanted = next_number(&p);
		out->pool[i].came = next_number(&p);
		out->pool[i].took_ms = next_number(&p);
		out->pool[i].again_ms = next_number(&p);
	}
	if (*p == ' ')
		out->why = p + 1;
}

static enum err
keep(struct cx *cx, const struct warm_said *s)
{
	const char *path = site_run_file(cx, "warm");
	struct buf b;
	enum err e;

	buf_init(&b, SAID_MAX);
	buf_printf(&b, "%lld", (long long)s->at_ms);
	for (int i = 0; i < WARM__MAX; i++)
		buf_printf(&b, " %lld %lld %lld %lld",
			   (long long)s->pool[i].wanted,
			   (long long)s->pool[i].came,
			   (long long)s->pool[i].took_ms,
			   (long long)s->pool[i].again_ms);
	if (s->why)
		buf_printf(&b, " %.500s", s->why);
	if (FAULT(FAULT_WARM_AFTER)) {
		buf_free(&b);
		return cx_fail(cx, ERR_IO, "what was found is lost");
	}
	if (!(e = fs_write_sync(cx, path, buf_str(&b), b.len, 0600)))
		e = fs_hand_over(cx, path);
	buf_free(&b);
	return e;
}

/* ---- A round ---- */

/* Where those who come leave a byte each: cgi/probe_route.c. */
static const char *
meeting(struct cx *cx, enum warm which)
{
	return arena_printf(&cx->arena, "%s/warm.%s", cx->site->run_dir,
			    warm_names[which]);
}

static int64_t
count_those_who_came(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (int64_t)st.st_size;
}

/* Not one came: is it a program that serves many, or is it not there? */
static enum err
look_at_answers(struct cx *cx, enum warm which, const char *url, size_t n,
		const struct http_answer *a)
{
	int status = 0;

	for (size_t i = 0; i < n; i++)
		if (!a[i].err)
			status = a[i].status;
	if (which == WARM_HANDLER ? status == 200
				  : status >= 200 && status < 500)
		return OK;
	return cx_fail(cx, ERR_UNREACHABLE,
		       "the %s of this site was not reached at %s (%d)",
		       warm_names[which], url, status);
}

static enum err
ask_all(struct cx *cx, enum warm which, const char *url, const char *secret,
	struct warm_pool *p)
{
	const char *header[] = {arena_printf(&cx->arena, "X-Roost-Probe: %s",
					     secret),
				NULL};
	size_t n = (size_t)p->wanted;
	struct http_ask *ask = arena_alloc(&cx->arena, n * sizeof(*ask));
	struct http_answer *a = arena_alloc(&cx->arena, n * sizeof(*a));
	int64_t began = clock_mono_ms();
	enum err e;

	for (size_t i = 0; i < n; i++)
		ask[i] = (struct http_ask){.url = arena_printf(&cx->arena,
							       "%s%s", url,
							       paths[which]),
					   .header = header,
					   .deadline_ms = DEADLINE_MS,
					   .most = BODY_MAX};
	e = http_all(cx, ask, n, a);
	p->took_ms = clock_mono_ms() - began;
	p->came = count_those_who_came(meeting(cx, which));
	if (!e && p->came < 0)
		e = look_at_answers(cx, which, url, n, a);
	for (size_t i = 0; i < n; i++)
		http_free(&a[i]);
	return e;
}

static void
decide_what_is_wanted(struct warm_pool *p, int64_t most, int64_t now)
{
	if (now >= p->again_ms || p->came > most) {
		p->wanted = most;
		p->again_ms = 0;
	} else {
		p->wanted = p->came < 0 ? 0 : p->came;
	}
}

static enum err
meet_once(struct cx *cx, enum warm which, const char *url, struct warm_pool *p)
{
	char secret[ID_SECRET_LEN + 1];
	enum err e;

	if (FAULT(FAULT_WARM_BEFORE))
		return cx_fail(cx, ERR_IO, "no badge");
	e = badge_issue(cx, BADGE_WARM, DEADLINE_MS,
			arena_printf(&cx->arena, "%lld %lld",
				     (long long)p->wanted,
				     (long long)(clock_now_ms() +
						 WARM_HOLD_MS)),
			secret);
	if (e)
		return e;
	/* after that: who still had the badge of a round that was killed comes
	 * to its file, not to ours */
	(void)unlink(meeting(cx, which));
	e = ask_all(cx, which, url, secret, p);
	badge_drop(cx, BADGE_WARM);
	return e;
}

/*
 * A request that finds nobody idle sleeps before the server starts a process
 * for it, and may then find that another has taken it: some come too late. The
 * next time their processes are there already. More than that helps no more.
 */
static enum err
warm_one(struct cx *cx, enum warm which, const char *url, struct warm_pool *p)
{
	int64_t before = 0;
	enum err e = OK;

	decide_what_is_wanted(p, cx->site->warm_processes, clock_now_ms());
	if (!p->wanted)
		return OK;
	p->came = 0;
	for (int i = 0; i < TRIES && !e; i++) {
		before = p->came;
		e = meet_once(cx, which, url, p);
		if (p->came >= p->wanted || p->came <= before)
			break;
	}
	if (!e && p->came < p->wanted && !p->again_ms)
		p->again_ms = clock_now_ms() + WARM_AGAIN_MS;
	return e;
}

static enum err
warm_all(struct cx *cx, struct warm_said *s)
{
	const char *url = site_url(cx);
	enum err e = OK;

	if (!url)
		return cx_fail(cx, ERR_CONFIG,
			       "where the site answers is not known: set "
			       "base_url in roost.conf");
	for (int i = 0; i < WARM__MAX && !e; i++)
		e = warm_one(cx, (enum warm)i, url, &s->pool[i]);
	return e;
}

enum err
warm_round(struct cx *cx)
{
	struct warm_said s;
	enum err e;
	int lock;

	if (!cx->site->warm_processes)
		return OK;
	if ((e = lock_take(cx, site_run_file(cx, "warm.lock"), &lock)))
		return e;
	warm_last(cx, &s);
	e = warm_all(cx, &s);
	s.why = e ? arena_strdup(&cx->arena, cx->why) : NULL;
	s.at_ms = clock_now_ms();
	if (!e)
		e = keep(cx, &s);
	else if (keep(cx, &s))
		log_fail(cx, "warm");
	lock_drop(lock);
	return e;
}
