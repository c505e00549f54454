/*
 * Packing and restoring a home against `tar | zstd -T0 -3` on the same tree,
 * in turns; and the memory of both for a tree and for four times that tree.
 *
 * BENCH_MB: size of the tree (default 256). Ours also walks the tree before,
 * hashes, and reads the archive back from the disk; the floor does not.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/fs.h"
#include "support/tmpsite.h"

#define KEY                                                                    \
	"11111111-1111-4111-8111-111111111111/"                                \
	"22222222-2222-4222-8222-222222222222"
#define ROUNDS 3

static struct tmpsite t;
static struct cx *cx;

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, cx->why);
	exit(1);
}

static void
fine(enum err e)
{
	must(!e, err_name(e));
}

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static const char *
in(const char *name)
{
	return arena_printf(&cx->arena, "%s/%s", t.dir, name);
}

/* ---- a tree like a programmer's home: text, small files, some large ---- */

static unsigned
next(unsigned *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed >> 4;
}

static void
fill_text(char *p, size_t n, unsigned *seed)
{
	static char words[2048][8];
	unsigned dict = 99, i, j;
	size_t at = 0;

	for (i = 0; !words[2047][0] && i < 2048; i++)
		for (j = 0; j < 3 + i % 5; j++)
			words[i][j] = (char)('a' + next(&dict) % 26);
	while (at < n) {
		const char *w = words[(next(seed) & next(seed)) % 2048];
		size_t len = strlen(w);

		if (len > n - at)
			len = n - at;
		memcpy(p + at, w, len);
		at += len;
		if (at < n)
			p[at++] = next(seed) % 9 ? ' ' : '\n';
	}
}

static void
fill_noise(char *p, size_t n, unsigned *seed)
{
	while (n--)
		*p++ = (char)next(seed);
}

static size_t
size_of_next(unsigned *seed)
{
	unsigned k = next(seed) % 200;

	if (k == 0)
		return (size_t)4 << 20;
	if (k < 5)
		return (size_t)256 << 10;
	return next(seed) % 16384;
}

static void
make_tree(const char *root, size_t mb, unsigned seed)
{
	size_t left = mb << 20, i = 0;
	char *p = malloc((size_t)4 << 20);
	char path[512];

	while (left) {
		size_t n = size_of_next(&seed);
		int fd;

		if (n > left)
			n = left;
		if (i % 50 == 0) {
			snprintf(path, sizeof(path), "%s/d%zu", root, i / 50);
			must(!mkdir(path, 0755), path);
		}
		snprintf(path, sizeof(path), "%s/d%zu/f%zu", root, i / 50, i);
		(i % 5 ? fill_text : fill_noise)(p, n, &seed);
		fd = open(path, O_WRONLY | O_CREAT, 0644);
		must(fd >= 0 && write(fd, p, n) == (ssize_t)n, path);
		close(fd);
		left -= n;
		i++;
	}
	free(p);
}

/* ---- the floor ---- */

static void
start(const char *const argv[], int input, int output)
{
	if (fork())
		return;
	if (input >= 0)
		dup2(input, 0);
	if (output >= 0)
		dup2(output, 1);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
pipeline(const char *const a[], const char *const b[])
{
	int p[2], status;

	must(!pipe2(p, O_CLOEXEC), "pipe");
	start(a, -1, p[1]);
	start(b, p[0], -1);
	close(p[0]);
	close(p[1]);
	must(wait(&status) > 0 && !status && wait(&status) > 0 && !status,
	     "the floor");
}

static void
sync_all(const char *path)
{
	int fd = open(path, O_RDONLY);

	must(fd >= 0 && !syncfs(fd), "sync");
	close(fd);
}

static double
floor_pack(const char *home, const char *to)
{
	const char *a[] = {"tar", "-C", home, "-cf", "-", ".", NULL};
	const char *b[] = {"zstd", "-q", "-T0", "-3", "-f", "-o", to, NULL};
	double since = now_ms();

	pipeline(a, b);
	sync_all(to);
	return now_ms() - since;
}

static double
floor_unpack(const char *from, const char *to)
{
	const char *a[] = {"zstd", "-q", "-dc", from, NULL};
	const char *b[] = {"tar", "-C", to, "-xf", "-", NULL};
	double since = now_ms();

	pipeline(a, b);
	sync_all(to);
	return now_ms() - since;
}

/* ---- ours ---- */

static double verify_ms;

static enum err
timed_verify(struct cx *c, const char *key, const struct archive_meta *meta,
	     const struct progress *pg)
{
	double since = now_ms();
	enum err e = store_dir.verify(c, key, meta, pg);

	verify_ms = now_ms() - since;
	return e;
}

static double
our_pack(const char *home, struct archive_meta *m)
{
	struct store_ops store = store_dir;
	double since;

	store.verify = timed_verify;
	fine(store.remove(cx, KEY));
	since = now_ms();
	fine(archive_pack(cx, &store, KEY, home, 3, NULL, m));
	return now_ms() - since;
}

static double
our_unpack(const char *to)
{
	struct archive_meta m;
	double since = now_ms();

	fine(archive_unpack(cx, &store_dir, KEY, to, -1, NULL, &m));
	return now_ms() - since;
}

static const char *
empty_dir(const char *name)
{
	const char *path = in(name);

	fine(fs_remove_tree(cx, path, NULL, NULL));
	fine(fs_mkdir(cx, path, 0700));
	sync_all(path);
	return path;
}

/* ---- memory: greatest resident set of a process that does just this ---- */

static double
memory_of(bool packing, const char *home)
{
	struct archive_meta m;
	struct rusage u;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (packing)
			our_pack(home, &m);
		else
			our_unpack(empty_dir("back"));
		_exit(0);
	}
	must(wait4(pid, &status, 0, &u) == pid && !status, "memory");
	return (double)u.ru_maxrss / 1024;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double v[ROUNDS])
{
	qsort(v, ROUNDS, sizeof(v[0]), by_size);
	return v[ROUNDS / 2];
}

static void
time_all(const char *home)
{
	double fp[ROUNDS], fu[ROUNDS], op[ROUNDS], ou[ROUNDS], all[ROUNDS];
	const char *floor_file = in("floor.tar.zst");
	struct archive_meta m;
	struct stat st;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		fp[i] = floor_pack(home, floor_file);
		all[i] = our_pack(home, &m);
		op[i] = all[i] - verify_ms;
		fu[i] = floor_unpack(floor_file, empty_dir("back"));
		ou[i] = our_unpack(empty_dir("back"));
	}
	must(!stat(floor_file, &st), "the floor's archive");
	printf("bench pack %.0f %.0f ms 1.12 tar | zstd -T0 -3, synced\n",
	       median(op), median(fp));
	printf("bench pack_and_read_back %.0f %.0f ms - the same\n",
	       median(all), median(fp));
	printf("bench unpack %.0f %.0f ms 1.35 zstd -d | tar -x, synced\n",
	       median(ou), median(fu));
	printf("bench archive_size %.1f %.1f MB 1.05 the same\n",
	       (double)m.size / 1e6, (double)st.st_size / 1e6);
	printf("%lld files, %lld bytes\n", (long long)m.files,
	       (long long)m.content);
}

static void
weigh_all(const char *home, size_t mb)
{
	double pack1 = memory_of(true, home), unpack1, pack4, unpack4;
	unsigned i;

	unpack1 = memory_of(false, home);
	for (i = 2; i <= 4; i++) {
		const char *more = arena_printf(&cx->arena, "%s/x%u", home, i);

		fine(fs_mkdir(cx, more, 0755));
		make_tree(more, mb, i * 77);
	}
	pack4 = memory_of(true, home);
	unpack4 = memory_of(false, home);
	printf("bench memory_pack_4x %.1f %.1f MB 1.3 a quarter of the "
	       "tree\n",
	       pack4, pack1);
	printf("bench memory_unpack_4x %.1f %.1f MB 1.3 a quarter of the "
	       "tree\n",
	       unpack4, unpack1);
}

int
main(void)
{
	const char *env = getenv("BENCH_MB"), *home;
	size_t mb = env ? strtoul(env, NULL, 10) : 256;

	tmpsite_open(&t, NULL);
	cx = &t.cx;
	fine(store_dir.probe(cx));
	home = empty_dir("home");
	make_tree(home, mb, 1);
	sync_all(home);
	time_all(home);
	weigh_all(home, mb);
	tmpsite_close(&t);
	return 0;
}
