#include "reconcile/activity.h"

#include <string.h>
#include <sys/stat.h>

#include "reconcile/traffic.h"
#include "rules/ttl.h"

/* last_access_ms is written at most this often while nothing else changes. */
#define ACCESS_EACH_MS INT64_C(60000)
/* While a connection holds it nothing depends on it, so less often. */
#define CONNECTED_EACH_MS INT64_C(600000)

int64_t
activity_stamp_ms(struct cx *cx, const char *id)
{
	struct stat st;

	if (stat(site_run_path(cx, id, ".access"), &st) < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

struct use
activity_use(struct cx *cx, const struct world *w, const struct instance *inst)
{
	struct use use = {.connections = inst ? inst->connections : -1,
			  .used_ms = cx->now_ms};
	struct traffic t;

	if (strcmp(cx->site->count_open_connections, "traffic") ||
	    use.connections <= 0)
		return use;
	if (!inst->n_flows)
		return use; /* what moves cannot be known: it counts */
	traffic_of(cx, w, inst, &t);
	use.silent = traffic_silent(&t, &w->set, cx->now_ms);
	use.used_ms = t.used_ms;
	return use;
}

static void
used_at(struct workspace *ws, int64_t ms)
{
	if (ms > ws->last_access_ms)
		ws->last_access_ms = ms;
}

/* A stamp from the future (the clock was set back) counts as now. */
void
activity_merge(struct cx *cx, struct workspace *ws, const struct use *use)
{
	int64_t stamp = activity_stamp_ms(cx, ws->id);

	if (stamp > cx->now_ms)
		stamp = cx->now_ms;
	used_at(ws, stamp);
	if (ws->status != STATUS_RUNNING || use->connections < 0)
		return;
	ws->connections = use->connections;
	if (use->connections > 0 && !use->silent) {
		ws->idle_since_ms = 0;
		used_at(ws, use->used_ms);
	} else if (!ws->idle_since_ms) {
		/* The last one has just gone, or fallen silent: until then it
		 * was in use. */
		ws->idle_since_ms = use->used_ms;
		used_at(ws, use->used_ms);
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
	return moved >= (now->connections > 0 && !now->idle_since_ms
				 ? CONNECTED_EACH_MS
				 : ACCESS_EACH_MS);
}
