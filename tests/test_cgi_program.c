/* The programs themselves: sockets, signals, plain CGI. */
#include "support/cgifix.h"
#include "support/fcgiclient.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "cgi/io_socket.h"

static char bin[1024];
static const char *sock;

static const char *
program_path(const char *name)
{
	ssize_t n = readlink("/proc/self/exe", bin, sizeof(bin) - 100);

	ck_assert_int_gt(n, 0);
	bin[n] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(bin, '/') = '\0';
	strncat(bin, "/bin/", 6);
	strncat(bin, name, 50);
	return bin;
}

/* in: fd 0 of it, or -1. */
static pid_t
launch(const char *name, const char *socket, int in)
{
	const char *path = program_path(name);
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(in >= 0 ? in : null, 0);
		dup2(null, 2);
		if (socket)
			execl(path, path, "--site", t.dir, "--socket", socket,
			      (char *)NULL);
		else
			execl(path, path, "--site", t.dir, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static int
connect_soon(const char *path)
{
	int fd = -1;

	for (int i = 0; i < 1000 && (fd = fcgi_connect(path)) < 0; i++)
		clock_sleep_ms(10);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static int
exit_of(pid_t pid)
{
	int status = 0;

	for (int i = 0; i < 2000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
		clock_sleep_ms(10);
	}
	kill(pid, SIGKILL);
	ck_abort_msg("it does not end");
	return -1;
}

static struct buf text;

static int
fetch(const char *target, const char *accept)
{
	int fd = connect_soon(sock);

	buf_free(&text);
	buf_init(&text, 1 << 20);
	fcgi_get(fd, target, ann_cookie, accept);
	ck_assert(fcgi_answer(fd, &text));
	close(fd);
	return status_of(&text);
}

static pid_t
serve(void)
{
	sock = site_run_file(cx, "handler.sock");
	return launch("roost.fcgi", sock, -1);
}

START_TEST(serves_and_ends_on_sigterm)
{
	pid_t pid = serve();

	ck_assert_int_eq(fetch("/api/v1/session", "*/*"), 200);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "\"username\":\"ann\""));
	ck_assert_int_eq(fetch("/", "text/html"), 200);
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_of(pid), 0);
	ck_assert(!fs_exists(sock));
}
END_TEST

START_TEST(the_end_answers_those_who_wait)
{
	enum { WAITING = 60 };
	struct workspace w = create(&ann_who, "a");
	pid_t pid = serve();
	int fd[WAITING];

	for (int i = 0; i < WAITING; i++) {
		fd[i] = connect_soon(sock);
		fcgi_get(fd[i],
			 arena_printf(&cx->arena,
				      "/api/v1/workspaces/%s/status?since=%lld"
				      "&wait=25",
				      w.id, (long long)w.rev),
			 ann_cookie, "*/*");
	}
	/* more of them than threads: others are served all the same */
	ck_assert_int_eq(fetch("/api/v1/session", "*/*"), 200);
	kill(pid, SIGTERM);
	for (int i = 0; i < WAITING; i++) {
		struct buf b;

		buf_init(&b, 1 << 20);
		/* one that was not accepted yet is refused, not forgotten */
		if (fcgi_answer(fd[i], &b))
			ck_assert_int_eq(status_of(&b), 200);
		else
			ck_assert_uint_eq(b.len, 0);
		close(fd[i]);
		buf_free(&b);
	}
	ck_assert_int_eq(exit_of(pid), 0);
}
END_TEST

START_TEST(a_killed_one_is_followed_a_living_one_is_not)
{
	pid_t pid = serve(), second;

	ck_assert_int_eq(fetch("/healthz", "*/*"), 200);
	second = launch("roost.fcgi", sock, -1);
	ck_assert_int_eq(exit_of(second), 1);
	ck_assert_int_eq(fetch("/healthz", "*/*"), 200);
	kill(pid, SIGKILL);
	ck_assert_int_eq(exit_of(pid), 128 + SIGKILL);
	ck_assert(fs_exists(sock));
	pid = serve();
	ck_assert_int_eq(fetch("/healthz", "*/*"), 200);
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_of(pid), 0);
}
END_TEST

START_TEST(broken_peers_break_nothing)
{
	static const char *const junk[] =
		{"", "GET / HTTP/1.1\r\n\r\n", "\1\1\0\1\0\10\0",
		 "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\4\0\1\377\377\0\0abc"};
	static const size_t len[] = {0, 18, 7, 27};
	pid_t pid = serve();

	for (int i = 0; i < 40; i++) {
		int fd = connect_soon(sock);

		(void)!send(fd, junk[i % 4], len[i % 4], MSG_NOSIGNAL);
		close(fd);
	}
	for (int i = 0; i < 20; i++) { /* asks, and does not listen */
		int fd = connect_soon(sock);

		fcgi_get(fd, "/login", "", "text/html");
		close(fd);
	}
	ck_assert_int_eq(fetch("/healthz", "*/*"), 200);
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_of(pid), 0);
}
END_TEST

/* A web server that starts it keeps the listening socket: nothing waits. */
START_TEST(on_fd_0_it_serves_and_does_not_park)
{
	struct workspace w = create(&ann_who, "a");
	int listener;
	pid_t pid;

	sock = site_run_file(cx, "given.sock");
	ok(socket_listen(cx, sock, 0660, false, &listener));
	pid = launch("roost.fcgi", NULL, listener);
	close(listener);
	ck_assert_int_eq(fetch("/api/v1/session", "*/*"), 200);
	ck_assert_int_eq(fetch(arena_printf(&cx->arena,
					    "/api/v1/workspaces/%s/"
					    "status?since="
					    "%lld&wait=25",
					    w.id, (long long)w.rev),
			       "*/*"),
			 200);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "Retry-After: 2\r\n"));
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_of(pid), 0);
	ck_assert(fs_exists(sock)); /* not ours to remove */
}
END_TEST

/* in: its standard input. */
static void
check_plain_cgi(int in)
{
	int out[2];
	char answer[65536] = "";
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	program_path("roost.fcgi");
	if ((pid = fork()) == 0) {
		setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
		setenv("REQUEST_METHOD", "GET", 1);
		setenv("REQUEST_URI", "/api/v1/session", 1);
		setenv("HTTP_COOKIE", ann_cookie, 1);
		setenv("ROOST_SITE", t.dir, 1);
		dup2(in, 0);
		dup2(out[1], 1);
		dup2(open("/dev/null", O_RDWR), 2);
		/* a query without "=" becomes arguments */
		execl(bin, bin, "--site", "/nowhere", "--socket", "/tmp/x",
		      (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	while ((got = read(out[0], answer + n, sizeof(answer) - 1 - n)) > 0)
		n += (size_t)got;
	close(out[0]);
	ck_assert_int_eq(exit_of(pid), 0);
	ck_assert(strncmp(answer, "Status: 200 OK\r\n", 16) == 0);
	ck_assert_ptr_nonnull(strstr(answer, "\"username\":\"ann\""));
}

/* Apache's mod_cgid hands the input over as a socket. */
START_TEST(plain_cgi)
{
	int null = open("/dev/null", O_RDONLY), pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	check_plain_cgi(null);
	check_plain_cgi(pair[0]);
	close(null);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(the_gate_is_a_program_of_its_own)
{
	pid_t pid;

	sock = site_run_file(cx, "gate.sock");
	pid = launch("roost-gate.fcgi", sock, -1);
	ck_assert_int_eq(fetch("/w/", "*/*"), 404);
	kill(pid, SIGTERM);
	ck_assert_int_eq(exit_of(pid), 0);
}
END_TEST

START_TEST(options_are_explained)
{
	const struct {
		int argc;
		const char *argv[4];
		bool good;
	} rows[] = {
		{3, {"x", "--site", "/s"}, true},
		{2, {"x", "--site"}, false},
		{1, {"x"}, false},
		{3, {"x", "--colour", "red"}, false},
		{3, {"x", "--mode", "999"}, false},
	};

	unsetenv("ROOST_SITE");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct options o = {0};
		enum err e =
			io_options(cx, rows[i].argc,
				   (char *const *)(uintptr_t)rows[i].argv, &o);

		ck_assert_int_eq(e, rows[i].good ? OK : ERR_CONFIG);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] =
		{serves_and_ends_on_sigterm,
		 the_end_answers_those_who_wait,
		 a_killed_one_is_followed_a_living_one_is_not,
		 broken_peers_break_nothing,
		 on_fd_0_it_serves_and_does_not_park,
		 plain_cgi,
		 the_gate_is_a_program_of_its_own,
		 options_are_explained};

	return run_cgi("cgi_program", tests, sizeof(tests) / sizeof(*tests));
}
