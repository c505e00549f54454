/*
 * The process engine: a look at ten thousand instances that are alive, and
 * what starting one costs beyond its sandbox.
 *
 * Those that are looked at are locks held by helpers: to the engine they are
 * instances like any other, with a record, a slot and a socket's link.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "engine/engine.h"
#include "support/tmpsite.h"

#define ALIVE 10000
#define PER_HELPER 500
#define HELPERS (ALIVE / PER_HELPER)
#define TIMES 7
#define STARTS 15

static struct tmpsite t;
static pid_t helpers[HELPERS];

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s %s\n", what, strerror(errno), t.cx.why);
	exit(1);
}

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}

static const char *
id_of(int n)
{
	static char id[37];

	snprintf(id, sizeof(id), "%08x-0000-4000-8000-000000000001",
		 (unsigned)n);
	return id;
}

static void
path_of(char *out, const char *folder, int n, const char *suffix)
{
	snprintf(out, 200, "%s/run/%s%s%s", t.dir, folder, id_of(n), suffix);
}

static void
instance(int n)
{
	char path[200], text[300];
	int fd;

	path_of(path, "", n, ".alive");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd >= 0 && !flock(fd, LOCK_EX), path);
	path_of(path, "ws/", n, "");
	must(!mkdir(path, 0700), path);
	path_of(path, "", n, ".status");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	snprintf(text, sizeof(text),
		 "{ \"launcher\": 1, \"launcher-start\": 1, \"wall-ms\": 5, "
		 "\"boot\": \"%s\" }\n{ \"child-pid\": 2, \"a\": 3 }\n",
		 clock_boot_id());
	must(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
	close(fd);
}

/* Each holds the locks of its share until it is killed. */
static void
make_instances(void)
{
	int fd[2], i, n;
	char c;

	must(!pipe(fd), "pipe");
	for (i = 0; i < HELPERS; i++) {
		helpers[i] = fork();
		must(helpers[i] >= 0, "fork");
		if (helpers[i])
			continue;
		for (n = 0; n < PER_HELPER; n++)
			instance(i * PER_HELPER + n);
		must(write(fd[1], "x", 1) == 1, "write");
		for (;;)
			pause();
	}
	for (i = 0; i < HELPERS; i++)
		must(read(fd[0], &c, 1) == 1, "read");
	close(fd[0]);
	close(fd[1]);
}

static void
end_instances(void)
{
	int i;

	for (i = 0; i < HELPERS; i++) {
		kill(helpers[i], SIGKILL);
		waitpid(helpers[i], NULL, 0);
	}
}

/* The least that a look at a lock costs: open, flock, close. */
static double
floor_of_list(void)
{
	double began = now_ms();
	char path[200];
	int n, fd;

	for (n = 0; n < ALIVE; n++) {
		path_of(path, "", n, ".alive");
		fd = open(path, O_RDONLY | O_CLOEXEC);
		must(fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) &&
			     errno == EWOULDBLOCK,
		     path);
		close(fd);
	}
	return now_ms() - began;
}

static double
list(void)
{
	double began = now_ms();
	struct instances all;
	enum err e = engine_process.list(&t.cx, &all);

	must(!e && all.n == ALIVE, "list");
	return now_ms() - began;
}

static void
bench_list(void)
{
	double ours[TIMES], least[TIMES];
	size_t i;

	make_instances();
	for (i = 0; i < TIMES; i++) {
		least[i] = floor_of_list();
		ours[i] = list();
	}
	end_instances();
	printf("bench engine_list_10000 %.3f %.3f ms 12 a lock looked at for "
	       "each\n",
	       median(ours, TIMES), median(least, TIMES));
	printf("%.2f us for each of %d instances\n",
	       median(ours, TIMES) * 1000 / ALIVE, ALIVE);
}

/* --- starting --- */

static double
floor_of_start(void)
{
	const char *const argv[] = {"bwrap",
				    "--unshare-all",
				    "--unshare-user",
				    "--disable-userns",
				    "--ro-bind",
				    "/",
				    "/",
				    "/bin/true",
				    NULL};
	double began = now_ms();
	int status = 1;

	must(!proc_run(&t.cx, argv, 10000, NULL, &status) && !status, "bwrap");
	return now_ms() - began;
}

static void
start_and_stop(double *start, double *stop)
{
	struct instance_spec spec = {.id = id_of(1),
				     .app = site_app(&t.site, "wsapp"),
				     .uid = -1,
				     .deadline_ms = clock_mono_ms() + 20000};
	double began = now_ms();
	struct endpoint to;

	spec.home = arena_printf(&t.cx.arena, "%s/homes/x", t.dir);
	must(!fs_mkdirs(&t.cx, spec.home, 0700), "home");
	must(!engine_process.start(&t.cx, &spec, &to), "start");
	*start = now_ms() - began;
	began = now_ms();
	must(!engine_process.stop(&t.cx, spec.id, clock_mono_ms() + 20000),
	     "stop");
	*stop = now_ms() - began;
}

static void
bench_start(void)
{
	double start[STARTS], stop[STARTS], least[STARTS];
	size_t i;

	for (i = 0; i < STARTS; i++) {
		least[i] = floor_of_start();
		start_and_stop(&start[i], &stop[i]);
	}
	printf("bench engine_start %.3f %.3f ms 12 a sandbox that runs true\n",
	       median(start, STARTS), median(least, STARTS));
	printf("bench engine_stop %.3f %.3f ms 4 a sandbox that runs true\n",
	       median(stop, STARTS), median(least, STARTS));
}

int
main(void)
{
	char conf[9000], app[4096];
	ssize_t n = readlink("/proc/self/exe", app, sizeof(app) - 1);

	must(n > 0, "/proc/self/exe");
	app[n] = '\0';
	n = strrchr(app, '/') - app;
	snprintf(conf, sizeof(conf),
		 "[app wsapp]\ncommand = %.*s/../tests/app/wsapp --socket "
		 "{socket}\nbinds = %.*s/../tests/app\n",
		 (int)n, app, (int)n, app);
	tmpsite_open(&t, conf);
	must(!engine_process.probe(&t.cx), "probe");
	bench_start();
	bench_list();
	tmpsite_close(&t);
	return 0;
}
