/*
 * What every store promises (archive.h), put to each of them: another kind is
 * one more row of subjects[].
 */
#include "support/archfix.h"
#include "support/fake_store.h"

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

static const struct subject {
	const struct store_ops *s;
	void (*damage)(const char *key);
} subjects[] = {
	{&store_dir, damage_dir},
	{&store_fake, fake_store_damage},
};
#define N_SUBJECTS ((int)(sizeof(subjects) / sizeof(subjects[0])))

static const struct store_ops *s;

static void
begin(int i)
{
	s = subjects[i].s;
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

	ok(s->put_open(cx, key, &w));
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

	ok(s->put_meta(cx, key, json, strlen(json)));
}

static void
holds(const char *key, const char *text)
{
	struct store_reader *r;
	char got[100];
	size_t n = 1, all = 0;

	ok(s->get_open(cx, key, &r));
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
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, &m));
	ck_assert_int_eq(m.size, 77);
	fails(ERR_NOT_FOUND, s->get_open(cx, KEY, &r));
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
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, &m));
	lists(keys, 3);
	put_marker(KEY, TEXT);
	ok(s->get_meta(cx, KEY, &m));
	ck_assert_str_eq(m.sha256, want.sha256);
	ck_assert_int_eq(m.size, want.size);
	holds(KEY, TEXT);
	holds(KEY2, "another");
	holds(KEY0, "");
	ok(s->verify(cx, KEY, &m, NULL));
	lists(keys, 3);
}
END_TEST

START_TEST(unfinished_is_listed_and_replaced)
{
	const char *const keys[] = {KEY};
	struct store_writer *w;
	struct store_reader *r;
	struct archive_meta m = meta_of(TEXT);

	begin(_i);
	ok(s->put_open(cx, KEY, &w));
	ok(s->put_write(cx, w, "half", 4));
	s->put_abort(w);
	s->put_abort(NULL);
	lists(keys, 1);
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, &m));
	fails(ERR_NOT_FOUND, s->get_open(cx, KEY, &r));
	put(KEY, TEXT);
	holds(KEY, TEXT);
	ok(s->remove(cx, KEY));
	lists(NULL, 0);
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
	ok(s->put_open(cx, KEY, &w));
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, &m));
	ok(s->put_write(cx, w, "new", 3));
	ok(s->put_close(cx, w));
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, &m));
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
	fails(ERR_NOT_FOUND, s->get_meta(cx, KEY, &m));
	ok(s->get_meta(cx, KEY2, &m));
	holds(KEY2, TEXT);
}
END_TEST

START_TEST(damage_is_seen)
{
	struct archive_meta m;

	begin(_i);
	put(KEY, TEXT);
	put_marker(KEY, TEXT);
	ok(s->get_meta(cx, KEY, &m));
	subjects[_i].damage(KEY);
	fails(ERR_CORRUPT, s->verify(cx, KEY, &m, NULL));
	put(KEY, TEXT "longer");
	fails(ERR_CORRUPT, s->verify(cx, KEY, &m, NULL));
	ok(s->put_meta(cx, KEY, "garbage", 7));
	fails(ERR_CORRUPT, s->get_meta(cx, KEY, &m));
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
		fails(ERR_INVALID, s->put_open(cx, keys[i], &w));
		fails(ERR_INVALID, s->put_meta(cx, keys[i], "{}", 2));
		fails(ERR_INVALID, s->get_meta(cx, keys[i], &m));
		fails(ERR_INVALID, s->get_open(cx, keys[i], &r));
		fails(ERR_INVALID, s->verify(cx, keys[i], &m, NULL));
		fails(ERR_INVALID, s->remove(cx, keys[i]));
	}
	lists(NULL, 0);
}
END_TEST

START_TEST(a_home_goes_there_and_back)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m, again;

	begin(_i);
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

	tcase_add_checked_fixture(c, fix_open, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, nothing_is_absent_not_failed, 0, N_SUBJECTS);
	tcase_add_loop_test(c, what_is_put_is_there, 0, N_SUBJECTS);
	tcase_add_loop_test(c, unfinished_is_listed_and_replaced, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, writing_anew_takes_the_marker_away, 0,
			    N_SUBJECTS);
	tcase_add_loop_test(c, removing_may_be_repeated, 0, N_SUBJECTS);
	tcase_add_loop_test(c, damage_is_seen, 0, N_SUBJECTS);
	tcase_add_loop_test(c, keys_are_checked, 0, N_SUBJECTS);
	tcase_add_loop_test(c, a_home_goes_there_and_back, 0, N_SUBJECTS);
	suite_add_tcase(su, c);
	return run_suite(su);
}
