#include <string.h>

#include "base/config.h"
#include "base/fs.h"
#include "service/health.h"
#include "store/meta.h"

#define LEAST_BYTES ((uint64_t)256 << 20)
#define LEAST_INODES ((uint64_t)1000)

static bool
look_cron(struct cx *cx, struct db *db, struct health *h)
{
	h->cron_expected = cx->site->cron_expected;
	if (meta_get(cx, db, META_LAST_CRON_MS, &h->cron_ms))
		return false;
	return !h->cron_expected ||
	       cx->now_ms - h->cron_ms < HEALTH_CRON_LATE_MS;
}

static bool
look_disk(struct cx *cx, struct health *h)
{
	uint64_t bytes, inodes;

	if (fs_free(cx, cx->site->dir, &bytes, &inodes))
		return false;
	h->free_bytes = (int64_t)bytes;
	h->free_inodes = inodes > INT64_MAX ? INT64_MAX : (int64_t)inodes;
	return bytes >= LEAST_BYTES && inodes >= LEAST_INODES;
}

static bool
look_pass(struct cx *cx, struct db *db, struct health *h)
{
	struct passes ps;

	if (pass_list(cx, db, 0, 1, &ps))
		return false;
	h->has_last = ps.n == 1;
	if (h->has_last)
		h->last = ps.v[0];
	return !h->has_last || h->last.errors == 0;
}

void
health_look(struct cx *cx, struct db *db, struct health *out)
{
	struct health h;
	int64_t ignored;

	memset(&h, 0, sizeof(h));
	h.database = meta_get(cx, db, META_LAST_GC_MS, &ignored) == OK;
	h.cron = look_cron(cx, db, &h);
	h.disk = look_disk(cx, &h);
	h.pass = look_pass(cx, db, &h);
	cx_clear(cx);
	*out = h;
}

bool
health_good(const struct health *h)
{
	return h->database && h->cron && h->disk && h->pass;
}
