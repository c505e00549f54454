/* What doctor finds in the database: its health, passes, stuck things. */
#include <string.h>

#include "base/fs.h"
#include "ctl/doctor.h"
#include "rules/plan.h"
#include "service/auth.h"
#include "service/health.h"
#include "store/meta.h"
#include "store/pass.h"
#include "store/setting.h"
#include "store/workspace.h"

#define SECOND_MS 1000
#define NAMED 5 /* at most so many are named one by one */

void
doctor_database(struct doctor *d)
{
	struct ctl *c = d->c;
	bool network;

	if (!d->site)
		return;
	if (!fs_exists(c->site.db_path)) {
		doctor_say(d, VERDICT_FAIL,
			   "%s is not there; roostctl init %s makes it, "
			   "roostctl restore brings a backup back",
			   c->site.db_path, c->site.dir);
		return;
	}
	if (db_open(&c->cx, DB_WRITE, &c->db) || db_check(&c->cx, c->db)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	d->db = true;
	network = fs_is_network(c->site.db_path);
	if (!network && strcmp(db_journal(c->db), "wal"))
		doctor_say(d, VERDICT_WARN,
			   "its journal is \"%s\" instead of \"wal\": readers "
			   "and writers wait for each other; is the directory "
			   "of %s writable?",
			   db_journal(c->db), c->site.db_path);
	if (network)
		doctor_say(d, VERDICT_WARN,
			   "%s is on a network filesystem, where SQLite's "
			   "locks may not hold; set db_path to a local one",
			   c->site.db_path);
	doctor_say(d, VERDICT_OK, "whole; version %lld, journal %s",
		   (long long)db_version(c->db), db_journal(c->db));
}

void
doctor_admin(struct doctor *d)
{
	int64_t n;

	if (!d->db)
		return;
	if (user_count_admins(&d->c->cx, d->c->db, &n))
		doctor_fail(d, VERDICT_FAIL);
	else if (!n)
		doctor_say(d, VERDICT_FAIL,
			   "nobody can administer the site: roostctl user role "
			   "NAME admin, or roostctl init");
	else
		doctor_say(d, VERDICT_OK, "%lld who can administer",
			   (long long)n);
}

void
doctor_cron(struct doctor *d)
{
	struct ctl *c = d->c;
	int64_t last, ago;

	if (!d->db)
		return;
	if (meta_get(&c->cx, c->db, META_LAST_CRON_MS, &last)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	ago = c->cx.now_ms - last;
	if (last && ago <= HEALTH_CRON_LATE_MS)
		doctor_say(d, VERDICT_OK, "%lld seconds ago",
			   (long long)(ago / SECOND_MS));
	else if (!c->site.cron_expected)
		doctor_say(d, VERDICT_OK, "not expected (cron_expected = no)");
	else if (!last)
		doctor_say(d, VERDICT_WARN,
			   "has never started a pass; add this line with "
			   "crontab -e:  * * * * * %s/roost-reconcile --site "
			   "%s",
			   site_libexec(&c->cx), c->site.dir);
	else
		doctor_say(d, VERDICT_WARN,
			   "the last pass that cron started was %lld minutes "
			   "ago; is cron running, and the line of crontab -l "
			   "right?",
			   (long long)(ago / SECOND_MS / 60));
}

void
doctor_pass(struct doctor *d)
{
	struct ctl *c = d->c;
	struct passes p;

	if (!d->db)
		return;
	if (pass_list(&c->cx, c->db, 0, 1, &p))
		doctor_fail(d, VERDICT_FAIL);
	else if (!p.n)
		doctor_say(d, VERDICT_WARN,
			   "there was none yet: roostctl pass");
	else if (p.v[0].errors)
		doctor_say(d, VERDICT_WARN,
			   "the last one (%lld) met %lld errors, the first: %s",
			   (long long)p.v[0].n, (long long)p.v[0].errors,
			   p.v[0].message ? p.v[0].message : "-");
	else
		doctor_say(d, VERDICT_OK, "the last one (%lld) %s",
			   (long long)p.v[0].n,
			   p.v[0].ended_ms ? "ended well" : "is at work");
}

/* Longer at work than its limit and a minute. */
static bool
is_stuck(const struct cx *cx, const struct settings *set,
	 const struct workspace *w)
{
	enum setting limit = operation_limit(w->operation);

	return w->operation != OPERATION_NONE && limit < SETTING__MAX &&
	       cx->now_ms - w->op_started_ms > (set->v[limit] + 60) * SECOND_MS;
}

static void
say_one(struct doctor *d, const struct workspace *w, bool stuck)
{
	if (stuck)
		doctor_say(d, VERDICT_WARN,
			   "%s is in %s beyond its time limit; roostctl pass "
			   "looks at it",
			   w->id, operation_name(w->operation));
	else
		doctor_say(d, VERDICT_WARN,
			   "%s is in ERROR, %s: %s Then: roostctl workspace "
			   "recover %s",
			   w->id, reason_name(w->error_reason),
			   reason_text(w->error_reason), w->id);
}

void
doctor_workspaces(struct doctor *d)
{
	struct ctl *c = d->c;
	struct workspaces work;
	struct settings set;
	size_t i, n = 0;
	bool stuck;

	if (!d->db)
		return;
	if (settings_load(&c->cx, c->db, &set) ||
	    workspace_work(&c->cx, c->db, &work)) {
		doctor_fail(d, VERDICT_FAIL);
		return;
	}
	for (i = 0; i < work.n; i++) {
		stuck = is_stuck(&c->cx, &set, &work.v[i]);
		if (!stuck && (work.v[i].status != STATUS_ERROR ||
			       !retry_over(&work.v[i], &set)))
			continue;
		if (n++ < NAMED)
			say_one(d, &work.v[i], stuck);
	}
	if (n > NAMED)
		doctor_say(d, VERDICT_WARN,
			   "and %zu more: roostctl workspace list --phase "
			   "ERROR",
			   n - NAMED);
	if (!n)
		doctor_say(d, VERDICT_OK,
			   "none needs a person; %zu are being worked on",
			   work.n);
}
