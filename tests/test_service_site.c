/* The kick, health and metrics. SPEC sections 3, 7. */
#include "support/servicefix.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs.h"
#include "base/lock.h"
#include "service/health.h"
#include "service/kick.h"
#include "service/metrics.h"
#include "store/meta.h"
#include "store/pass.h"

/* A reconciler that only says how it was called. */
static const char *
fake_pass(void)
{
	const char *path =
		arena_printf(&cx->arena, "%s/roost-reconcile", t.dir);
	const char *text = arena_printf(&cx->arena,
					"#!/bin/sh\necho \"$*\" > %s/said.new\n"
					"mv %s/said.new %s/said\n",
					t.dir, t.dir, t.dir);

	ok(fs_write_sync(cx, path, text, strlen(text), 0700));
	t.site.libexec_dir = t.dir;
	return arena_printf(&cx->arena, "%s/said", t.dir);
}

/* Waits until path is there, woken by the directory; false: it never came. */
static bool
comes(const char *path)
{
	struct pollfd p = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
	char events[4096];
	bool there;

	ck_assert_int_ge(inotify_add_watch(p.fd, t.dir, IN_MOVED_TO), 0);
	while (!(there = access(path, F_OK) == 0) && poll(&p, 1, 20000) > 0)
		ck_assert_int_gt(read(p.fd, events, sizeof(events)), 0);
	close(p.fd);
	return there;
}

START_TEST(kick_starts_a_pass)
{
	const char *said = fake_pass();
	struct buf b;

	ok(kick(cx));
	ck_assert(comes(said));
	buf_init(&b, 4096);
	ok(fs_read(cx, said, &b));
	ck_assert_str_eq(buf_str(&b),
			 arena_printf(&cx->arena, "--site %s --kick\n", t.dir));
	buf_free(&b);
	ck_assert(fs_exists(site_run_file(cx, "again")));
}
END_TEST

START_TEST(kick_leaves_a_mark_for_a_running_pass)
{
	const char *said = fake_pass();
	int fd;

	ok(lock_take(cx, site_run_file(cx, "reconcile.lock"), &fd));
	ok(kick(cx));
	ck_assert(fs_exists(site_run_file(cx, "again")));
	lock_drop(fd);
	/* none was started: the next kick's is the first to speak */
	ck_assert(!fs_exists(said));
	ok(kick(cx));
	ck_assert(comes(said));
}
END_TEST

START_TEST(kick_may_fail)
{
	fake_pass();
	fault_arm(1);
	fails(ERR_IO, kick(cx));
	ck_assert(fault_fired());
	fault_arm(0);
}
END_TEST

static void
a_pass(enum passkind kind, int64_t errors)
{
	struct pass p = {.kind = kind};

	ok(pass_begin(cx, db, kind, &p.n));
	p.errors = errors;
	ok(pass_end(cx, db, &p));
	if (kind == PASS_CRON)
		ok(meta_set(cx, db, META_LAST_CRON_MS, cx->now_ms));
}

START_TEST(health_watches_cron)
{
	struct health h;

	health_look(cx, db, &h);
	ck_assert(h.database);
	ck_assert(!h.cron);
	ck_assert(!h.has_last);
	a_pass(PASS_CRON, 0);
	health_look(cx, db, &h);
	ck_assert(h.cron && h.pass && h.has_last);
	cx->now_ms += HEALTH_CRON_LATE_MS - 1;
	health_look(cx, db, &h);
	ck_assert(h.cron);
	cx->now_ms += 1;
	/* a kick is no cron */
	a_pass(PASS_KICK, 0);
	health_look(cx, db, &h);
	ck_assert(!h.cron);
	ck_assert(!health_good(&h));
	t.site.cron_expected = false;
	health_look(cx, db, &h);
	ck_assert(h.cron);
}
END_TEST

START_TEST(health_tells_of_errors)
{
	struct health h;

	a_pass(PASS_CRON, 2);
	health_look(cx, db, &h);
	ck_assert(!h.pass);
	ck_assert(!health_good(&h));
	a_pass(PASS_CRON, 0);
	health_look(cx, db, &h);
	ck_assert(h.pass);
}
END_TEST

START_TEST(health_of_a_broken_database)
{
	struct health h;

	raw("DROP TABLE meta");
	health_look(cx, db, &h);
	ck_assert(!h.database);
	ck_assert(!health_good(&h));
	ck_assert_str_eq(cx->why, "");
}
END_TEST

/* Every line is a comment or `name[{labels}] number`, each name announced. */
START_TEST(metrics_are_prometheus)
{
	struct workspace w = create(&ann_who, "a");
	char name[100] = "", *save = NULL, *line;
	struct buf b;
	size_t types = 0;

	becomes(w.id, STATUS_RUNNING);
	a_pass(PASS_CRON, 0);
	buf_init(&b, 1 << 16);
	ok(metrics_print(cx, db, 7, &b));
	ck_assert_ptr_nonnull(strstr(b.data,
				     "\nroost_workspaces{status=\"RUNNING\"} "
				     "1\n"));
	ck_assert_ptr_nonnull(strstr(b.data, "\nroost_waiting 7\n"));
	ck_assert_ptr_nonnull(strstr(b.data, "\nroost_users 3\n"));
	for (line = strtok_r(b.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		double value;
		int end = 0;

		if (sscanf(line, "# TYPE %99s", name) == 1)
			types++;
		if (line[0] == '#')
			continue;
		ck_assert_msg(!strncmp(line, name, strlen(name)), "%s: %s",
			      name, line);
		ck_assert_msg(sscanf(strrchr(line, ' '), "%lf%n", &value,
				     &end) == 1 &&
				      !strrchr(line, ' ')[end],
			      "%s", line);
	}
	ck_assert_uint_ge(types, 19);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {kick_starts_a_pass,
				      kick_leaves_a_mark_for_a_running_pass,
				      kick_may_fail,
				      health_watches_cron,
				      health_tells_of_errors,
				      health_of_a_broken_database,
				      metrics_are_prometheus,
				      NULL};

	return run_service("site", tests);
}
