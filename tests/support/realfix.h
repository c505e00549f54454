/*
 * As reconfix.h, but with the real roost-reconcile, the real process engine
 * and the test application: for what only real processes show.
 */
#ifndef SUPPORT_REALFIX_H
#define SUPPORT_REALFIX_H

#include <signal.h>
#include <sys/wait.h>

#include "support/reconfix.h"

FIX char bin[1000]; /* where bin/roost-reconcile and tests/app stand */

FIX void
find_bin(void)
{
	ssize_t n = readlink("/proc/self/exe", bin, sizeof bin - 1);

	ck_assert_int_gt(n, 0);
	bin[n] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(bin, '/') = '\0';
}

FIX void
arm(long n)
{
	char text[32];

	if (!n) {
		unsetenv("ROOST_FAULT");
		return;
	}
	snprintf(text, sizeof text, "%ld", n);
	setenv("ROOST_FAULT", text, 1);
	setenv("ROOST_FAULT_KILL", "1", 1);
	setenv("ROOST_FAULT_FILE", arena_printf(&cx->arena, "%s/count", t.dir),
	       1);
}

/* Which point was reached as the n-th, or NULL: there were fewer. */
FIX const char *
fired(void)
{
	const char *path = arena_printf(&cx->arena, "%s/count.fired", t.dir);
	const char *name = NULL;
	struct buf b;

	buf_init(&b, 1000);
	if (!fs_read(cx, path, &b))
		name = arena_strndup(&cx->arena, b.data, b.len - 1);
	cx_clear(cx);
	buf_free(&b);
	unlink(path);
	unlink(arena_printf(&cx->arena, "%s/count", t.dir));
	return name;
}

FIX bool
is_free(const char *path)
{
	enum lock_state st;

	ok(lock_look(cx, path, &st));
	return st != LOCK_HELD;
}

/* Workers go on when their pass is killed, and look again at their end. */
FIX void
wait_quiet(const char *id)
{
	int64_t end = clock_mono_ms() + 60000;
	int quiet = 0;

	while (quiet < 3 && clock_mono_ms() < end) {
		bool still = is_free(site_run_file(cx, "reconcile.lock")) &&
			     is_free(site_run_path(cx, id, ".lock"));

		quiet = still ? quiet + 1 : 0;
		clock_sleep_ms(5);
	}
	ck_assert_int_eq(quiet, 3);
}

/* kind: "--kick", or NULL as cron does. */
FIX pid_t
start_pass_as(const char *kind)
{
	const char *program =
		arena_printf(&cx->arena, "%s/bin/roost-reconcile", bin);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execl(program, program, "--site", t.dir, kind, (char *)NULL);
		_exit(127);
	}
	return pid;
}

FIX int
end_pass(pid_t pid)
{
	int st;

	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_int_ne(st, 127 << 8);
	return st;
}

/* Runs it to its end; how it ended. */
FIX int
reconcile(const char *id)
{
	int st = end_pass(start_pass_as(NULL));

	wait_quiet(id);
	cx_tick(cx);
	return st;
}

/* Who comes: cron as it should, cron doubled, cron beside a kick, or kicks
 * alone, two of them, where cron is absent. */
#define WAYS 4

FIX void
reconcile_way(const char *id, long way)
{
	static const char *const kinds[WAYS][2] = {
		{NULL, NULL},
		{"", ""},
		{"", "--kick"},
		{"--kick", "--kick"},
	};
	const char *const *k = kinds[way % WAYS];
	pid_t one, two;

	if (!k[0]) {
		reconcile(id);
		return;
	}
	one = start_pass_as(*k[0] ? k[0] : NULL);
	two = start_pass_as(*k[1] ? k[1] : NULL);
	end_pass(one);
	end_pass(two);
	wait_quiet(id);
	cx_tick(cx);
}

FIX bool
is_alive(const char *id)
{
	bool alive;

	ok(engine_process.alive(cx, id, &alive));
	return alive;
}

FIX void
add_app(struct buf *conf, const char *name, const char *options)
{
	buf_printf(conf,
		   "[app %s]\ncommand = %s/tests/app/wsapp --socket {socket} "
		   "%s\nbinds = %s/tests/app\n",
		   name, bin, options, bin);
}

FIX void
real_up(void)
{
	struct buf conf;

	find_bin();
	buf_init(&conf, 16384);
	buf_puts(&conf, "allow_unsandboxed = yes\nslots = 64\n"
			"memory_mb = 0\n");
	add_app(&conf, "shell", "");
	add_app(&conf, "slow", "--slow-start 4000");
	add_app(&conf, "broken", "--crash-at-start");
	world_with(buf_str(&conf));
	buf_free(&conf);
	ok(engine_process.probe(cx));
}

/* Nothing of a test that failed goes on running. */
FIX void
real_down(void)
{
	struct instances all;

	arm(0);
	if (!engine_process.list(cx, &all))
		for (size_t i = 0; i < all.n; i++)
			(void)!engine_process.stop(cx, all.v[i].id,
						   clock_mono_ms() + 5000);
	world_down();
}

#endif
