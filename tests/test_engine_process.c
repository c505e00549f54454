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

static void
open_with(const char *more)
{
	const char *app = engsite_wsapp();
	char *apps = NULL;

	ck_assert_int_gt(
		asprintf(&apps,
			 "[app daemons]\n"
			 "command = /bin/sh -c \"" ENGSITE_BEAT
			 "exec %s --socket {socket} --fork-children 3\"\n"
			 "binds = %s\n"
			 "[app leaver]\n"
			 "command = /bin/sh -c \"" ENGSITE_BEAT
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
	engsite_wait_for(&s, id, "beat");
	engsite_beats(&s, id, true);
	engsite_stop(&s, id);
	engsite_no_process(&s);
	engsite_beats(&s, id, false);
}
END_TEST

START_TEST(what_an_ended_application_left_is_ended)
{
	int64_t until = clock_mono_ms() + 10000;

	engsite_start(&s, id, "leaver");
	engsite_wait_for(&s, id, "beat");
	while (engsite_alive(&s, id) && clock_mono_ms() < until)
		clock_sleep_ms(10);
	ck_assert(!engsite_alive(&s, id));
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	engsite_no_process(&s);
	engsite_beats(&s, id, false);
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
	ck_assert_int_eq(engsite_processes(&s), 2);
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
	engsite_no_process(&s);
}
END_TEST

START_TEST(a_link_for_a_socket_is_refused)
{
	ck_assert_int_eq(try_start("link", 500), ERR_TIMEOUT);
	engsite_no_process(&s);
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
	tcase_set_timeout(c, 120);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
