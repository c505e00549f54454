/*
 * The process engine when what it goes by is damaged, or left over by the
 * dead: nothing alive is overlooked, and nobody else is killed.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/proc.h"
#include "engine/process.h"
#include "support/engsite.h"

static struct engsite s;
static const char *id;

static void
open_with(const char *more)
{
	const char *app = engsite_wsapp();
	char *apps = NULL;

	ck_assert_int_gt(asprintf(&apps,
				  "[app daemons]\n"
				  "command = /bin/sh -c \"" ENGSITE_BEAT
				  "exec %s --socket {socket} --fork-children "
				  "3\"\n"
				  "binds = %s\n",
				  app, app),
			 0);
	engsite_open(&s, &engine_process, more, apps);
	free(apps);
	id = engsite_id(1);
}

static void
setup(void)
{
	open_with(NULL);
}

static void
teardown(void)
{
	engsite_close(&s);
}

static const char *
run_path(const char *suffix)
{
	return site_run_path(&s.t.cx, id, suffix);
}

static struct record
record(void)
{
	struct record r;
	struct place pl;

	place_of(&s.t.cx, id, &pl);
	MUST(&s, record_read(&s.t.cx, &pl, &r));
	return r;
}

static bool
answers(const char *address)
{
	return strncmp(engsite_get(&s, address, "/"), "HTTP/1.", 7) == 0;
}

static void
tear_status(void)
{
	ck_assert(!truncate(run_path(".status"), 60));
}

static void
tear_child(void)
{
	const char *text = engsite_file(&s, arena_printf(&s.t.cx.arena,
							 "run/%s.status", id));
	const char *at = strstr(text, "\"child-pid\": ");

	ck_assert_ptr_nonnull(at);
	ck_assert(!truncate(run_path(".status"), at - text + 14));
}

static void
empty_status(void)
{
	ck_assert(!truncate(run_path(".status"), 0));
}

static void
remove_status(void)
{
	ck_assert(!unlink(run_path(".status")));
}

static void
remove_lock(void)
{
	ck_assert(!unlink(run_path(".alive")));
}

static void
kill_launcher(void)
{
	struct record r = record();

	ck_assert_int_gt(r.launcher, 0);
	ck_assert_int_gt(r.child, 0);
	ck_assert(!kill(r.launcher, SIGKILL));
	while (proc_start_time(r.launcher))
		clock_sleep_ms(1);
}

static void
kill_launcher_and_status(void)
{
	kill_launcher();
	remove_status();
}

static void (*const damages[])(void) = {
	tear_status,
	tear_child,
	empty_status,
	remove_status,
	remove_lock,
	kill_launcher,
	kill_launcher_and_status,
};
#define DAMAGES ((int)(sizeof(damages) / sizeof(damages[0])))

START_TEST(stop_copes_with_damage)
{
	engsite_start(&s, id, "daemons");
	engsite_wait_for(&s, id, "beat");
	damages[_i]();
	ck_assert(engsite_alive(&s, id));
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	engsite_stop(&s, id);
	ck_assert(!engsite_alive(&s, id));
	engsite_no_process(&s);
	engsite_beats(&s, id, false);
	ck_assert(answers(engsite_start(&s, id, "good").address));
}
END_TEST

START_TEST(start_joins_a_damaged_one)
{
	engsite_start(&s, id, "daemons");
	damages[_i]();
	ck_assert(answers(engsite_start(&s, id, "daemons").address));
	engsite_stop(&s, id);
	engsite_no_process(&s);
}
END_TEST

/* --- what is left by the dead --- */

static pid_t
stranger(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void
write_status(const char *boot, pid_t launcher, uint64_t start, pid_t child)
{
	FILE *f = fopen(run_path(".status"), "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"{ \"launcher\": %d, \"launcher-start\": %llu, \"wall-ms\": 5, "
		"\"boot\": \"%s\" }\n{ \"child-pid\": %d, \"x\": 1 }\n",
		(int)launcher, (unsigned long long)start, boot, (int)child);
	fclose(f);
}

START_TEST(leftovers_of_a_crash_of_the_host_are_cleared)
{
	pid_t other = stranger();
	struct endpoint to;
	int i;

	for (i = 0; i < 2; i++) {
		const char *ws = arena_printf(&s.t.cx.arena, "%s/run/ws/%s",
					      s.t.dir, id);

		MUST(&s,
		     fs_mkdirs(&s.t.cx,
			       arena_printf(&s.t.cx.arena, "%s/deep/er", ws),
			       0755));
		MUST(&s, fs_touch(&s.t.cx, run_path(".alive")));
		MUST(&s, fs_touch(&s.t.cx, arena_printf(&s.t.cx.arena,
							"%s/run/sock/%s.sock",
							s.t.dir, id)));
		/* another boot, the same numbers; then this boot, a number
		 * that is somebody else's now */
		write_status(i ? clock_boot_id() : "another-boot", other,
			     i ? 1 : proc_start_time(other), other);
		ck_assert(!engsite_alive(&s, id));
		ck_assert_uint_eq(engsite_list(&s).n, 0);
		to = engsite_start(&s, id, "good");
		ck_assert(answers(to.address));
		ck_assert(access(arena_printf(&s.t.cx.arena, "%s/deep", ws),
				 F_OK));
		engsite_stop(&s, id);
	}
	ck_assert_int_eq(kill(other, 0), 0);
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}
END_TEST

START_TEST(a_dead_one_keeps_no_slot)
{
	unsigned i;

	teardown();
	open_with("slots = 2");
	for (i = 1; i < 6; i++) {
		id = engsite_id(i);
		engsite_start(&s, id, "good");
		ck_assert(!kill(record().child, SIGKILL));
		while (engsite_alive(&s, id))
			clock_sleep_ms(1);
	}
}
END_TEST

START_TEST(a_slot_is_used_again_as_late_as_can_be)
{
	int64_t first, n;

	teardown();
	open_with("slots = 4");
	first = engsite_start(&s, id, "good").slot;
	for (n = 1; n < 4; n++) {
		engsite_stop(&s, id);
		ck_assert_int_ne(engsite_start(&s, id, "good").slot, first);
	}
	engsite_stop(&s, id);
	ck_assert_int_eq(engsite_start(&s, id, "good").slot, first);
}
END_TEST

START_TEST(stop_leaves_nothing_behind)
{
	static const char *const dirs[] = {"", "/ws", "/sock", "/slots"};
	struct dirent *d;
	size_t i;
	DIR *dir;

	engsite_start(&s, id, "good");
	engsite_stop(&s, id);
	for (i = 0; i < 4; i++) {
		dir = opendir(arena_printf(&s.t.cx.arena, "%s/run%s", s.t.dir,
					   dirs[i]));
		ck_assert_ptr_nonnull(dir);
		while ((d = readdir(dir)))
			ck_assert_msg(d->d_name[0] == '.' ||
					      !strcmp(d->d_name, "ws") ||
					      !strcmp(d->d_name, "sock") ||
					      !strcmp(d->d_name, "slots") ||
					      !strcmp(d->d_name, "slots.lock"),
				      "%s is left in run%s", d->d_name,
				      dirs[i]);
		closedir(dir);
	}
}
END_TEST

START_TEST(a_stop_out_of_time_says_so_and_has_killed)
{
	struct record r;

	engsite_start(&s, id, "good");
	r = record();
	ck_assert_int_eq(engine_process.stop(&s.t.cx, id, 0), ERR_TIMEOUT);
	while (engsite_alive(&s, id))
		clock_sleep_ms(1);
	ck_assert_uint_eq(proc_start_time(r.child), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("engine_damage");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, stop_copes_with_damage, 0, DAMAGES);
	tcase_add_loop_test(c, start_joins_a_damaged_one, 0, DAMAGES);
	tcase_add_test(c, leftovers_of_a_crash_of_the_host_are_cleared);
	tcase_add_test(c, a_dead_one_keeps_no_slot);
	tcase_add_test(c, a_slot_is_used_again_as_late_as_can_be);
	tcase_add_test(c, stop_leaves_nothing_behind);
	tcase_add_test(c, a_stop_out_of_time_says_so_and_has_killed);
	tcase_set_timeout(c, 120);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
