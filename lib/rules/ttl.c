#include "rules/ttl.h"

/* Settled: nothing else is wanted, done or wrong. */
static bool
rests(const struct workspace *w, enum status at)
{
	return w->status == at && w->desired == at && !w->deleted_ms &&
	       w->operation == OPERATION_NONE;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
ttl_stops_ms(const struct workspace *w)
{
	/* idle_since 0 while RUNNING: somebody is connected, or no pass has
	 * looked yet; either way nothing is due. */
	if (!rests(w, STATUS_RUNNING) || !w->standby_ttl_s ||
	    !w->idle_since_ms || w->connections)
		return 0;
	return later(w->idle_since_ms, w->last_access_ms) +
	       w->standby_ttl_s * 1000;
}

int64_t
ttl_archives_ms(const struct workspace *w)
{
	if (!rests(w, STATUS_STANDBY) || !w->archive_ttl_s)
		return 0;
	return w->last_access_ms + w->archive_ttl_s * 1000;
}

bool
ttl_wish(const struct workspace *w, int64_t now_ms, enum status *wish)
{
	int64_t stops = ttl_stops_ms(w), archives = ttl_archives_ms(w);

	if (stops && stops <= now_ms) {
		*wish = STATUS_STANDBY;
		return true;
	}
	if (archives && archives <= now_ms) {
		*wish = STATUS_PENDING;
		return true;
	}
	return false;
}
