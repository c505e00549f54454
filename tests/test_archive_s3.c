/*
 * The store on S3 against a store that misbehaves (support/fake_s3.h). With a
 * real one: contract_archive_stores.c.
 */
#include "archive/s3_object.h"
#include "base/clock.h"
#include "support/archfix.h"
#include "support/fake_s3.h"
#include "support/s3box.h"

#define TEXT "forty bytes that are as good as any other"
#define OBJECT "archives/" KEY "/home.tar.zst"
#define MIB ((size_t)1 << 20)

static const struct store_ops *const s = &store_s3;

static void
up(void)
{
	fake_s3_start();
	tmpsite_open(&t, s3box_conf("bucket", fake_s3_url()));
	cx = &t.cx;
	s3box_keys(&t, "KEY", "SECRET");
	ok(s->probe(cx));
}

static void
down(void)
{
	tmpsite_close(&t);
	fake_s3_stop();
}

/* The next `times` requests of this kind go wrong in this way. */
static void
trouble(enum fake_s3_how how, const char *method, const char *match, int times)
{
	fake_s3.how = how;
	fake_s3.method = method;
	fake_s3.match = match;
	fake_s3.times = times;
	fake_s3.hits = 0;
}

static void
says(int status, const char *code, const char *method, const char *match,
     int times)
{
	fake_s3.status = status;
	fake_s3.code = code;
	trouble(FAKE_S3_SAYS, method, match, times);
}

static void
calm(void)
{
	fake_s3.times = 0;
}

static char *
many(size_t n)
{
	char *p = malloc(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 11);
	return p;
}

static struct archive_meta
meta_of(const char *p, size_t n)
{
	struct archive_meta m = {.size = (int64_t)n};

	id_hash(p, n, m.sha256);
	return m;
}

static enum err
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

static enum err
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

static void
comes_back(const char *p, size_t n)
{
	char *q = malloc(n + 1);
	size_t all;

	ok(try_get(q, n + 1, &all));
	ck_assert_uint_eq(all, n);
	ck_assert_int_eq(memcmp(p, q, n), 0);
	free(q);
}

static void
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
	calm();
	/* 3 s is what the silence lasts: the end of the upload waits for it,
	 * the one who gives up does not. */
	ck_assert_int_lt(clock_mono_ms() - from, 60000);
	ck_assert(!fake_s3_has(OBJECT));
	free(data);
}
END_TEST

START_TEST(a_deadline_is_kept)
{
	const struct progress pg = {.deadline_ms = clock_mono_ms() + 300};

	trouble(FAKE_S3_SILENT, "PUT", NULL, 1);
	fails(ERR_TIMEOUT, try_put(TEXT, strlen(TEXT), &pg));
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

int
main(void)
{
	Suite *su = suite_create("archive_s3");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, up, down);
	tcase_set_timeout(c, 180);
#define EACH(test, table)                                                      \
	tcase_add_loop_test(c, test, 0,                                        \
			    (int)(sizeof(table) / sizeof((table)[0])))
	EACH(what_passes_is_tried_again, passing);
	EACH(what_lasts_is_said_with_what_to_do, lasting);
	EACH(nonsense_is_no_listing, nonsense);
	tcase_add_test(c, reading_goes_on_where_it_was_cut);
	tcase_add_test(c, of_another_object_reading_does_not_go_on);
	tcase_add_test(c, a_store_that_cannot_go_on_is_found_out);
	tcase_add_test(c, the_pause_that_a_store_wishes_is_made);
	tcase_add_test(c, a_wrong_clock_is_corrected);
	tcase_add_test(c, a_clock_that_nobody_tells_is_not_asked_for_ever);
	tcase_add_test(c, nothing_else_reads_as_absent);
	tcase_add_test(c, a_listing_in_circles_ends);
	tcase_add_test(c, a_listing_without_an_end_is_left);
	tcase_add_test(c, a_store_that_ignores_the_beginning_is_found_out);
	tcase_add_test(c, many_pages_are_one_list);
	tcase_add_test(c, without_its_mark_a_bucket_is_not_ours);
	tcase_add_test(c, another_sites_bucket_stays_its_own);
	tcase_add_test(c, changed_keys_are_taken);
	tcase_add_test(c, a_checksum_that_says_nothing_is_not_believed);
	tcase_add_test(c, a_store_that_names_no_checksum_gets_no_empty_one);
	tcase_add_test(c, the_marker_remembers_the_checksum);
	tcase_add_test(c, silence_is_left_when_it_is_wished);
	tcase_add_test(c, a_deadline_is_kept);
	tcase_add_test(c, uploads_are_found_by_their_whole_name);
	tcase_add_test(c, what_is_given_up_leaves_no_upload);
	suite_add_tcase(su, c);
	return run_suite(su);
}
