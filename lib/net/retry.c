#include "net/retry.h"

#include "base/clock.h"
#include "base/id.h"

#define LOOK_MS 50

/* Between half and the whole of it: many that failed at once must not all
 * come back at once. */
static int64_t
jitter(int64_t ms)
{
	uint32_t r;

	id_random(&r, sizeof(r));
	return ms / 2 + (int64_t)(r % (uint64_t)(ms / 2 + 1));
}

static int64_t
pause_of(const struct retry *r, int64_t least_ms)
{
	int64_t ms = r->first_ms ? r->first_ms : 200;
	int64_t most = r->longest_ms ? r->longest_ms : 10 * 1000;
	unsigned i;

	for (i = 1; i < r->n && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	return least_ms > ms ? least_ms + jitter(ms) : jitter(ms);
}

/* False: somebody gave up meanwhile. */
static bool
sleep_until(const struct retry *r, int64_t until_ms)
{
	int64_t now_ms;

	while ((now_ms = clock_mono_ms()) < until_ms) {
		if (r->quit && r->quit(r->arg))
			return false;
		clock_sleep_ms(until_ms - now_ms < LOOK_MS ? until_ms - now_ms
							   : LOOK_MS);
	}
	return true;
}

bool
retry_again(struct cx *cx, struct retry *r, enum err *e, int64_t least_ms)
{
	int64_t until_ms;

	if (*e != ERR_UNREACHABLE && *e != ERR_BUSY)
		return false;
	if (++r->n >= (r->most ? r->most : 5))
		return false;
	until_ms = clock_mono_ms() + pause_of(r, least_ms);
	if (r->deadline_ms && until_ms >= r->deadline_ms)
		return false;
	if (!sleep_until(r, until_ms)) {
		*e = cx_fail(cx, ERR_ABANDONED, "given up on request");
		return false;
	}
	cx_clear(cx);
	return true;
}
