/* What is in a bucket, and whose, told by a store that misbehaves. */
#include "support/s3fix.h"

/* ---- Listings ---- */

static const char *const nonsense[] = {
	"",
	"hello",
	"<a>",
	"<ListBucketResult>",
	"<ListBucketResult/> <ListBucketResult/>",
	"<Other></Other>",
	"<!DOCTYPE x [<!ENTITY a "
	"'b'>]><ListBucketResult>&a;</ListBucketResult>",
	"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
	"<ListBucketResult><Contents><Size>1</Size></Contents></"
	"ListBucketResult>",
	"<ListBucketResult><Contents><Key>archives/x</Key><Size>-1</Size>"
	"</Contents></ListBucketResult>",
	"<ListBucketResult><Contents><Key>elsewhere/x</Key><Size>1</Size>"
	"</Contents></ListBucketResult>",
	"<ListBucketResult><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></"
	"a>"
	"</ListBucketResult>",
	"<ListBucketResult>\xff</ListBucketResult>",
};

START_TEST(nonsense_is_no_listing)
{
	struct archive_names names;

	fake_s3.code = nonsense[_i];
	trouble(FAKE_S3_RAW, "GET", "list-type", -1);
	refuses(ERR_UNREACHABLE, s->list(cx, &names), "object store");
}
END_TEST

/* A listing that never ends leads to a page that it came from. */
START_TEST(a_listing_in_circles_ends)
{
	struct archive_names names;

	fake_s3.code = "<ListBucketResult><IsTruncated>true</IsTruncated>"
		       "<NextContinuationToken>a</NextContinuationToken>"
		       "</ListBucketResult>";
	trouble(FAKE_S3_RAW, "GET", "list-type", -1);
	refuses(ERR_UNREACHABLE, s->list(cx, &names), "does not go on");
}
END_TEST

START_TEST(a_listing_without_an_end_is_left)
{
	struct archive_names names;

	fake_s3.endless = true;
	refuses(ERR_TOO_LARGE, s->list(cx, &names), "longer than");
}
END_TEST

/* What was not asked for is neither ended nor taken for an answer. */
START_TEST(a_store_that_ignores_the_beginning_is_found_out)
{
	struct archive_meta m = meta_of(TEXT, strlen(TEXT));
	struct store_writer *w;
	char *data = many(20 * MIB);

	ok(try_put(TEXT, strlen(TEXT), NULL));
	ok(s->put_open(cx, KEY, NULL, &w));
	ok(s->put_write(cx, w, data, 20 * MIB));
	fake_s3.ignores_prefix = true;
	refuses(ERR_UNREACHABLE,
		s->remove(cx, "11111111-1111-4111-8111-111111111111/"
			      "33333333-3333-4333-8333-333333333333"),
		"object store");
	ck_assert_int_eq(fake_s3_uploads(), 1);
	refuses(ERR_UNREACHABLE, s->verify(cx, KEY, &m, NULL), "object store");
	s->put_abort(w);
	free(data);
}
END_TEST

START_TEST(many_pages_are_one_list)
{
	struct archive_names names;
	struct store_writer *w;
	char key[100];
	int i;

	fake_s3.page = 2;
	for (i = 0; i < 9; i++) {
		snprintf(key, sizeof(key),
			 "11111111-1111-4111-8111-111111111111/"
			 "22222222-2222-4222-8222-22222222220%d",
			 i);
		ok(s->put_open(cx, key, NULL, &w));
		ok(s->put_write(cx, w, "x", 1));
		ok(s->put_close(cx, w));
	}
	ok(s->list(cx, &names));
	ck_assert_uint_eq(names.n, 9);
}
END_TEST

START_TEST(uploads_are_found_by_their_whole_name)
{
	struct s3_ask begin = {.what = "begin an upload",
			       .method = "POST",
			       .object = KEY "/home.tar.zst",
			       .query = &(struct s3_pair){"uploads", ""},
			       .n_query = 1};
	struct s3 *s3;

	fake_s3.lists_exactly = true;
	ok(s3_open(cx, &s3));
	ok(s3_do(cx, s3, &begin, NULL, NULL));
	ok(try_put(TEXT, strlen(TEXT), NULL));
	ck_assert_int_eq(fake_s3_uploads(), 0);
	ok(s3_do(cx, s3, &begin, NULL, NULL));
	ok(s->remove(cx, KEY));
	ck_assert_int_eq(fake_s3_uploads(), 0);
}
END_TEST

/* ---- Whose bucket ---- */

START_TEST(without_its_mark_a_bucket_is_not_ours)
{
	struct archive_names names;
	struct archive_meta m;
	struct s3 *s3;

	ok(try_put(TEXT, strlen(TEXT), NULL));
	ok(s3_open(cx, &s3));
	ok(s3_delete(cx, s3, "roost-site", NULL));
	s3->marked = false;
	refuses(ERR_CONFIG, s->list(cx, &names), "roostctl doctor");
	refuses(ERR_CONFIG, s->get_meta(cx, KEY, NULL, &m), "roost-site");
	refuses(ERR_CONFIG, s->remove(cx, KEY), "roost-site");
	refuses(ERR_CONFIG, try_put("x", 1, NULL), "roost-site");
	ck_assert(fake_s3_has(OBJECT));
	ok(s->probe(cx));
	ok(s->list(cx, &names));
	ck_assert_uint_eq(names.n, 1);
}
END_TEST

START_TEST(another_sites_bucket_stays_its_own)
{
	struct archive_names names;
	struct s3 *s3;

	ok(s3_open(cx, &s3));
	ok(s3_put(cx, s3, "roost-site", "other\n", 6, NULL, NULL));
	s3->marked = false;
	refuses(ERR_CONFIG, s->probe(cx), "belong to the site other");
	refuses(ERR_CONFIG, s->list(cx, &names), "s3_prefix");
}
END_TEST

/* Who lives long must not go on with keys that were taken back. */
START_TEST(changed_keys_are_taken)
{
	struct s3 *before, *after;

	ok(s3_open(cx, &before));
	ck_assert_str_eq(before->keys.id, "KEY");
	s3box_keys(&t, "KEZ", "SECRET"); /* as long as the one before */
	ok(s3_open(cx, &after));
	ck_assert_ptr_eq(before, after); /* somebody may be holding it */
	ck_assert_str_eq(after->keys.id, "KEZ");
	ck_assert(!unlink(t.site.s3_credentials));
	refuses(ERR_CONFIG, s3_open(cx, &after), "s3_credentials");
}
END_TEST

static void
add(TCase *c)
{
	EACH(nonsense_is_no_listing, nonsense);
	tcase_add_test(c, a_listing_in_circles_ends);
	tcase_add_test(c, a_listing_without_an_end_is_left);
	tcase_add_test(c, a_store_that_ignores_the_beginning_is_found_out);
	tcase_add_test(c, many_pages_are_one_list);
	tcase_add_test(c, without_its_mark_a_bucket_is_not_ours);
	tcase_add_test(c, another_sites_bucket_stays_its_own);
	tcase_add_test(c, changed_keys_are_taken);
	tcase_add_test(c, uploads_are_found_by_their_whole_name);
}

int
main(void)
{
	return s3_suite("archive_s3_list", add);
}
