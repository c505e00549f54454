/*
 * The store on S3 against a store that misbehaves (support/fake_s3.h). With a
 * real one: contract_archive_stores.c; listings: test_archive_s3_list.c.
 */
#include "support/s3fix.h"

/* ---- Trouble that passes ---- */

static const struct passing {
	enum fake_s3_how how;
	int status;
	const char *code, *method, *match;
} passing[] = {
	{FAKE_S3_SAYS, 503, "SlowDown", "PUT", "partNumber=2"},
	{FAKE_S3_SAYS, 500, "InternalError", "PUT", "partNumber=1"},
	{FAKE_S3_SAYS, 400, "BadDigest", "PUT", "partNumber=2"},
	{FAKE_S3_SAYS, 400, "RequestTimeout", "PUT", "partNumber=2"},
	{FAKE_S3_SAYS, 429, "TooManyRequests", "POST", "uploads"},
	{FAKE_S3_SAYS_200, 200, "InternalError", "POST", "uploadId"},
	{FAKE_S3_HTML, 502, "", "PUT", "partNumber=3"},
	{FAKE_S3_HTML, 503, "", "DELETE", "home.tar.zst.meta"},
	{FAKE_S3_CUT, 0, "", "POST", "uploads"},
	{FAKE_S3_CUT, 0, "", "PUT", "partNumber=2"},
	{FAKE_S3_CUT_AFTER, 0, "", "PUT", "partNumber=2"},
	{FAKE_S3_CUT_AFTER, 0, "", "POST", "uploads"},
	{FAKE_S3_CUT_AFTER, 0, "", "POST", "uploadId"},
	{FAKE_S3_CUT, 0, "", "POST", "uploadId"},
	{FAKE_S3_CUT_BODY, 0, "", "POST", "uploadId"},
	{FAKE_S3_CUT_BODY, 0, "", "GET", "list-type"},
};

START_TEST(what_passes_is_tried_again)
{
	const struct passing *p = &passing[_i];
	size_t n = 17 * MIB;
	char *data = many(n);
	struct archive_meta m = meta_of(data, n);

	fake_s3.status = p->status;
	fake_s3.code = p->code;
	trouble(p->how, p->method, p->match, 1);
	ok(try_put(data, n, NULL));
	ok(s->verify(cx, KEY, &m, NULL));
	ck_assert_int_eq(fake_s3.hits, 1);
	calm();
	comes_back(data, n);
	/* A lost answer may leave an upload; removing finds it. */
	ok(s->remove(cx, KEY));
	ck_assert_int_eq(fake_s3_uploads(), 0);
	ck_assert_int_eq(fake_s3_objects(), 1); /* the mark */
	free(data);
}
END_TEST

START_TEST(reading_goes_on_where_it_was_cut)
{
	size_t n = 3 * MIB + 7;
	char *data = many(n);

	ok(try_put(data, n, NULL));
	trouble(FAKE_S3_CUT_BODY, "GET", "home.tar.zst", 3);
	comes_back(data, n);
	ck_assert_int_eq(fake_s3.hits, 3);
	free(data);
}
END_TEST

START_TEST(of_another_object_reading_does_not_go_on)
{
	size_t n = 3 * MIB, got;
	char *data = many(n), *back = malloc(n + 1);
	struct store_reader *r;
	enum err e = OK;
	size_t some = 1;

	ok(try_put(data, n, NULL));
	trouble(FAKE_S3_CUT_BODY, "GET", "home.tar.zst", 1);
	ok(s->get_open(cx, KEY, NULL, &r));
	ok(s->get_read(cx, r, back, 10, &got));
	data[0] ^= 1;
	calm();
	ok(try_put(data, n, NULL));
	while (!e && some)
		e = s->get_read(cx, r, back, n, &some);
	s->get_close(r);
	refuses(ERR_CONFLICT, e, "changed meanwhile");
	free(data);
	free(back);
}
END_TEST

START_TEST(a_store_that_cannot_go_on_is_found_out)
{
	size_t n = 3 * MIB, got;
	char *data = many(n), *back = malloc(n + 1);

	ok(try_put(data, n, NULL));
	fake_s3.ignores_ranges = true;
	trouble(FAKE_S3_CUT_BODY, "GET", "home.tar.zst", 1);
	refuses(ERR_IO, try_get(back, n + 1, &got), "does not go on");
	free(data);
	free(back);
}
END_TEST

START_TEST(the_pause_that_a_store_wishes_is_made)
{
	int64_t from = clock_mono_ms();

	fake_s3.head = "Retry-After: 1\r\n";
	says(503, "SlowDown", "PUT", NULL, 1);
	ok(try_put(TEXT, strlen(TEXT), NULL));
	ck_assert_int_ge(clock_mono_ms() - from, 1000);
}
END_TEST

START_TEST(a_wrong_clock_is_corrected)
{
	int before;

	fake_s3.checks_clock = true;
	fake_s3.ahead_ms = INT64_C(7200000) + 40000;
	ok(try_put(TEXT, strlen(TEXT), NULL));
	before = fake_s3.requests;
	comes_back(TEXT, strlen(TEXT));
	ck_assert_int_eq(fake_s3.requests, before + 1);
	/* Once: a store whose own clock jumps about is not followed. */
	fake_s3.ahead_ms = -fake_s3.ahead_ms;
	refuses(ERR_CONFIG, s->remove(cx, KEY), "NTP");
}
END_TEST

/* It is not said by how much the clock is wrong: nothing to correct. */
START_TEST(a_clock_that_nobody_tells_is_not_asked_for_ever)
{
	struct s3 *s3;

	fake_s3.no_date = true;
	ok(s3_open(cx, &s3));
	s3->offset_ms = 0; /* as if it had never said */
	says(403, "RequestTimeTooSkewed", NULL, NULL, 50);
	refuses(ERR_CONFIG, s->remove(cx, KEY), "NTP");
	ck_assert_int_eq(fake_s3.hits, 1);
}
END_TEST

/* ---- Trouble that does not ---- */

static const struct lasting {
	int status;
	const char *code;
	enum err err;
	const char *todo;
} lasting[] = {
	{403, "AccessDenied", ERR_CONFIG, "policy must allow"},
	{403, "InvalidAccessKeyId", ERR_CONFIG, "s3_credentials"},
	{403, "SignatureDoesNotMatch", ERR_CONFIG, "secret"},
	{400, "ExpiredToken", ERR_CONFIG, "get new ones"},
	{404, "NoSuchBucket", ERR_CONFIG, "s3_bucket"},
	{301, "PermanentRedirect", ERR_CONFIG, "s3_endpoint"},
	{400, "AuthorizationHeaderMalformed", ERR_CONFIG, "s3_region"},
	{403, "QuotaExceeded", ERR_NO_SPACE, "quota"},
	{507, "XMinioStorageFull", ERR_NO_SPACE, "full"},
	{501, "NotImplemented", ERR_CONFIG, "cannot do"},
	{418, "Teapot", ERR_ACTION, "Teapot"},
	{404, "SomethingElse", ERR_ACTION, "SomethingElse"},
	{503, "SlowDown", ERR_UNREACHABLE, "asked too often"},
	{503, "ServiceUnavailable", ERR_UNREACHABLE, "not ready"},
	{500, "InternalError", ERR_UNREACHABLE, "failed inside"},
};

START_TEST(what_lasts_is_said_with_what_to_do)
{
	const struct lasting *l = &lasting[_i];
	struct archive_names names;
	struct archive_meta m = meta_of(TEXT, strlen(TEXT));

	ok(try_put(TEXT, strlen(TEXT), NULL));
	says(l->status, l->code, NULL, NULL, -1);
	refuses(l->err, s->list(cx, &names), l->todo);
	if (l->err != ERR_UNREACHABLE) {
		ck_assert_int_eq(fake_s3.hits, 1); /* not tried again */
		refuses(l->err, s->get_meta(cx, KEY, NULL, &m), l->todo);
		refuses(l->err, s->verify(cx, KEY, &m, NULL), l->todo);
		refuses(l->err, s->remove(cx, KEY), l->todo);
		refuses(l->err, try_put("x", 1, NULL), l->todo);
	}
	calm();
	comes_back(TEXT, strlen(TEXT));
}
END_TEST

/* Another server at the address, a bucket that is not there: a failed look,
 * never "absent". */
START_TEST(nothing_else_reads_as_absent)
{
	static const int statuses[] = {404, 403, 301, 200, 405};
	struct archive_names names;
	struct store_reader *r;
	struct archive_meta m;
	size_t i;

	for (i = 0; i < 5; i++) {
		fake_s3.status = statuses[i];
		trouble(FAKE_S3_HTML, NULL, NULL, -1);
		if (statuses[i] == 200)
			refuses(ERR_CORRUPT, s->get_meta(cx, KEY, NULL, &m),
				"marker");
		else
			refuses(ERR_CONFIG, s->get_meta(cx, KEY, NULL, &m),
				"object store");
		ck_assert_int_ne(s->list(cx, &names), OK);
		cx_clear(cx);
		ck_assert_int_ne(s->verify(cx, KEY, &m, NULL), ERR_NOT_FOUND);
		cx_clear(cx);
		if (statuses[i] == 200)
			continue;
		ck_assert_int_ne(s->get_open(cx, KEY, NULL, &r), OK);
		ck_assert_int_ne(cx->err, ERR_NOT_FOUND);
		cx_clear(cx);
	}
}
END_TEST

/* ---- What is verified ---- */

START_TEST(a_checksum_that_says_nothing_is_not_believed)
{
	size_t n = 9 * MIB;
	char *data = many(n);
	struct archive_meta m = meta_of(data, n);
	int before;

	fake_s3.encrypts = true;
	ok(try_put(data, n, NULL));
	ok(s->verify(cx, KEY, &m, NULL));
	/* Having been read back, it is known by the name it has. */
	before = fake_s3.requests;
	ok(s->verify(cx, KEY, &m, NULL));
	ck_assert_int_eq(fake_s3.requests, before + 1);
	ok(try_put(data, n, NULL));
	fake_s3_rot(OBJECT);
	refuses(ERR_CORRUPT, s->verify(cx, KEY, &m, NULL), "sha256");
	free(data);
}
END_TEST

START_TEST(a_store_that_names_no_checksum_gets_no_empty_one)
{
	struct archive_meta m = meta_of(TEXT, strlen(TEXT));

	fake_s3.no_etags = true;
	ok(try_put(TEXT, strlen(TEXT), NULL));
	ok(s->verify(cx, KEY, &m, NULL));
	ok(s->put_meta(cx, KEY, "{}", 2, NULL));
}
END_TEST

/* Who repeats the work after a crash knows the checksum from the marker. */
START_TEST(the_marker_remembers_the_checksum)
{
	struct archive_meta m, got;
	struct s3 *s3;
	int before;
	const char *home = new_dir("home");

	tree_make(home, 77, 20);
	ok(archive_pack(cx, s, KEY, home, 3, NULL, &m));
	ok(s3_open(cx, &s3));
	*s3->put_key = '\0';
	before = fake_s3.requests;
	ok(s->verify(cx, KEY, &m, NULL));
	ck_assert_int_eq(fake_s3.requests, before + 2); /* listed, marker */
	*s3->put_key = '\0';
	ok(archive_pack(cx, s, KEY, home, 3, NULL, &got));
	ck_assert_str_eq(got.sha256, m.sha256);
	fake_s3_rot(OBJECT);
	fails(ERR_CORRUPT,
	      archive_unpack(cx, s, KEY, new_dir("back"), -1, NULL, &got));
}
END_TEST

/* ---- Giving up ---- */

static bool
at_once(void *arg, int64_t done, int64_t total)
{
	(void)done;
	(void)total;
	return *(const int *)arg < fake_s3.hits;
}

/* The client itself bears a silence for a minute, and here it has no end: who
 * goes before, does it for the reason that the test gives. */
#define SOON_MS 10000

/* A store that does not answer holds nobody who is not wanted any more. */
START_TEST(silence_is_left_when_it_is_wished)
{
	int none = 0;
	const struct progress pg = {.tell = at_once, .arg = &none};
	char *data = many(20 * MIB);
	int64_t from;

	trouble(FAKE_S3_SILENT, "PUT", "partNumber=2", 1);
	from = clock_mono_ms();
	fails(ERR_ABANDONED, try_put(data, 20 * MIB, &pg));
	ck_assert_int_lt(clock_mono_ms() - from, SOON_MS);
	calm();
	ck_assert(!fake_s3_has(OBJECT));
	free(data);
}
END_TEST

START_TEST(a_deadline_is_kept)
{
	const struct progress pg = {.deadline_ms = clock_mono_ms() + 300};
	int64_t from = clock_mono_ms();

	trouble(FAKE_S3_SILENT, "PUT", NULL, 1);
	fails(ERR_TIMEOUT, try_put(TEXT, strlen(TEXT), &pg));
	ck_assert_int_lt(clock_mono_ms() - from, SOON_MS);
}
END_TEST

START_TEST(what_is_given_up_leaves_no_upload)
{
	struct store_writer *w;
	char *data = many(20 * MIB);

	ok(s->put_open(cx, KEY, NULL, &w));
	ok(s->put_write(cx, w, data, 20 * MIB));
	ck_assert_int_eq(fake_s3_uploads(), 1);
	s->put_abort(w);
	ck_assert_int_eq(fake_s3_uploads(), 0);
	free(data);
}
END_TEST

/* MinIO finds uploads by the whole name only. */
static void
add(TCase *c)
{
	EACH(what_passes_is_tried_again, passing);
	EACH(what_lasts_is_said_with_what_to_do, lasting);
	tcase_add_test(c, reading_goes_on_where_it_was_cut);
	tcase_add_test(c, of_another_object_reading_does_not_go_on);
	tcase_add_test(c, a_store_that_cannot_go_on_is_found_out);
	tcase_add_test(c, the_pause_that_a_store_wishes_is_made);
	tcase_add_test(c, a_wrong_clock_is_corrected);
	tcase_add_test(c, a_clock_that_nobody_tells_is_not_asked_for_ever);
	tcase_add_test(c, nothing_else_reads_as_absent);
	tcase_add_test(c, a_checksum_that_says_nothing_is_not_believed);
	tcase_add_test(c, a_store_that_names_no_checksum_gets_no_empty_one);
	tcase_add_test(c, the_marker_remembers_the_checksum);
	tcase_add_test(c, silence_is_left_when_it_is_wished);
	tcase_add_test(c, a_deadline_is_kept);
	tcase_add_test(c, what_is_given_up_leaves_no_upload);
}

int
main(void)
{
	return s3_suite("archive_s3", add);
}
