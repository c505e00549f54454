#include "archive/tick.h"

#include "base/clock.h"

#define TICK_MS 50 /* so that slow steps in between still make 100 */

void
tick_begin(struct tick *t, struct cx *cx, const struct progress *pg,
	   int64_t total)
{
	*t = (struct tick){.cx = cx, .pg = pg, .total = total};
}

static enum err
tell(struct tick *t, int64_t now_ms)
{
	const struct progress *pg = t->pg;
	int64_t done = t->done;

	t->next_ms = now_ms + TICK_MS;
	/* The total was measured before: it may be a little off. */
	if (t->total > 0 && done > t->total)
		done = t->total;
	if (pg->tell && pg->tell(pg->arg, done, t->total))
		return cx_fail(t->cx, ERR_ABANDONED, "given up on request");
	if (pg->deadline_ms && now_ms >= pg->deadline_ms)
		return cx_fail(t->cx, ERR_TIMEOUT,
			       "time is up after %lld of %lld bytes",
			       (long long)done, (long long)t->total);
	return OK;
}

enum err
tick_add(struct tick *t, int64_t n)
{
	int64_t now_ms;

	t->done += n;
	if (!t->pg)
		return OK;
	now_ms = clock_mono_ms();
	return now_ms < t->next_ms ? OK : tell(t, now_ms);
}

enum err
tick_now(struct tick *t)
{
	return t->pg ? tell(t, clock_mono_ms()) : OK;
}

static bool
tell_same(void *arg, int64_t done, int64_t total)
{
	const struct tick *t = arg;

	(void)done;
	(void)total;
	done = t->total > 0 && t->done > t->total ? t->total : t->done;
	return t->pg->tell && t->pg->tell(t->pg->arg, done, t->total);
}

struct progress
tick_beside(struct tick *t)
{
	if (!t->pg)
		return (struct progress){.arg = NULL};
	return (struct progress){tell_same, t, t->pg->deadline_ms};
}

static bool
quits(void *arg)
{
	return tell_same(arg, 0, 0);
}

struct patience
tick_patience(struct tick *t)
{
	if (!t->pg)
		return (struct patience){.deadline_ms = 0};
	return (struct patience){t->pg->deadline_ms, t->pg->tell ? quits : NULL,
				 t};
}
