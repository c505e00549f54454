#include "rules/traffic.h"

#define WINDOWS_MAX 1000 /* so that no product is too large */

/* What must have moved within age_ms. */
static int64_t
enough(const struct settings *s, int64_t window_ms, int64_t age_ms)
{
	int64_t bytes = s->v[SETTING_TRAFFIC_BYTES];

	if (age_ms <= window_ms)
		return bytes;
	if (age_ms > WINDOWS_MAX * window_ms)
		age_ms = WINDOWS_MAX * window_ms;
	return bytes * age_ms / window_ms;
}

bool
traffic_look(struct traffic *t, int64_t moved, const struct settings *s,
	     int64_t now_ms)
{
	int64_t window_ms = s->v[SETTING_TRAFFIC_SECONDS] * 1000;
	int64_t age_ms = now_ms - t->began_ms;
	/* Nothing was known, or the clock was set back: no proof of silence. */
	bool fresh = !t->began_ms || age_ms < 0;
	bool used = fresh || moved >= enough(s, window_ms, age_ms);

	if (used)
		t->used_ms = now_ms;
	if (!used && age_ms < window_ms)
		return false;
	t->began_ms = now_ms;
	return true;
}

bool
traffic_silent(const struct traffic *t, const struct settings *s,
	       int64_t now_ms)
{
	return now_ms - t->used_ms >= s->v[SETTING_TRAFFIC_SECONDS] * 1000;
}
