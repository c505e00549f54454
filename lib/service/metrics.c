#include "service/metrics.h"
#include "service/health.h"
#include "store/meta.h"

struct numbers {
	struct store_stats stats;
	struct health health;
	int64_t waiting;
};

static void
one(struct buf *out, const char *name, int64_t value)
{
	buf_printf(out, "%s %lld\n", name, (long long)value);
}

static void
seconds(struct buf *out, const char *name, int64_t ms)
{
	buf_printf(out, "%s %lld.%03lld\n", name, (long long)(ms / 1000),
		   (long long)(ms % 1000));
}

#define NUMBER(value, expression)                                              \
	static void value(struct buf *out, const char *name,                   \
			  const struct numbers *n)                             \
	{                                                                      \
		one(out, name, expression);                                    \
	}

NUMBER(archived, n->stats.archived)
NUMBER(counting, n->stats.counting)
NUMBER(users, n->stats.users)
NUMBER(sessions, n->stats.sessions)
NUMBER(tokens, n->stats.tokens)
NUMBER(waiting, n->waiting)
NUMBER(passes, n->health.has_last ? n->health.last.n : 0)
NUMBER(pass_errors, n->health.last.errors)
NUMBER(changes, n->stats.newest_change)
NUMBER(orphans, n->stats.orphans)
NUMBER(orphan_bytes, n->stats.orphan_bytes)
NUMBER(db_bytes, n->stats.db_bytes)
NUMBER(disk_free, n->health.free_bytes)
NUMBER(healthy, health_good(&n->health) ? 1 : 0)

static void
by_status(struct buf *out, const char *name, const struct numbers *n)
{
	for (enum status s = 0; s < STATUS__MAX; s++)
		buf_printf(out, "%s{status=\"%s\"} %lld\n", name,
			   status_name(s), (long long)n->stats.by_status[s]);
}

static void
operations(struct buf *out, const char *name, const struct numbers *n)
{
	for (enum operation o = OPERATION_NONE + 1; o < OPERATION__MAX; o++)
		buf_printf(out, "%s{operation=\"%s\"} %lld\n", name,
			   operation_name(o),
			   (long long)n->stats.operations[o]);
}

static void
pass_seconds(struct buf *out, const char *name, const struct numbers *n)
{
	const struct pass *p = &n->health.last;

	seconds(out, name, p->ended_ms ? p->ended_ms - p->started_ms : 0);
}

static void
pass_start(struct buf *out, const char *name, const struct numbers *n)
{
	seconds(out, name, n->health.last.started_ms);
}

static void
cron_start(struct buf *out, const char *name, const struct numbers *n)
{
	seconds(out, name, n->health.cron_ms);
}

static const struct {
	const char *name, *type, *help;
	void (*print)(struct buf *, const char *, const struct numbers *);
} metrics[] = {
#define X(name, type, value, help) {name, type, help, value},
#include "service/metrics.def"
#undef X
};

enum err
metrics_print(struct cx *cx, struct db *db, int64_t parked, struct buf *out)
{
	struct numbers n = {.waiting = parked};
	enum err e;

	if ((e = store_stats(cx, db, &n.stats)))
		return e;
	health_look(cx, db, &n.health);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name,
			   metrics[i].help, metrics[i].name, metrics[i].type);
		metrics[i].print(out, metrics[i].name, &n);
	}
	return OK;
}
