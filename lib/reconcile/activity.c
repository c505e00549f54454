#include "reconcile/activity.h"

#include <sys/stat.h>

#include "rules/ttl.h"

/* last_access_ms is written at most this often while nothing else changes. */
#define ACCESS_EACH_MS INT64_C(60000)
/* While somebody is connected nothing depends on it, so less often. */
#define CONNECTED_EACH_MS INT64_C(600000)

int64_t
activity_stamp_ms(struct cx *cx, const char *id)
{
	struct stat st;

	if (stat(site_run_path(cx, id, ".access"), &st) < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

/* A stamp from the future (the clock was set back) counts as now. */
void
activity_merge(struct cx *cx, struct workspace *ws, int64_t connections)
{
	int64_t stamp = activity_stamp_ms(cx, ws->id);

	if (stamp > cx->now_ms)
		stamp = cx->now_ms;
	if (stamp > ws->last_access_ms)
		ws->last_access_ms = stamp;
	if (ws->status != STATUS_RUNNING || connections < 0)
		return;
	ws->connections = connections;
	if (connections > 0) {
		ws->idle_since_ms = 0;
		if (cx->now_ms > ws->last_access_ms)
			ws->last_access_ms = cx->now_ms;
	} else if (!ws->idle_since_ms) {
		/* The last one has just gone: until now it was in use. */
		ws->idle_since_ms = cx->now_ms;
		ws->last_access_ms = cx->now_ms;
	}
}

bool
activity_matters(const struct workspace *row, const struct workspace *now,
		 int64_t now_ms)
{
	int64_t stops = ttl_stops_ms(row);
	int64_t moved = now->last_access_ms - row->last_access_ms;

	if (now->connections != row->connections ||
	    now->idle_since_ms != row->idle_since_ms)
		return true;
	if (moved <= 0)
		return false;
	if (stops && stops <= now_ms)
		return true;
	return moved >=
	       (now->connections > 0 ? CONNECTED_EACH_MS : ACCESS_EACH_MS);
}
