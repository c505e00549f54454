#include <string.h>

#include "base/config.h"
#include "base/fs.h"
#include "service/health.h"
#include "store/meta.h"

#define LEAST_BYTES ((int64_t)256 << 20)
#define LEAST_INODES ((int64_t)1000)

static bool
look_cron(struct cx *cx, struct db *db, struct health *h)
{
	h->cron_expected = cx->site->cron_expected;
	if (meta_get(cx, db, META_LAST_CRON_MS, &h->cron_ms))
		return false;
	return !h->cron_expected ||
	       cx->now_ms - h->cron_ms < HEALTH_CRON_LATE_MS;
}

/* Of all the disks that the site is on, the fullest. */
static bool
look_disk(struct cx *cx, struct health *h)
{
	const struct site *s = cx->site;
	const char *const places[] = {s->dir,	       s->db_path, s->homes_dir,
				      s->archives_dir, s->run_dir, s->log_dir};
	uint64_t bytes, inodes;
	size_t i;

	h->free_bytes = h->free_inodes = INT64_MAX;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (fs_free(cx, places[i], &bytes, &inodes))
			return false;
		if (bytes < (uint64_t)h->free_bytes)
			h->free_bytes = (int64_t)bytes;
		if (inodes < (uint64_t)h->free_inodes)
			h->free_inodes = (int64_t)inodes;
	}
	return h->free_bytes >= LEAST_BYTES && h->free_inodes >= LEAST_INODES;
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
