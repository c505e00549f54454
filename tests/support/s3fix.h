/* The store on S3 before one that misbehaves (fake_s3.h). Header only. */
#ifndef SUPPORT_S3FIX_H
#define SUPPORT_S3FIX_H

#include "archive/s3_object.h"
#include "base/clock.h"
#include "support/archfix.h"
#include "support/fake_s3.h"
#include "support/s3box.h"

#define TEXT "forty bytes that are as good as any other"
#define OBJECT "archives/" KEY "/home.tar.zst"
#define MIB ((size_t)1 << 20)

FIX const struct store_ops *const s = &store_s3;

FIX void
up(void)
{
	fake_s3_start();
	tmpsite_open(&t, s3box_conf("bucket", fake_s3_url()));
	cx = &t.cx;
	s3box_keys(&t, "KEY", "SECRET");
	ok(s->probe(cx));
}

FIX void
down(void)
{
	tmpsite_close(&t);
	fake_s3_stop();
}

/* The next `times` requests of this kind go wrong in this way. */
FIX void
trouble(enum fake_s3_how how, const char *method, const char *match, int times)
{
	fake_s3.how = how;
	fake_s3.method = method;
	fake_s3.match = match;
	fake_s3.times = times;
	fake_s3.hits = 0;
}

FIX void
says(int status, const char *code, const char *method, const char *match,
     int times)
{
	fake_s3.status = status;
	fake_s3.code = code;
	trouble(FAKE_S3_SAYS, method, match, times);
}

FIX void
calm(void)
{
	fake_s3.times = 0;
}

FIX char *
many(size_t n)
{
	char *p = malloc(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 11);
	return p;
}

FIX struct archive_meta
meta_of(const char *p, size_t n)
{
	struct archive_meta m = {.size = (int64_t)n};

	id_hash(p, n, m.sha256);
	return m;
}

FIX enum err
try_put(const char *p, size_t n, const struct progress *pg)
{
	struct store_writer *w;
	enum err e;

	if ((e = s->put_open(cx, KEY, pg, &w)))
		return e;
	if ((e = s->put_write(cx, w, p, n))) {
		s->put_abort(w);
		return e;
	}
	return s->put_close(cx, w);
}

FIX enum err
try_get(char *p, size_t max, size_t *all)
{
	struct store_reader *r;
	size_t n = 1;
	enum err e;

	if ((e = s->get_open(cx, KEY, NULL, &r)))
		return e;
	for (*all = 0; !e && n; *all += n)
		if ((e = s->get_read(cx, r, p + *all, max - *all, &n)))
			n = 0;
	s->get_close(r);
	return e;
}

FIX void
comes_back(const char *p, size_t n)
{
	char *q = malloc(n + 1);
	size_t all;

	ok(try_get(q, n + 1, &all));
	ck_assert_uint_eq(all, n);
	ck_assert_int_eq(memcmp(p, q, n), 0);
	free(q);
}

FIX void
why_has(const char *what)
{
	ck_assert_msg(strstr(cx->why, what) != NULL, "no \"%s\" in: %s", what,
		      cx->why);
	ck_assert_msg(!strstr(cx->why, "SECRET"), "%s", cx->why);
}

#define refuses(code, call, what)                                              \
	do {                                                                   \
		enum err e_ = (call);                                          \
		ck_assert_msg(e_ == (code), "%s: %s: %s", #call, err_name(e_), \
			      cx->why);                                        \
		why_has(what);                                                 \
		cx_clear(cx);                                                  \
	} while (0)

FIX int
s3_suite(const char *name, void (*add)(TCase *c))
{
	Suite *su = suite_create(name);
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, up, down);
	tcase_set_timeout(c, 180);
	add(c);
	suite_add_tcase(su, c);
	return run_suite(su);
}

#define EACH(test, table)                                                      \
	tcase_add_loop_test(c, test, 0,                                        \
			    (int)(sizeof(table) / sizeof((table)[0])))

#endif
