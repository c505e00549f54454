/*
 * A site with applications for tests of engines: a home per id, and little
 * verbs that end the test when they fail. The applications:
 *
 *   good     answers at once          slow     answers after a minute
 *   crash    ends with exit code 7    missing  its program is not there
 */
#ifndef SUPPORT_ENGSITE_H
#define SUPPORT_ENGSITE_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/sockdiag.h"
#include "engine/engine.h"
#include "support/tmpsite.h"

struct engsite {
	struct tmpsite t;
	const struct engine_ops *ops;
	int64_t uid; /* for specs; -1 */
	int guard;   /* see engsite_guard */
};

/* A daemon with a session of its own that writes into the home. */
#define ENGSITE_BEAT                                                           \
	"(setsid sh -c 'while :; do date +%%s%%N > beat; sleep 0.02; "         \
	"done') & "

#define MUST(s, call)                                                          \
	do {                                                                   \
		enum err must_ = (call);                                       \
		ck_assert_msg(!must_, "%s: %s", err_name(must_),               \
			      (s)->t.cx.why);                                  \
	} while (0)

static inline const char *
engsite_wsapp(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);

	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 16, "/app/wsapp");
	ck_assert_msg(!access(path, X_OK), "%s is not built", path);
	return path;
}

/* Ids that differ, n from 0. */
static inline const char *
engsite_id(unsigned n)
{
	static char ids[8][37];
	char *id = ids[n % 8];

	snprintf(id, 37, "%08x-0000-4000-8000-00000000000%u", 0xabc00000U + n,
		 n % 10);
	return id;
}

/* The test has ended without engsite_close: it failed. */
static inline void
engsite_clean_up(struct engsite *s)
{
	struct instances list = {.n = 0};
	size_t i;

	if (!s->ops->list(&s->t.cx, &list))
		for (i = 0; i < list.n; i++)
			if (s->ops->stop(&s->t.cx, list.v[i].id,
					 clock_mono_ms() + 5000))
				continue;
	if (fs_remove_tree(&s->t.cx, s->t.dir, NULL, NULL))
		_exit(1);
}

/* Instances outlive the test as they outlive a pass. A guard in a session of
 * its own waits for the test's end, and clears up what a failed one left. */
static inline void
engsite_guard(struct engsite *s)
{
	int fd[2];
	char c;

	ck_assert(!pipe2(fd, O_CLOEXEC));
	s->guard = fd[1];
	if (fork()) {
		close(fd[0]);
		return;
	}
	setsid();
	close(fd[1]);
	if (read(fd[0], &c, 1) == 0)
		engsite_clean_up(s);
	_exit(0);
}

/* The first of n ports of loopback that are free. They differ between tests
 * that run at once, by their process numbers, and lie where the kernel gives
 * none out by itself. */
static inline int
engsite_ports(int n)
{
	int base = 20000 + getpid() % 1200 * 10, i;

	for (i = 0; i < n; i++)
		if (!tcp_port_free((uint16_t)(base + i))) {
			base = base < 31000 ? base + 10 : 20000;
			i = -1;
		}
	return base;
}

/*
 * more: further keys of the site; apps: further sections; may be NULL. listen:
 * the options of wsapp that say where it listens.
 */
static inline void
engsite_open_at(struct engsite *s, const struct engine_ops *ops,
		const char *more, const char *apps, const char *listen)
{
	const char *app = engsite_wsapp();
	char *text = NULL;

	ck_assert_int_gt(asprintf(&text,
				  "memory_mb = 0\n%s\n"
				  "[app good]\n"
				  "command = %s %s\n"
				  "binds = %s\n"
				  "[app slow]\n"
				  "command = %s %s --slow-start 60000\n"
				  "binds = %s\n"
				  "[app crash]\n"
				  "command = /bin/sh -c \"echo it broke; "
				  "exit 7\" %s\n"
				  "[app missing]\n"
				  "command = no-such-program %s\n"
				  "%s",
				  more ? more : "", app, listen, app, app,
				  listen, app, listen, listen,
				  apps ? apps : ""),
			 0);
	tmpsite_open(&s->t, text);
	free(text);
	s->ops = ops;
	s->uid = -1;
	engsite_guard(s);
	MUST(s, ops->probe(&s->t.cx));
}

static inline void
engsite_open(struct engsite *s, const struct engine_ops *ops, const char *more,
	     const char *apps)
{
	engsite_open_at(s, ops, more, apps, "--socket {socket}");
}

static inline const char *
engsite_home(struct engsite *s, const char *id)
{
	const char *home = arena_printf(&s->t.cx.arena, "%s/ws-%s-home",
					s->t.site.homes_dir, id);

	MUST(s, fs_mkdirs(&s->t.cx, home, 0700));
	if (s->uid >= 0)
		ck_assert(!chown(home, (uid_t)s->uid, (gid_t)s->uid));
	return home;
}

/* A spec that waits up to 20 s; makes the home. */
static inline struct instance_spec
engsite_spec(struct engsite *s, const char *id, const char *app)
{
	struct instance_spec spec = {.id = id,
				     .home = engsite_home(s, id),
				     .app = site_app(&s->t.site, app),
				     .uid = s->uid,
				     .deadline_ms = clock_mono_ms() + 20000};

	ck_assert_ptr_nonnull(spec.app);
	return spec;
}

static inline struct endpoint
engsite_start(struct engsite *s, const char *id, const char *app)
{
	struct instance_spec spec = engsite_spec(s, id, app);
	struct endpoint out = {.slot = -7};

	MUST(s, s->ops->start(&s->t.cx, &spec, &out));
	return out;
}

static inline bool
engsite_alive(struct engsite *s, const char *id)
{
	bool alive = false;

	MUST(s, s->ops->alive(&s->t.cx, id, &alive));
	return alive;
}

static inline void
engsite_stop(struct engsite *s, const char *id)
{
	MUST(s, s->ops->stop(&s->t.cx, id, clock_mono_ms() + 20000));
}

static inline struct instances
engsite_list(struct engsite *s)
{
	struct instances list = {.n = 999};

	MUST(s, s->ops->list(&s->t.cx, &list));
	return list;
}

/* Waits up to 10 s until id has that many; how many it then has. */
static inline int64_t
engsite_connections(struct engsite *s, const char *id, int64_t want)
{
	int64_t until = clock_mono_ms() + 10000;
	const struct instance *one;
	struct instances list;

	for (;;) {
		list = engsite_list(s);
		one = instances_find(&list, id);
		ck_assert_ptr_nonnull(one);
		if (one->connections == want || clock_mono_ms() > until)
			return one->connections;
		clock_sleep_ms(5);
	}
}

/* A connection to "unix:/path" or "tcp:127.0.0.1:port"; -1 and errno. */
static inline int
engsite_connect(const char *address)
{
	union {
		struct sockaddr any;
		struct sockaddr_un path;
		struct sockaddr_in port;
	} a = {.any = {.sa_family = AF_UNIX}};
	const char *port = address + strlen("tcp:127.0.0.1:");
	bool tcp =
		!strncmp(address, "tcp:127.0.0.1:", strlen("tcp:127.0.0.1:"));
	int fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (tcp) {
		a.port.sin_family = AF_INET;
		a.port.sin_port = htons((uint16_t)strtol(port, NULL, 10));
		a.port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		ck_assert(!strncmp(address, "unix:", 5));
		ck_assert_uint_lt(strlen(address + 5), sizeof(a.path.sun_path));
		memcpy(a.path.sun_path, address + 5, strlen(address + 5));
	}
	if (connect(fd, &a.any, tcp ? sizeof(a.port) : sizeof(a.path))) {
		int errnum = errno;

		close(fd);
		errno = errnum;
		return -1;
	}
	return fd;
}

/* The answer to GET target with its head, "" when there was none. */
static inline const char *
engsite_get(struct engsite *s, const char *address, const char *target)
{
	char *text = arena_alloc(&s->t.cx.arena, 65536);
	int fd = engsite_connect(address);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return "";
	ck_assert_int_gt(dprintf(fd,
				 "GET %s HTTP/1.1\r\nHost: x\r\n"
				 "Connection: close\r\n\r\n",
				 target),
			 0);
	while (n < 65535 && poll(&p, 1, 10000) > 0 &&
	       (got = read(fd, text + n, 65535 - n)) > 0)
		n += (size_t)got;
	close(fd);
	return text;
}

/* Content of a file below the site's directory, "" when absent. */
static inline const char *
engsite_file(struct engsite *s, const char *name)
{
	struct buf b;
	const char *text;

	buf_init(&b, 1 << 20);
	if (fs_read(&s->t.cx,
		    arena_printf(&s->t.cx.arena, "%s/%s", s->t.dir, name), &b))
		cx_clear(&s->t.cx);
	text = arena_strdup(&s->t.cx.arena, buf_str(&b));
	buf_free(&b);
	return text;
}

/* Content of a file in the home of id, "" when absent. */
static inline const char *
engsite_in_home(struct engsite *s, const char *id, const char *name)
{
	return engsite_file(s, arena_printf(&s->t.cx.arena,
					    "homes/ws-%s-home/%s", id, name));
}

/* A process that is not this one and names the site in its command line. */
static inline bool
engsite_names(struct engsite *s, const char *pid)
{
	char path[64], text[16384];
	size_t i, n, len = strlen(s->t.dir);
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
		if (!memcmp(text + i, s->t.dir, len))
			return true;
	return false;
}

static inline int
engsite_processes(struct engsite *s)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((d = readdir(dir)))
		n += engsite_names(s, d->d_name);
	closedir(dir);
	return n;
}

/* Those that are ending may take a moment to be gone. */
static inline void
engsite_no_process(struct engsite *s)
{
	int64_t until = clock_mono_ms() + 5000;

	while (engsite_processes(s) && clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_int_eq(engsite_processes(s), 0);
}

/* Until that file of the home has something in it. */
static inline void
engsite_wait_for(struct engsite *s, const char *id, const char *name)
{
	int64_t until = clock_mono_ms() + 10000;

	while (!*engsite_in_home(s, id, name) && clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_str_ne(engsite_in_home(s, id, name), "");
}

/* The daemon of ENGSITE_BEAT is at work, or is not. */
static inline void
engsite_beats(struct engsite *s, const char *id, bool on)
{
	const char *was = engsite_in_home(s, id, "beat");
	int64_t until = clock_mono_ms() + (on ? 10000 : 300);

	while (!strcmp(engsite_in_home(s, id, "beat"), was) &&
	       clock_mono_ms() < until)
		clock_sleep_ms(5);
	ck_assert_int_eq(strcmp(engsite_in_home(s, id, "beat"), was) != 0, on);
}

/* Stops what runs, then removes all. */
static inline void
engsite_close(struct engsite *s)
{
	struct instances list = engsite_list(s);
	size_t i;

	for (i = 0; i < list.n; i++)
		engsite_stop(s, list.v[i].id);
	ck_assert_int_eq(write(s->guard, "x", 1), 1);
	close(s->guard);
	tmpsite_close(&s->t);
}

#endif
