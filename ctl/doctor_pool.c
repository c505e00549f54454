/* What doctor says of pools that the web server keeps, or does not. */
#include <string.h>

#include "base/clock.h"
#include "ctl/door.h"
#include "reconcile/warm.h"

/* Cron comes each minute; one that was missed is no reason to complain. */
#define OLD_MS INT64_C(180000)

#define LL(n) ((long long)(n))

static void
say_off(struct doctor *d)
{
	doctor_say(d, VERDICT_OK,
		   "the web server starts the handlers when they are asked "
		   "for, and whoever comes meanwhile waits for a second: with "
		   "warm_processes = 8 in roost.conf the pass of each minute "
		   "keeps as many ready");
}

static void
say_pool(struct doctor *d, enum warm which, const struct warm_pool *p)
{
	int64_t want = d->c->site.warm_processes;

	if (p->came < 0)
		return;
	if (p->came < want)
		doctor_say(d, VERDICT_WARN,
			   "the web server lets only %lld processes of the %s "
			   "run at a time, and warm_processes says %lld: lower "
			   "it, or raise FcgidMaxProcessesPerClass",
			   LL(p->came), warm_names[which], LL(want));
	else
		doctor_say(d, VERDICT_OK,
			   "%lld processes of the %s are ready (all had "
			   "answered after %lld ms)",
			   LL(p->came), warm_names[which], LL(p->took_ms));
}

static void
say_on(struct doctor *d)
{
	struct warm_said s;
	int64_t age;

	warm_last(&d->c->cx, &s);
	age = clock_now_ms() - s.at_ms;
	if (s.why)
		doctor_say(d, VERDICT_WARN,
			   "processes cannot be kept ready: %s", s.why);
	else if (age > OLD_MS)
		doctor_say(d, VERDICT_WARN,
			   "warm_processes is set, but no pass has looked at "
			   "the pool for three minutes: does cron run?");
	else
		for (int i = 0; i < WARM__MAX; i++)
			say_pool(d, (enum warm)i, &s.pool[i]);
}

void
doctor_pool(struct doctor *d)
{
	const struct door *o = d->door;

	if (!o || !o->up)
		return;
	if (strcmp(o->serve, "started") && d->c->site.warm_processes)
		doctor_say(d, VERDICT_WARN,
			   "warm_processes is set, and the web server starts "
			   "no handlers here: take it out of roost.conf");
	else if (strcmp(o->serve, "started"))
		doctor_say(d, VERDICT_OK, "not needed here");
	else if (!d->c->site.warm_processes)
		say_off(d);
	else
		say_on(d);
}
