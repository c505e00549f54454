/* The process engine: lives and deaths of instances and of their makers. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/proc.h"
#include "engine/process.h"
#include "support/engsite.h"

static struct engsite s;
static const char *id;

/* A daemon with a session of its own that writes into the home. */
#define BEAT                                                                   \
	"(setsid sh -c 'while :; do date +%%s%%N > beat; sleep 0.02; "         \
	"done') & "

static void
open_with(const char *more)
{
	const char *app = engsite_wsapp();
	char *apps = NULL;

	ck_assert_int_gt(
		asprintf(&apps,
			 "[app daemons]\n"
			 "command = /bin/sh -c \"" BEAT
			 "exec %s --socket {socket} --fork-children 3\"\n"
			 "binds = %s\n"
			 "[app leaver]\n"
			 "command = /bin/sh -c \"" BEAT
			 "exec %s --socket {socket} --crash-after 300\"\n"
			 "binds = %s\n"
			 "[app link]\n"
			 "command = /bin/sh -c \"ln -s /run/ws/other {socket}; "
			 "%s --socket /run/ws/other\"\n"
			 "binds = %s\n"
			 "[app swap]\n"
			 "command = /bin/sh -c \"(while [ ! -e go ]; do sleep "
			 "0.01; done; rm {socket}; ln -s /run/ws/other "
			 "{socket}; touch gone) & exec %s --socket "
			 "{socket}\"\n"
			 "binds = %s\n"
			 "[app rebind]\n"
			 "command = /bin/sh -c \"%s --socket {socket} "
			 "--crash-after 300; %s --socket {socket} "
			 "--status 418\"\n"
			 "binds = %s\n"
			 "[app refuses]\n"
			 "command = %s --socket {socket} --status 503\n"
			 "binds = %s\n"
			 "[app mute]\n"
			 "command = perl -e \"use IO::Socket::UNIX; $s = "
			 "IO::Socket::UNIX->new(Local => q({socket}), Listen "
			 "=> 5); $c = $s->accept; syswrite $c, q(hello there, "
			 "this is no HTTP); sleep 60\"\n"
			 "[app loud]\n"
			 "command = /bin/sh -c \"head -c 3000000 /dev/zero | "
			 "tr "
			 "'\\\\000' x; echo; echo the end; exec %s --socket "
			 "{socket}\"\n"
			 "binds = %s\n",
			 app, app, app, app, app, app, app, app, app, app, app,
			 app, app, app, app),
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

/* A process that is not this one and names the site in its command line. */
static bool
names_site(const char *pid)
{
	char path[64], text[16384];
	size_t i, n, len = strlen(s.t.dir);
	ssize_t got;
	int fd;

	if (strtol(pid, NULL, 10) <= 0 || strtol(pid, NULL, 10) == getpid())
		return false;
	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	if ((fd = open(path, O_RDONLY)) < 0)
		return false;
	got = read(fd, text, sizeof(text));
	close(fd);
	n = got > 0 ? (size_t)got : 0;
	for (i = 0; i + len <= n; i++)
		if (!memcmp(text + i, s.t.dir, len))
			return true;
	return false;
}

static int
processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((d = readdir(dir)))
		n += names_site(d->d_name);
	closedir(dir);
	return n;
}

/* Those that are ending may take a moment to be gone. */
static void
no_process_is_left(void)
{
	int64_t until = clock_mono_ms() + 5000;

	while (processes() && clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_int_eq(processes(), 0);
}

static const char *
in_home(const char *name)
{
	return engsite_file(&s, arena_printf(&s.t.cx.arena,
					     "homes/ws-%s-home/%s", id, name));
}

static void
wait_for(const char *name)
{
	int64_t until = clock_mono_ms() + 10000;

	while (!*in_home(name) && clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_str_ne(in_home(name), "");
}

static void
beat_goes(bool on)
{
	const char *was = in_home("beat");
	int64_t until = clock_mono_ms() + (on ? 10000 : 300);

	while (!strcmp(in_home("beat"), was) && clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_int_eq(strcmp(in_home("beat"), was) != 0, on);
}

static bool
answers(const char *address)
{
	return strncmp(engsite_get(&s, address, "/"), "HTTP/1.", 7) == 0;
}

START_TEST(answers_through_slot_and_link)
{
	struct endpoint to = engsite_start(&s, id, "good");
	struct stat st;

	ck_assert(answers(to.address));
	ck_assert(answers(arena_printf(&s.t.cx.arena, "unix:%s/slots/%02d.sock",
				       s.t.site.run_dir, (int)to.slot)));
	ck_assert_str_eq(to.address,
			 arena_printf(&s.t.cx.arena, "unix:%s/sock/%s.sock",
				      s.t.site.run_dir, id));
	ck_assert(!stat(to.address + 5, &st));
	ck_assert_uint_eq(st.st_mode & 0777, 0666);
}
END_TEST

START_TEST(the_whole_tree_dies)
{
	engsite_start(&s, id, "daemons");
	wait_for("beat");
	beat_goes(true);
	engsite_stop(&s, id);
	no_process_is_left();
	beat_goes(false);
}
END_TEST

START_TEST(what_an_ended_application_left_is_ended)
{
	int64_t until = clock_mono_ms() + 10000;

	engsite_start(&s, id, "leaver");
	wait_for("beat");
	while (engsite_alive(&s, id) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	ck_assert(!engsite_alive(&s, id));
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	no_process_is_left();
	beat_goes(false);
	engsite_start(&s, id, "good");
}
END_TEST

START_TEST(the_instance_outlives_its_maker)
{
	pid_t pid = fork();
	int st = 1;

	if (pid == 0) {
		struct instance_spec spec = engsite_spec(&s, id, "good");
		struct endpoint to;

		_exit((int)engine_process.start(&s.t.cx, &spec, &to));
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_int_eq(st, 0);
	ck_assert(engsite_alive(&s, id));
	ck_assert(answers(engsite_start(&s, id, "good").address));
}
END_TEST

START_TEST(two_starts_at_once_make_one)
{
	int fd[2], st, i;
	pid_t pid[2];
	char go;

	ck_assert(!pipe(fd));
	for (i = 0; i < 2; i++) {
		struct instance_spec spec = engsite_spec(&s, id, "daemons");

		pid[i] = fork();
		if (pid[i] == 0) {
			struct endpoint to;

			close(fd[1]);
			if (read(fd[0], &go, 1) != 0)
				_exit(99);
			_exit((int)engine_process.start(&s.t.cx, &spec, &to));
		}
	}
	close(fd[1]);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(waitpid(pid[i], &st, 0), pid[i]);
		ck_assert_int_eq(st, 0);
	}
	close(fd[0]);
	/* bubblewrap and the first process of its sandbox */
	ck_assert_int_eq(processes(), 2);
	ck_assert_uint_eq(engsite_list(&s).n, 1);
}
END_TEST

START_TEST(any_status_is_an_answer)
{
	struct endpoint to = engsite_start(&s, id, "refuses");

	ck_assert_ptr_nonnull(strstr(engsite_get(&s, to.address, "/"), "503"));
}
END_TEST

static enum err
try_start(const char *app, int64_t ms)
{
	struct instance_spec spec = engsite_spec(&s, id, app);
	struct endpoint out;

	spec.deadline_ms = clock_mono_ms() + ms;
	return engine_process.start(&s.t.cx, &spec, &out);
}

START_TEST(what_is_not_http_is_no_answer)
{
	ck_assert_int_ne(try_start("mute", 1000), OK);
	no_process_is_left();
}
END_TEST

START_TEST(a_link_for_a_socket_is_refused)
{
	ck_assert_int_eq(try_start("link", 500), ERR_TIMEOUT);
	no_process_is_left();
}
END_TEST

START_TEST(a_socket_replaced_by_a_link_is_not_followed)
{
	struct endpoint to = engsite_start(&s, id, "swap");
	FILE *f;

	f = fopen(arena_printf(&s.t.cx.arena, "%s/go", engsite_home(&s, id)),
		  "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	while (access(arena_printf(&s.t.cx.arena, "%s/gone",
				   engsite_home(&s, id)),
		      F_OK))
		clock_sleep_ms(5);
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	ck_assert(answers(to.address));
}
END_TEST

START_TEST(a_socket_bound_anew_is_linked_anew)
{
	struct endpoint to = engsite_start(&s, id, "rebind");
	int64_t until = clock_mono_ms() + 10000;
	bool anew = false;

	while (!anew && clock_mono_ms() < until) {
		ck_assert_uint_eq(engsite_list(&s).n, 1);
		anew = strstr(engsite_get(&s, to.address, "/"), " 418 ") !=
		       NULL;
		clock_sleep_ms(10);
	}
	ck_assert(anew);
}
END_TEST

START_TEST(the_log_has_a_cap)
{
	struct endpoint to = engsite_start(&s, id, "loud");
	const char *log = arena_printf(&s.t.cx.arena, "%s/ws-%s.log",
				       s.t.site.log_dir, id);
	struct stat st;

	ck_assert(answers(to.address));
	ck_assert(!stat(log, &st));
	ck_assert_int_gt(st.st_size, APPLOG_MAX);
	engsite_list(&s);
	ck_assert(!stat(log, &st));
	ck_assert_int_le(st.st_size, APPLOG_KEEP);
	ck_assert_ptr_nonnull(
		strstr(engsite_file(&s, arena_printf(&s.t.cx.arena,
						     "log/ws-%s.log", id)),
		       "the end"));
}
END_TEST

/* --- stop when what it goes by is damaged --- */

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
	wait_for("beat");
	damages[_i]();
	ck_assert(engsite_alive(&s, id));
	ck_assert_uint_eq(engsite_list(&s).n, 1);
	engsite_stop(&s, id);
	ck_assert(!engsite_alive(&s, id));
	no_process_is_left();
	beat_goes(false);
	ck_assert(answers(engsite_start(&s, id, "good").address));
}
END_TEST

START_TEST(start_joins_a_damaged_one)
{
	engsite_start(&s, id, "daemons");
	damages[_i]();
	ck_assert(answers(engsite_start(&s, id, "daemons").address));
	engsite_stop(&s, id);
	no_process_is_left();
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
	Suite *suite = suite_create("engine_process");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, answers_through_slot_and_link);
	tcase_add_test(c, the_whole_tree_dies);
	tcase_add_test(c, what_an_ended_application_left_is_ended);
	tcase_add_test(c, the_instance_outlives_its_maker);
	tcase_add_test(c, two_starts_at_once_make_one);
	tcase_add_test(c, any_status_is_an_answer);
	tcase_add_test(c, what_is_not_http_is_no_answer);
	tcase_add_test(c, a_link_for_a_socket_is_refused);
	tcase_add_test(c, a_socket_replaced_by_a_link_is_not_followed);
	tcase_add_test(c, a_socket_bound_anew_is_linked_anew);
	tcase_add_test(c, the_log_has_a_cap);
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
