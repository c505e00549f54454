/*
 * What every store promises (archive.h), put to each of them: another kind is
 * one more row of subjects[].
 */
#include "archive/s3_object.h"
#include "support/archfix.h"
#include "support/fake_store.h"
#include "support/s3box.h"

#define KEY2                                                                   \
	"11111111-1111-4111-8111-111111111111/"                                \
	"33333333-3333-4333-8333-333333333333"
#define KEY0                                                                   \
	"01111111-1111-4111-8111-111111111111/"                                \
	"33333333-3333-4333-8333-333333333333"

static void
damage_dir(const char *key)
{
	int fd = open(arena_printf(&cx->arena, "%s/%s/home.tar.zst",
				   t.site.archives_dir, key),
		      O_RDWR);
	char c;

	ck_assert_int_eq(pread(fd, &c, 1, 30), 1);
	c ^= 1;
	ck_assert_int_eq(pwrite(fd, &c, 1, 30), 1);
	close(fd);
}

/* Other bytes under the same name: nobody can be made to keep wrong ones. */
static void
damage_s3(const char *key)
{
	const char *name = arena_printf(&cx->arena, "%s/home.tar.zst", key);
	struct s3_ask ask = {.what = "read",
			     .method = "GET",
			     .object = name,
			     .most = (size_t)256 << 20};
	struct http_answer a;
	struct s3 *s3;

	ok(s3_open(cx, &s3));
	ok(s3_do(cx, s3, &ask, NULL, &a));
	a.body.data[30] ^= 1;
	ok(s3_put(cx, s3, name, a.body.data, a.body.len, NULL, NULL));
	http_free(&a);
}

static void
open_plain(void)
{
	fix_open();
}

static void
open_s3(void)
{
	s3box_open(&t, NULL);
	cx = &t.cx;
}

static void
open_s3_read_back(void)
{
	s3box_open(&t, "s3_read_back = yes\n");
	cx = &t.cx;
}

static const struct subject {
	const struct store_ops *s;
	void (*open)(void);
	void (*damage)(const char *key);
} subjects[] = {
	{&store_dir, open_plain, damage_dir},
	{&store_s3, open_s3, damage_s3},
	{&store_s3, open_s3_read_back, damage_s3},
	{&store_fake, open_plain, fake_store_damage},
};
#define N_SUBJECTS ((int)(sizeof(subjects) / sizeof(subjects[0])))

static const struct store_ops *s;

static void
begin(int i)
{
	s = subjects[i].s;
	subjects[i].open();
	ok(s->probe(cx));
	ok(s->probe(cx));
}

static void
teardown(void)
{
	fake_store_clear();
	fix_close();
}

static void
put(const char *key, const char *text)
{
	struct store_writer *w;

	ok(s->put_open(cx, key, NULL, &w));
	ok(s->put_write(cx, w, text, strlen(text)));
	ok(s->put_close(cx, w));
}

static struct archive_meta
meta_of(const char *text)
{
	struct archive_meta m = {.size = (int64_t)strlen(text)};

	id_hash(text, strlen(text), m.sha256);
	return m;
}

static void
put_marker(const char *key, const char *text)
{
	const char *json =
		arena_printf(&cx->arena,
			     "{\"format\":\"tar.zst/"
			     "1\",\"sha256\":\"%s\",\"size\":%zu,"
			     "\"content\":5,\"files\":1,\"skipped\":0,"
			     "\"created_at\":\"2026-01-02T03:04:05.678Z\"}",
			     meta_of(text).sha256, strlen(text));

	ok(s->put_meta(cx, key, json, strlen(json), NULL));
}

static void
holds(const char *key, const char *text)
{
	struct store_reader *r;
	char got[100];
	size_t n = 1, all = 0;

	ok(s->get_open(cx, key, NULL, &r));
	while (n) {
		ok(s->get_read(cx, r, got + all, 7, &n));
		all += n;
	}
	s->get_close(r);
	got[all] = '\0';
	ck_assert_str_eq(got, text);
}

static void
lists(const char *const want[], size_t n)
{
	struct archive_names l;
	size_t i;

	ok(s->list(cx, &l));
	ck_assert_uint_eq(l.n, n);
	for (i = 0; i < n; i++)
		ck_assert_str_eq(l.v[i], want[i]);
}

#define TEXT "forty bytes that are as good as any other"

START_TEST(nothing_is_absent_not_failed)
{
	struct archive_meta m = {.size = 77};
	struct store_reader *r;

	begin(_i);
	lists(NULL, 0);
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, NULL, &m));
	ck_assert_int_eq(m.size, 77);
	fails(ERR_NOT_FOUND, s->get_open(cx, KEY, NULL, &r));
	fails(ERR_NOT_FOUND, s->verify(cx, KEY, &m, NULL));
	ok(s->remove(cx, KEY));
}
END_TEST

START_TEST(what_is_put_is_there)
{
	const char *const keys[] = {KEY0, KEY, KEY2};
	struct archive_meta m, want = meta_of(TEXT);

	begin(_i);
	put(KEY2, "another");
	put(KEY, TEXT);
	put(KEY0, "");
	/* Without its marker it does not exist, but it can be listed. */
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, NULL, &m));
	lists(keys, 3);
	put_marker(KEY, TEXT);
	ok(s->get_meta(cx, KEY, NULL, &m));
	ck_assert_str_eq(m.sha256, want.sha256);
	ck_assert_int_eq(m.size, want.size);
	holds(KEY, TEXT);
	holds(KEY2, "another");
	holds(KEY0, "");
	ok(s->verify(cx, KEY, &m, NULL));
	lists(keys, 3);
}
END_TEST

/* More than a store that works in parts keeps back. */
static void
write_much(struct store_writer *w)
{
	size_t n = (size_t)3 << 20, i;
	char *p = malloc(n);

	memset(p, 'x', n);
	for (i = 0; i < 6; i++)
		ok(s->put_write(cx, w, p, n));
	free(p);
}

START_TEST(unfinished_is_listed_and_replaced)
{
	const char *const keys[] = {KEY};
	struct store_writer *w;
	struct store_reader *r;
	struct archive_meta m = meta_of(TEXT);
	struct archive_names l;

	begin(_i);
	ok(s->put_open(cx, KEY, NULL, &w));
	write_much(w);
	lists(keys, 1);
	s->put_abort(w);
	s->put_abort(NULL);
	/* What is left of it may be nothing, but is never an archive. */
	ok(s->list(cx, &l));
	ck_assert_uint_le(l.n, 1);
	ck_assert(!l.n || !l.fact[0].marked);
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, NULL, &m));
	fails(ERR_NOT_FOUND, s->get_open(cx, KEY, NULL, &r));
	put(KEY, TEXT);
	holds(KEY, TEXT);
	ok(s->remove(cx, KEY));
	lists(NULL, 0);
}
END_TEST

/* Whoever began it was killed: the next one begins anew. */
START_TEST(what_somebody_left_is_in_nobodys_way)
{
	struct store_writer *left, *w;

	begin(_i);
	ok(s->put_open(cx, KEY, NULL, &left));
	write_much(left);
	ok(s->put_open(cx, KEY, NULL, &w));
	ok(s->put_write(cx, w, TEXT, strlen(TEXT)));
	ok(s->put_close(cx, w));
	holds(KEY, TEXT);
	s->put_abort(left);
	holds(KEY, TEXT);
	ok(s->remove(cx, KEY));
	lists(NULL, 0);
}
END_TEST

/* GC removes what a killed worker left. */
START_TEST(what_somebody_left_can_be_removed)
{
	const char *const keys[] = {KEY};
	struct store_writer *left;

	begin(_i);
	ok(s->put_open(cx, KEY, NULL, &left));
	write_much(left);
	lists(keys, 1);
	ok(s->remove(cx, KEY));
	lists(NULL, 0);
	s->put_abort(left);
	lists(NULL, 0);
}
END_TEST

/* A stream in pieces of all sizes, of several parts. */
START_TEST(large_ones_come_back_as_they_were)
{
	size_t n = ((size_t)21 << 20) + 12345, at = 0, some = 1;
	struct archive_meta m = {.size = (int64_t)n};
	struct store_writer *w;
	struct store_reader *r;
	char *p = malloc(n), *q = malloc(n + 1);
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 13);
	id_hash(p, n, m.sha256);
	begin(_i);
	ok(s->put_open(cx, KEY, NULL, &w));
	for (; at < n; at += some, some = some * 3 + 1) {
		if (some > n - at)
			some = n - at;
		ok(s->put_write(cx, w, p + at, some));
	}
	ok(s->put_close(cx, w));
	ok(s->verify(cx, KEY, &m, NULL));
	ok(s->get_open(cx, KEY, NULL, &r));
	for (at = 0, some = 1; some; at += some)
		ok(s->get_read(cx, r, q + at, n + 1 - at, &some));
	s->get_close(r);
	ck_assert_uint_eq(at, n);
	ck_assert_int_eq(memcmp(p, q, n), 0);
	free(p);
	free(q);
}
END_TEST

START_TEST(a_listing_says_what_there_is)
{
	struct archive_names l;

	begin(_i);
	put(KEY, TEXT);
	put_marker(KEY, TEXT);
	put(KEY2, "");
	ok(s->list(cx, &l));
	ck_assert_uint_eq(l.n, 2);
	ck_assert(l.fact[0].marked && !l.fact[1].marked);
	ck_assert_int_eq(l.fact[0].size, (int64_t)strlen(TEXT));
	ck_assert_int_eq(l.fact[1].size, 0);
}
END_TEST

/* From the first step of a new object on, the old one is not to be believed. */
START_TEST(writing_anew_takes_the_marker_away)
{
	struct archive_meta m;
	struct store_writer *w;

	begin(_i);
	put(KEY, TEXT);
	put_marker(KEY, TEXT);
	ok(s->put_open(cx, KEY, NULL, &w));
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, NULL, &m));
	ok(s->put_write(cx, w, "new", 3));
	ok(s->put_close(cx, w));
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, NULL, &m));
	holds(KEY, "new");
}
END_TEST

START_TEST(removing_may_be_repeated)
{
	const char *const left[] = {KEY2};
	struct archive_meta m;

	begin(_i);
	put(KEY, TEXT);
	put_marker(KEY, TEXT);
	put(KEY2, TEXT);
	put_marker(KEY2, TEXT);
	ok(s->remove(cx, KEY));
	ok(s->remove(cx, KEY));
	lists(left, 1);
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, NULL, &m));
	ok(s->get_meta(cx, KEY2, NULL, &m));
	holds(KEY2, TEXT);
}
END_TEST

START_TEST(damage_is_seen)
{
	struct archive_meta m;

	begin(_i);
	put(KEY, TEXT);
	put_marker(KEY, TEXT);
	ok(s->get_meta(cx, KEY, NULL, &m));
	subjects[_i].damage(KEY);
	fails(ERR_CORRUPT, s->verify(cx, KEY, &m, NULL));
	put(KEY, TEXT "longer");
	fails(ERR_CORRUPT, s->verify(cx, KEY, &m, NULL));
	ok(s->put_meta(cx, KEY, "garbage", 7, NULL));
	fails(ERR_CORRUPT, s->get_meta(cx, KEY, NULL, &m));
}
END_TEST

START_TEST(keys_are_checked)
{
	static const char *const keys[] =
		{"",	    "x",
		 "../" KEY, KEY "/",
		 KEY "x",   "/" KEY,
		 "..",	    "11111111-1111-4111-8111-111111111111"};
	struct archive_meta m = meta_of(TEXT);
	struct store_writer *w;
	struct store_reader *r;
	size_t i;

	begin(_i);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		fails(ERR_INVALID, s->put_open(cx, keys[i], NULL, &w));
		fails(ERR_INVALID, s->put_meta(cx, keys[i], "{}", 2, NULL));
		fails(ERR_INVALID, s->get_meta(cx, keys[i], NULL, &m));
		fails(ERR_INVALID, s->get_open(cx, keys[i], NULL, &r));
		fails(ERR_INVALID, s->verify(cx, keys[i], &m, NULL));
		fails(ERR_INVALID, s->remove(cx, keys[i]));
	}
	lists(NULL, 0);
}
END_TEST

START_TEST(a_home_goes_there_and_back)
{
	const char *home, *back;
	struct archive_meta m, again;

	begin(_i);
	home = new_dir("home");
	back = new_dir("back");
	tree_make(home, 77, 60);
	ok(archive_pack(cx, s, KEY, home, 3, NULL, &m));
	ok(archive_unpack(cx, s, KEY, back, -1, NULL, &again));
	ck_assert_str_eq(m.sha256, again.sha256);
	same_trees(home, back);
	subjects[_i].damage(KEY);
	fails(ERR_CORRUPT,
	      archive_unpack(cx, s, KEY, new_dir("back"), -1, NULL, &again));
}
END_TEST

int
main(void)
{
	Suite *su = suite_create("archive_contract");
	TCase *c = tcase_create("all");
	int failed;

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_set_timeout(c, 180);
	tcase_add_loop_test(c, nothing_is_absent_not_failed, 0, N_SUBJECTS);
	tcase_add_loop_test(c, what_is_put_is_there, 0, N_SUBJECTS);
	tcase_add_loop_test(c, unfinished_is_listed_and_replaced, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, writing_anew_takes_the_marker_away, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, what_somebody_left_is_in_nobodys_way, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, what_somebody_left_can_be_removed, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, large_ones_come_back_as_they_were, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, a_listing_says_what_there_is, 0, N_SUBJECTS);
	tcase_add_loop_test(c, removing_may_be_repeated, 0, N_SUBJECTS);
	tcase_add_loop_test(c, damage_is_seen, 0, N_SUBJECTS);
	tcase_add_loop_test(c, keys_are_checked, 0, N_SUBJECTS);
	tcase_add_loop_test(c, a_home_goes_there_and_back, 0, N_SUBJECTS);
	suite_add_tcase(su, c);
	s3box_start();
	failed = run_suite(su);
	s3box_stop();
	return failed;
}
