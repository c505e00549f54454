/*
 * Archives to a real S3 server on loopback against s3cmd with the same
 * tar.zst, in turns: the transfer alone, and packing or unpacking with it.
 *
 * BENCH_MB: size of the home (default 128), of which nothing can be
 * compressed, so that the bytes on the way count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/fs.h"
#include "base/id.h"
#include "base/proc.h"
#include "support/s3box.h"

#define KEY                                                                    \
	"11111111-1111-4111-8111-111111111111/"                                \
	"22222222-2222-4222-8222-222222222222"
#define ROUNDS 3
#define MIB ((size_t)1 << 20)

static struct tmpsite t;
static struct cx *cx;

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, cx->why);
	s3box_stop();
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

static const char *
make_home(size_t mb)
{
	const char *home = in("home");
	char *p = malloc(MIB);
	size_t i;

	must(p != NULL, "memory");
	fine(fs_mkdir(cx, home, 0700));
	for (i = 0; i < mb; i++) {
		id_random(p, MIB);
		fine(fs_write_sync(cx,
				   arena_printf(&cx->arena, "%s/%zu", home, i),
				   p, MIB, 0600));
	}
	free(p);
	return home;
}

/* ---- Ours ---- */

static double
our_archive(const char *home, struct archive_meta *m)
{
	double since;

	fine(store_s3.remove(cx, KEY));
	since = now_ms();
	fine(archive_pack(cx, &store_s3, KEY, home, 3, NULL, m));
	return now_ms() - since;
}

static double
our_restore(void)
{
	const char *back = in("back");
	struct archive_meta m;
	double since;

	fine(fs_remove_tree(cx, back, NULL, NULL));
	fine(fs_mkdir(cx, back, 0700));
	since = now_ms();
	fine(archive_unpack(cx, &store_s3, KEY, back, -1, NULL, &m));
	return now_ms() - since;
}

/* The transfer alone, from and to memory. */
static double
our_get(char *p, size_t size)
{
	struct store_reader *r;
	double since = now_ms();
	size_t n = 1, at = 0;

	fine(store_s3.get_open(cx, KEY, NULL, &r));
	for (; n; at += n)
		fine(store_s3.get_read(cx, r, p + at, size + 1 - at, &n));
	store_s3.get_close(r);
	must(at == size, "the whole archive");
	return now_ms() - since;
}

static double
our_put(const char *p, size_t size)
{
	struct store_writer *w;
	double since = now_ms();

	fine(store_s3.put_open(cx, KEY, NULL, &w));
	fine(store_s3.put_write(cx, w, p, size));
	fine(store_s3.put_close(cx, w));
	return now_ms() - since;
}

/* ---- s3cmd ---- */

static double
s3cmd(const char *verb, const char *from, const char *to)
{
	const char *host = strstr(s3box_url(), "://") + 3;
	const char *argv[] = {"s3cmd",
			      arena_printf(&cx->arena, "--config=%s",
					   in("s3cfg")),
			      "--no-ssl",
			      "--no-progress",
			      "--force",
			      "--multipart-chunk-size-mb=8",
			      arena_printf(&cx->arena, "--host=%s", host),
			      arena_printf(&cx->arena, "--host-bucket=%s",
					   host),
			      "--access_key=ROOSTKEY",
			      "--secret_key=ROOSTSECRET",
			      verb,
			      from,
			      to,
			      NULL};
	double since = now_ms();
	struct buf said;
	int status;

	buf_init(&said, 1 << 20);
	fine(proc_run(cx, argv, 120000, &said, &status));
	if (status)
		fprintf(stderr, "%s\n", buf_str(&said));
	must(!status, "s3cmd");
	buf_free(&said);
	return now_ms() - since;
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
	double put[ROUNDS], get[ROUNDS], theirs_put[ROUNDS], theirs_get[ROUNDS],
		archive[ROUNDS], restore[ROUNDS];
	const char *bucket = t.site.s3_bucket, *file = in("home.tar.zst");
	const char *there =
		arena_printf(&cx->arena,
			     "s3://%s/archives/" KEY "/home.tar.zst", bucket);
	const char *other = arena_printf(&cx->arena, "s3://%s/other", bucket);
	struct archive_meta m;
	double p_put, p_get;
	char *p = NULL;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		archive[i] = our_archive(home, &m);
		restore[i] = our_restore();
		theirs_get[i] = s3cmd("get", there, file);
		theirs_put[i] = s3cmd("put", file, other);
		if (!p)
			p = malloc((size_t)m.size + MIB);
		must(p != NULL, "memory");
		get[i] = our_get(p, (size_t)m.size);
		put[i] = our_put(p, (size_t)m.size);
	}
	free(p);
	p_put = median(theirs_put);
	p_get = median(theirs_get);
	printf("bench s3_put %.0f %.0f ms 1.0 s3cmd put\n", median(put), p_put);
	printf("bench s3_get %.0f %.0f ms 1.0 s3cmd get\n", median(get), p_get);
	printf("bench s3_archive %.0f %.0f ms 1.5 s3cmd put of the tar.zst\n",
	       median(archive), p_put);
	printf("bench s3_restore %.0f %.0f ms 1.5 s3cmd get of the tar.zst\n",
	       median(restore), p_get);
	printf("%lld bytes stored\n", (long long)m.size);
}

int
main(void)
{
	const char *env = getenv("BENCH_MB");

	s3box_start();
	s3box_open(&t, NULL);
	cx = &t.cx;
	fine(store_s3.probe(cx));
	fine(fs_write_sync(cx, in("s3cfg"), "[default]\n", 10, 0600));
	time_all(make_home(env ? strtoul(env, NULL, 10) : 128));
	tmpsite_close(&t);
	s3box_stop();
	return 0;
}
