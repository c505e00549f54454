/*
 * What an instance can see and do, asked from inside: the application is a
 * shell that writes what it finds into its home before it serves. And what
 * happens where there is no sandbox.
 */
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "engine/process.h"
#include "support/engsite.h"

static struct engsite s;
static const char *id;

/* Sections for a site whose app `ask` runs the shell commands `script`
 * (without double quotes) and then serves. */
static void
open_asking(const char *more, const char *app_more, const char *script)
{
	const char *app = engsite_wsapp();
	char *apps = NULL;

	ck_assert_int_gt(asprintf(&apps,
				  "[app ask]\n"
				  "command = /bin/bash -c \"exec 5>&1; (%s) "
				  ">{home}/out 2>&1; exec %s --socket "
				  "{socket}\"\n"
				  "binds = %s\n%s",
				  script, app, app, app_more ? app_more : ""),
			 0);
	engsite_open(&s, &engine_process, more, apps);
	free(apps);
	id = engsite_id(1);
}

static const char *
out(void)
{
	return engsite_file(&s, arena_printf(&s.t.cx.arena,
					     "homes/ws-%s-home/out", id));
}

static const char *
ask(const char *more, const char *app_more, const char *script)
{
	open_asking(more, app_more, script);
	engsite_start(&s, id, "ask");
	return out();
}

static void
has(const char *text, const char *word)
{
	ck_assert_msg(strstr(text, word) != NULL, "no '%s' in: %s", word, text);
}

static void
has_not(const char *text, const char *word)
{
	ck_assert_msg(strstr(text, word) == NULL, "'%s' in: %s", word, text);
}

START_TEST(it_is_somebody_without_powers)
{
	const char *text = ask(NULL, NULL,
			       "id; pwd; hostname; grep -E 'Cap|NoNew' "
			       "/proc/self/status; unshare -U true || echo no "
			       "namespace; ps -e | wc -l; whoami");

	has(text, "uid=1000(coder) gid=1000(coder) groups=1000(coder)");
	has(text, "/home/coder\nworkspace\n");
	has(text, "CapEff:\t0000000000000000");
	has(text, "CapBnd:\t0000000000000000");
	has(text, "NoNewPrivs:\t1");
	has(text, "no namespace");
	engsite_close(&s);
}
END_TEST

START_TEST(it_sees_only_its_own)
{
	const char *text, *other = engsite_id(2);
	FILE *f;

	setenv("ROOST_TEST_SECRET", "xyzzy", 1);
	open_asking(NULL, "env.MINE = {id} at {base} in {home}\n",
		    "env; ls -A / /home /run /run/ws /var /etc; "
		    "cat /etc/shadow; cat /etc/passwd; echo procs "
		    "/proc/[0-9]*; "
		    "find / -xdev -name 'ws-*'; cat /proc/mounts");
	f = fopen(arena_printf(&s.t.cx.arena, "%s/own-secret",
			       engsite_home(&s, other)),
		  "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	engsite_start(&s, id, "ask");
	text = out();
	has_not(text, "xyzzy");
	has_not(text, "own-secret");
	has_not(text, other);
	has_not(text, "roost.conf");
	has_not(text, "shadow\n");
	has_not(text, "/proc/30");
	has(text, arena_printf(&s.t.cx.arena,
			       "MINE=%s at /w/%s/ in "
			       "/home/coder\n",
			       id, id));
	has(text, "HOME=/home/coder\n");
	has(text, "TERM=");
	has(text, "\ncoder:x:1000:1000:");
	has(text, "procs /proc/1 ");
	engsite_close(&s);
}
END_TEST

START_TEST(it_writes_only_its_own)
{
	const char *text =
		ask("tmp_mb = 1", NULL,
		    "for f in / /usr /etc /dev /run /var /home "
		    "/proc/sys/kernel "
		    "/bin /etc/ssl; do touch $f/x 2>/dev/null && echo wrote "
		    "$f; done; "
		    "for f in /tmp /dev/shm /home/coder /run/ws /var/tmp; do "
		    "touch $f/x && echo may $f; done; "
		    "for f in $(find /proc -maxdepth 1 -type f) $(find "
		    "/proc/sys /proc/irq /proc/bus /proc/fs /proc/acpi -type "
		    "f); do (: >> $f) 2>/dev/null && echo wrote $f; done; "
		    "head -c 3000000 /dev/zero > /tmp/big || echo tmp is full; "
		    "echo x > /dev/null && echo null is there");

	has_not(text, "wrote");
	has(text, "may /tmp\nmay /dev/shm\nmay /home/coder\nmay /run/ws\n"
		  "may /var/tmp\n");
	has(text, "tmp is full");
	has(text, "null is there");
	engsite_close(&s);
}
END_TEST

START_TEST(it_inherits_no_descriptor)
{
	int extra = open("/etc/passwd", O_RDONLY), high = dup2(extra, 200);
	const char *text;

	ck_assert_int_ge(extra, 3);
	ck_assert_int_eq(high, 200);
	text = ask(NULL, NULL,
		   "ls -l /proc/1/fd /proc/$PPID/fd; "
		   "echo and; ls -l /proc/$$/fd");
	has(text, ".alive"); /* its first process has the lock */
	has_not(strstr(text, "and\n"), ".alive");
	has_not(strstr(text, "and\n"), ".status");
	has_not(text, "passwd");
	has_not(text, " 200 ");
	has(strstr(text, "and\n"), " 0 -> /dev/null");
	close(extra);
	close(high);
	engsite_close(&s);
}
END_TEST

/* A TCP port of the host's loopback that accepts. */
static int
loopback(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(!bind(fd, (const struct sockaddr *)&a, n));
	ck_assert(!listen(fd, 5));
	ck_assert(!getsockname(fd, (struct sockaddr *)&a, &n));
	*port = ntohs(a.sin_port);
	return fd;
}

static const struct {
	const char *site, *app;
	bool reaches;
} networks[] = {
	{"network = none", NULL, false},
	{"network = host", NULL, true},
	{"network = host", "network = none\n", false},
	{"network = none", "network = host\n", true},
};

START_TEST(the_network_is_as_told)
{
	char script[200];
	int port = 0, fd = loopback(&port);
	const char *text;

	snprintf(script, sizeof(script),
		 "(exec 3<>/dev/tcp/127.0.0.1/%d) && echo reached || echo not",
		 port);
	text = ask(networks[_i].site, networks[_i].app, script);
	has(text, networks[_i].reaches ? "reached" : "not");
	close(fd);
	engsite_close(&s);
}
END_TEST

/* Served by perl: a sanitized program has no place in 900 MiB. */
START_TEST(limits_are_set)
{
	const char *text;

	engsite_open(&s, &engine_process, "processes = 321\nfile_size_mb = 3",
		     "[app limited]\n"
		     "memory_mb = 900\n"
		     "command = /bin/bash -c \"(ulimit -u; ulimit -v; ulimit "
		     "-f; ulimit -c; head -c 9000000 /dev/zero > big; stat -c "
		     "'size %s' big; perl -e '$x = q(x) x 2000000000' || echo "
		     "no memory) >out 2>&1; exec perl -e 'use "
		     "IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Local => "
		     "q({socket}), Listen => 5); while ($c = $s->accept) { "
		     "sysread $c, $x, 99; syswrite $c, qq(HTTP/1.1 200 "
		     "OK\\r\\n\\r\\n); close $c }'\"\n");
	id = engsite_id(1);
	engsite_start(&s, id, "limited");
	text = out();
	has(text, "321\n921600\n3072\n0\n");
	has(text, "size 3145728");
	has(text, "no memory");
	engsite_close(&s);
}
END_TEST

START_TEST(a_program_that_is_not_visible_is_said)
{
	struct instance_spec spec;
	struct endpoint to;

	engsite_open(&s, &engine_process, NULL,
		     "[app hidden]\ncommand = /bin/../tmp/x {socket}\n"
		     "[app unbound]\ncommand = {socket}\n"
		     "[app lacks]\ncommand = sh\nbinds = /usr /none/such\n"
		     "[app odd]\ncommand = sh\nnetwork = bridge\n");
	id = engsite_id(1);
	spec = engsite_spec(&s, id, "hidden");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_IMAGE);
	spec = engsite_spec(&s, id, "unbound");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_IMAGE);
	spec = engsite_spec(&s, id, "lacks");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_IMAGE);
	has(s.t.cx.why, "/none/such");
	spec = engsite_spec(&s, id, "odd");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_CONFIG);
	has(s.t.cx.why, "bridge");
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	engsite_close(&s);
}
END_TEST

/* --- as root, each workspace as a user of its own --- */

#define WS_UID 70123

START_TEST(it_runs_as_the_workspaces_user)
{
	struct stat st;

	if (geteuid() != 0)
		return; /* only root can */
	open_asking(NULL, NULL, "touch mine; id -u");
	s.uid = WS_UID;
	ck_assert(!chmod(s.t.dir, 0711));
	engsite_start(&s, id, "ask");
	ck_assert_str_eq(out(), "1000\n");
	ck_assert(!stat(arena_printf(&s.t.cx.arena, "%s/mine",
				     engsite_home(&s, id)),
			&st));
	ck_assert_uint_eq(st.st_uid, WS_UID);
	ck_assert_uint_eq(st.st_gid, WS_UID);
	engsite_close(&s);
}
END_TEST

START_TEST(a_place_that_its_user_cannot_enter_is_said)
{
	struct instance_spec spec;
	struct endpoint to;

	if (geteuid() != 0)
		return; /* only root can */
	open_asking(NULL, NULL, "true");
	s.uid = WS_UID;
	ck_assert(!chmod(s.t.dir, 0700));
	spec = engsite_spec(&s, id, "good");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_CONFIG);
	has(s.t.cx.why, s.t.dir);
	has(s.t.cx.why, "70123");
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	engsite_close(&s);
}
END_TEST

/* --- without bubblewrap --- */

START_TEST(without_a_sandbox_nothing_runs)
{
	struct instance_spec spec;
	struct endpoint to;

	open_asking(NULL, NULL, "true");
	setenv("PATH", "/none", 1);
	spec = engsite_spec(&s, id, "good");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_CONFIG);
	has(s.t.cx.why, "bubblewrap");
	has(s.t.cx.why, "allow_unsandboxed");
	ck_assert_int_eq(s.ops->probe(&s.t.cx), ERR_CONFIG);
	has(s.t.cx.why, "apt install bubblewrap");
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	engsite_close(&s);
}
END_TEST

/* A bubblewrap that is there but may not make namespaces. */
static void
break_bwrap(void)
{
	const char *dir = arena_printf(&s.t.cx.arena, "%s/bin", s.t.dir);
	const char *path = arena_printf(&s.t.cx.arena, "%s/bwrap", dir);
	FILE *f;

	MUST(&s, fs_mkdir(&s.t.cx, dir, 0755));
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("#!/bin/sh\necho bwrap: No permissions to create new namespace "
	      ">&2\nexit 1\n",
	      f);
	fclose(f);
	ck_assert(!chmod(path, 0755));
	setenv("PATH", dir, 1);
}

START_TEST(a_sandbox_that_does_not_work_is_said)
{
	struct instance_spec spec;
	struct endpoint to;

	open_asking(NULL, NULL, "true");
	break_bwrap();
	ck_assert_int_eq(s.ops->probe(&s.t.cx), ERR_CONFIG);
	has(s.t.cx.why, "No permissions to create new namespace");
	spec = engsite_spec(&s, id, "good");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_CONFIG);
	has(s.t.cx.why, "No permissions to create new namespace");
	engsite_close(&s);
}
END_TEST

static const char *
beat(void)
{
	return engsite_file(&s, arena_printf(&s.t.cx.arena,
					     "homes/ws-%s-home/beat", id));
}

START_TEST(allowed_it_runs_without)
{
	struct endpoint to;
	const char *last;

	open_asking("allow_unsandboxed = yes", NULL,
		    "pwd; echo $HOME; (setsid sh -c 'while :; do date "
		    "+%s%N > beat; sleep 0.02; done') & ls -l /proc/$$/fd");
	if (_i)
		break_bwrap();
	else
		setenv("PATH", "/none", 1);
	MUST(&s, s.ops->probe(&s.t.cx));
	to = engsite_start(&s, id, "ask");
	has(engsite_get(&s, to.address, "/"), "HTTP/1.1 200");
	has(out(), engsite_home(&s, id));
	has_not(out(), ".alive");
	has_not(out(), ".status");
	has(engsite_file(&s, arena_printf(&s.t.cx.arena, "log/ws-%s.log", id)),
	    "WITHOUT A SANDBOX");
	ck_assert(engsite_alive(&s, id));
	ck_assert_int_eq(engsite_connections(&s, id, 0), 0);
	engsite_start(&s, id, "ask");
	while (strlen(beat()) < 15)
		clock_sleep_ms(5);
	has_not(beat(), "%");
	engsite_stop(&s, id);
	ck_assert(!engsite_alive(&s, id));
	last = beat();
	clock_sleep_ms(200);
	ck_assert_str_eq(beat(), last);
	engsite_close(&s);
}
END_TEST

START_TEST(without_a_sandbox_failures_are_the_same)
{
	struct instance_spec spec;
	struct endpoint to;

	open_asking("allow_unsandboxed = yes", NULL, "true");
	setenv("PATH", "/none", 1);
	spec = engsite_spec(&s, id, "crash");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_ACTION);
	has(s.t.cx.why, "exit code 7");
	has(s.t.cx.why, "it broke");
	spec = engsite_spec(&s, id, "missing");
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_IMAGE);
	spec = engsite_spec(&s, id, "slow");
	spec.deadline_ms = clock_mono_ms() + 200;
	ck_assert_int_eq(s.ops->start(&s.t.cx, &spec, &to), ERR_TIMEOUT);
	ck_assert(!engsite_alive(&s, id));
	ck_assert_uint_eq(engsite_list(&s).n, 0);
	engsite_close(&s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("engine_sandbox");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(c, it_is_somebody_without_powers);
	tcase_add_test(c, it_sees_only_its_own);
	tcase_add_test(c, it_writes_only_its_own);
	tcase_add_test(c, it_inherits_no_descriptor);
	tcase_add_loop_test(c, the_network_is_as_told, 0, 4);
	tcase_add_test(c, limits_are_set);
	tcase_add_test(c, a_program_that_is_not_visible_is_said);
	tcase_add_test(c, it_runs_as_the_workspaces_user);
	tcase_add_test(c, a_place_that_its_user_cannot_enter_is_said);
	tcase_add_test(c, without_a_sandbox_nothing_runs);
	tcase_add_test(c, a_sandbox_that_does_not_work_is_said);
	tcase_add_loop_test(c, allowed_it_runs_without, 0, 2);
	tcase_add_test(c, without_a_sandbox_failures_are_the_same);
	tcase_set_timeout(c, 120);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
