/* Locks, processes, files, configuration, log. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/proc.h"
#include "support/tmpsite.h"

static struct tmpsite t;

static void
setup(void)
{
	tmpsite_open(&t, "[app a]\ncommand = /bin/a {socket}\nenv.X = 1\n"
			 "[app b]\ncommand = b\ntitle = Bee\n");
}

static void
teardown(void)
{
	tmpsite_close(&t);
}

static const char *
in(const char *name)
{
	return arena_printf(&t.cx.arena, "%s/%s", t.dir, name);
}

START_TEST(lock_is_exclusive_and_freed_by_death)
{
	const char *path = in("run/x.lock");
	enum lock_state st;
	int fd = -1, other = -7, status;
	pid_t pid;

	ck_assert_int_eq(lock_look(&t.cx, path, &st), OK);
	ck_assert_int_eq(st, LOCK_ABSENT);
	ck_assert_int_eq(lock_take(&t.cx, path, &fd), OK);
	ck_assert_int_eq(lock_take(&t.cx, path, &other), ERR_BUSY);
	ck_assert_int_eq(other, -7);
	ck_assert_int_eq(lock_look(&t.cx, path, &st), OK);
	ck_assert_int_eq(st, LOCK_HELD);
	/* A child that inherits it holds it on after we let go. */
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	lock_drop(fd);
	ck_assert_int_eq(lock_look(&t.cx, path, &st), OK);
	ck_assert_int_eq(st, LOCK_HELD);
	ck_assert_int_eq(lock_wait(&t.cx, path, clock_mono_ms() + 30, &other),
			 ERR_BUSY);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert_int_eq(lock_wait(&t.cx, path, clock_mono_ms() + 5000, &fd),
			 OK);
	lock_drop(fd);
}
END_TEST

/* Many processes take a lock and remove it again: never two at once. */
START_TEST(lock_is_exclusive_though_its_file_is_removed)
{
	const char *path = in("run/y.lock"), *inside = in("inside");
	int i, k, status, bad = 0;

	for (i = 0; i < 6; i++) {
		if (fork() != 0)
			continue;
		for (k = 0; k < 300; k++) {
			int fd, f;

			if (lock_wait(&t.cx, path, clock_mono_ms() + 20000,
				      &fd))
				_exit(2);
			f = open(inside, O_CREAT | O_EXCL | O_WRONLY, 0600);
			if (f < 0)
				_exit(1);
			close(f);
			unlink(inside);
			lock_remove(path, fd);
		}
		_exit(0);
	}
	for (i = 0; i < 6; i++) {
		wait(&status);
		bad += status != 0;
	}
	ck_assert_int_eq(bad, 0);
	ck_assert(!fs_exists(path));
}
END_TEST

START_TEST(proc_run_tells_output_exit_and_signal)
{
	const char *echo[] = {"sh", "-c", "echo out; echo err >&2; exit 3",
			      NULL};
	const char *die[] = {"sh", "-c", "kill -9 $$", NULL};
	const char *none[] = {"/nowhere/x", NULL};
	const char *slow[] = {"sh", "-c", "sleep 60 & sleep 60", NULL};
	struct buf out;
	int st = -1;

	buf_init(&out, 100);
	ck_assert_int_eq(proc_run(&t.cx, echo, 10000, &out, &st), OK);
	ck_assert_int_eq(st, 3);
	ck_assert_str_eq(buf_str(&out), "out\nerr\n");
	ck_assert_int_eq(proc_run(&t.cx, die, 10000, NULL, &st), OK);
	ck_assert_int_eq(st, 128 + 9);
	ck_assert_int_eq(proc_run(&t.cx, none, 10000, NULL, &st), OK);
	ck_assert_int_eq(st, 127);
	ck_assert_int_eq(proc_run(&t.cx, slow, 100, NULL, &st), ERR_TIMEOUT);
	buf_free(&out);
}
END_TEST

START_TEST(proc_detach_lets_go)
{
	const char *mark = in("mark");
	const char *argv[] = {"sh", "-c",
			      "ls /proc/self/fd | wc -l > \"$0.x\"; ps -o "
			      "ppid= $$ >/dev/null;"
			      " mv \"$0.x\" \"$0\"",
			      mark, NULL};
	struct buf b;
	int fd = open("/dev/null", O_RDONLY), i;

	ck_assert_int_eq(proc_detach(&t.cx, argv, -1), OK);
	for (i = 0; i < 1000 && !fs_exists(mark); i++)
		clock_sleep_ms(10);
	buf_init(&b, 100);
	ck_assert_int_eq(fs_read(&t.cx, mark, &b), OK);
	/* 0, 1, 2 and the directory itself: nothing inherited. */
	ck_assert_int_eq(strtol(buf_str(&b), NULL, 10), 4);
	buf_free(&b);
	close(fd);
	ck_assert_uint_ne(proc_start_time(getpid()), 0);
	ck_assert_uint_eq(proc_start_time(0x3fffff), 0);
}
END_TEST

START_TEST(close_from_keeps_what_it_is_told)
{
	int keep[2], fds[6], i, status;
	pid_t pid;

	for (i = 0; i < 6; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	keep[0] = fds[4];
	keep[1] = fds[1];
	pid = fork();
	if (pid == 0) {
		int wrong = 0;

		proc_close_from(3, keep, 2);
		for (i = 0; i < 6; i++)
			wrong += (fcntl(fds[i], F_GETFD) >= 0) !=
				 (i == 4 || i == 1);
		_exit(wrong);
	}
	waitpid(pid, &status, 0);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	for (i = 0; i < 6; i++)
		close(fds[i]);
}
END_TEST

static void
deep_tree(const char *root, int depth)
{
	int fd, i;

	ck_assert_int_eq(mkdir(root, 0700), 0);
	fd = open(root, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < depth; i++) {
		int next, f;

		ck_assert_int_eq(mkdirat(fd, "d", 0700), 0);
		f = openat(fd, "file", O_WRONLY | O_CREAT, 0400);
		ck_assert_int_ge(f, 0);
		close(f);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		if (i % 3 == 0)
			fchmod(fd, 0500);
		close(fd);
		fd = next;
	}
	close(fd);
}

static bool
stop_at_once(void *arg)
{
	(*(int *)arg)++;
	return true;
}

START_TEST(remove_tree_of_any_depth)
{
	const char *tree = in("tree"), *out = in("outside");
	int asked = 0;

	deep_tree(tree, 3000);
	ck_assert_int_eq(fs_mkdir(&t.cx, out, 0700), OK);
	ck_assert_int_eq(fs_touch(&t.cx, in("outside/f")), OK);
	ck_assert_int_eq(symlink(out, in("tree/link")), 0);
	ck_assert_int_eq(fs_remove_tree(&t.cx, tree, stop_at_once, &asked),
			 ERR_ABANDONED);
	ck_assert(fs_exists(tree));
	ck_assert_int_eq(fs_remove_tree(&t.cx, tree, NULL, NULL), OK);
	ck_assert(!fs_exists(tree));
	ck_assert(fs_exists(in("outside/f")));
	ck_assert_int_eq(fs_remove_tree(&t.cx, tree, NULL, NULL), OK);
	/* A symlink is removed itself. */
	ck_assert_int_eq(symlink(out, tree), 0);
	ck_assert_int_eq(fs_remove_tree(&t.cx, tree, NULL, NULL), OK);
	ck_assert(fs_exists(in("outside/f")));
}
END_TEST

START_TEST(write_sync_replaces_whole_files)
{
	struct buf b;
	struct stat st;

	buf_init(&b, 8);
	ck_assert_int_eq(fs_write_sync(&t.cx, in("f"), "one", 3, 0600), OK);
	ck_assert_int_eq(fs_write_sync(&t.cx, in("f"), "second", 6, 0600), OK);
	ck_assert_int_eq(fs_read(&t.cx, in("f"), &b), OK);
	ck_assert_str_eq(buf_str(&b), "second");
	buf_clear(&b);
	ck_assert_int_eq(fs_write_sync(&t.cx, in("f"), "123456789", 9, 0640),
			 OK);
	ck_assert_int_eq(fs_read(&t.cx, in("f"), &b), ERR_TOO_LARGE);
	ck_assert_int_eq(fs_read(&t.cx, in("none"), &b), ERR_NOT_FOUND);
	ck_assert_int_eq(stat(in("f"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(fs_write_sync(&t.cx, in("no/f"), "x", 1, 0600),
			 ERR_IO);
	ck_assert_int_eq(fs_mkdirs(&t.cx, in("a/b/c"), 0700), OK);
	ck_assert_int_eq(fs_mkdirs(&t.cx, in("a/b/c"), 0700), OK);
	ck_assert_int_eq(fs_mkdirs(&t.cx, in("f/x"), 0700), ERR_IO);
	buf_free(&b);
}
END_TEST

START_TEST(config_reads_apps_and_defaults)
{
	const struct app *a = site_app(&t.site, NULL);

	ck_assert_uint_eq(t.site.n_apps, 2);
	ck_assert_str_eq(a->name, "a");
	ck_assert_str_eq(a->title, "a");
	ck_assert_str_eq(a->env[0].value, "1");
	ck_assert_str_eq(site_app(&t.site, "b")->title, "Bee");
	ck_assert_ptr_null(site_app(&t.site, "c"));
	ck_assert_int_eq(t.site.slots, 128);
	ck_assert_str_eq(t.site.run_dir, in("run"));
	ck_assert_str_eq(t.site.www_dir, "");
}
END_TEST

START_TEST(config_refuses_with_the_line)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"what", "line 1"},
		{"\nnope = 1", "line 2: nope"},
		{"slots = 0", "slots"},
		{"slots = 10x", "slots"},
		{"slots = 99999999999999999999", "slots"},
		{"slots = 5\nslots = 5", "twice"},
		{"allow_unsandboxed = maybe", "yes or no"},
		{"engine = magic", "engine"},
		{"network = some", "network"},
		{"site_id =", "must not be empty"},
		{"default_app = x", "default_app"},
		{"[thing]", "section"},
		{"[app X]\ncommand = a", "a-z"},
		{"[app x]\n", "no command"},
		{"[app x]\ncommand = a\n[app x]\ncommand = a", "two apps"},
		{"[app x]\ncommand = a\nenv.1=2", "variable"},
		{"[app x]\ncommand = a\nslots = 3", "no such key"},
		{"base_url = http://a\rb", "control character"},
		{"[app x]\ncommand = a\nenv.A = \033[m", "control"},
	};
	struct site s;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(site_parse(&t.cx, "/x", bad[i].text,
					    strlen(bad[i].text), &s),
				 ERR_CONFIG);
		ck_assert_msg(strstr(t.cx.why, bad[i].says), "%s: %s",
			      bad[i].text, t.cx.why);
	}
	ck_assert_int_eq(site_parse(&t.cx, "/x", "a\0b", 3, &s), ERR_CONFIG);
	ck_assert_int_eq(site_load(&t.cx, in("nowhere"), &s), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(t.cx.why, "roostctl init"));
}
END_TEST

START_TEST(config_reference_is_a_config)
{
	struct site s;
	struct buf b;

	buf_init(&b, 1 << 20);
	site_reference(&b);
	ck_assert_int_eq(site_parse(&t.cx, "/x", buf_str(&b), b.len, &s), OK);
	site_free(&s);
	buf_free(&b);
}
END_TEST

START_TEST(log_lines_cannot_be_forged)
{
	struct buf b;
	int fd = open(in("log.txt"), O_RDWR | O_CREAT | O_APPEND, 0600);

	buf_init(&b, 8192);
	log_open("test", fd, LOG_LEVEL_INFO);
	log_event(&t.cx, LOG_LEVEL_DEBUG, "hidden", NULL);
	log_event(&t.cx, LOG_LEVEL_WARN, "seen", "a", "x\nlevel=error b=\"",
		  "none", NULL, "empty", "", "plain", "word", NULL);
	log_open("roost", 2, LOG_LEVEL_INFO);
	close(fd);
	ck_assert_int_eq(fs_read(&t.cx, in("log.txt"), &b), OK);
	ck_assert_ptr_null(strstr(buf_str(&b), "hidden"));
	ck_assert_ptr_nonnull(
		strstr(buf_str(&b), "event=seen a=\"x\\x0alevel=error b=\\\"\" "
				    "none=- empty=- plain=word\n"));
	ck_assert_ptr_eq(strchr(buf_str(&b), '\n'), b.data + b.len - 1);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base_world");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, lock_is_exclusive_and_freed_by_death);
	tcase_add_test(c, lock_is_exclusive_though_its_file_is_removed);
	tcase_add_test(c, proc_run_tells_output_exit_and_signal);
	tcase_add_test(c, proc_detach_lets_go);
	tcase_add_test(c, close_from_keeps_what_it_is_told);
	tcase_add_test(c, remove_tree_of_any_depth);
	tcase_add_test(c, write_sync_replaces_whole_files);
	tcase_add_test(c, config_reads_apps_and_defaults);
	tcase_add_test(c, config_refuses_with_the_line);
	tcase_add_test(c, config_reference_is_a_config);
	tcase_add_test(c, log_lines_cannot_be_forged);
	tcase_set_timeout(c, 60);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
