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

/* Of an idle one: when its own time is over, kept or not. */
static int64_t
idle_until_ms(const struct workspace *w)
{
	return later(w->idle_since_ms, w->last_access_ms) +
	       w->standby_ttl_s * 1000;
}

enum hold
ttl_hold(const struct workspace *w)
{
	if (!rests(w, STATUS_RUNNING))
		return HOLD_NONE;
	if (!w->standby_ttl_s)
		return HOLD_PINNED;
	if (!w->idle_since_ms)
		return w->connections ? HOLD_CONNECTED : HOLD_UNSEEN;
	return w->keep_until_ms > idle_until_ms(w) ? HOLD_KEPT : HOLD_USED;
}

int64_t
ttl_stops_ms(const struct workspace *w)
{
	enum hold h = ttl_hold(w);

	if (h != HOLD_KEPT && h != HOLD_USED)
		return 0;
	return later(idle_until_ms(w), w->keep_until_ms);
}

int64_t
ttl_archives_ms(const struct workspace *w)
{
	int64_t stops = ttl_stops_ms(w);

	if (!w->archive_ttl_s || (!stops && !rests(w, STATUS_STANDBY)))
		return 0;
	return later(stops, later(w->last_access_ms, w->keep_until_ms) +
				    w->archive_ttl_s * 1000);
}

bool
ttl_wish(const struct workspace *w, int64_t now_ms, enum status *wish)
{
	bool runs = w->status == STATUS_RUNNING;
	int64_t due = runs ? ttl_stops_ms(w) : ttl_archives_ms(w);

	if (!due || due > now_ms)
		return false;
	*wish = runs ? STATUS_STANDBY : STATUS_PENDING;
	return true;
}

static const struct {
	const char *name, *what;
} holds[] = {
#define X(hold, name, what) {name, what},
#include "rules/hold.def"
#undef X
};

const char *
hold_name(enum hold h)
{
	return holds[h].name;
}

const char *
hold_what(enum hold h)
{
	return holds[h].what;
}
