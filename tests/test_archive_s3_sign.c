/*
 * Signatures, with the examples that AWS publishes ("Examples: Signature
 * Calculations" and "Authenticating Requests: Using Query Parameters" of the
 * S3 API reference).
 */
#include <string.h>

#include "archive/hash.h"
#include "archive/s3.h"
#include "archive/s3_sign.h"
#include "base/id.h"
#include "base/uri.h"
#include "support/expect.h"
#include "support/suite.h"

#define AT_MS INT64_C(1369353600000) /* 20130524T000000Z */
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct s3_keys keys = {"AKIAIOSFODNN7EXAMPLE",
				    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
				    ""};
static struct cx context, *cx = &context;

static void
up(void)
{
	cx_begin(cx, NULL);
}

static void
down(void)
{
	cx_end(cx);
}

static struct s3_signed
example(const char *method, const char *path)
{
	return (struct s3_signed){.method = method,
				  .host = "examplebucket.s3.amazonaws.com",
				  .path = path,
				  .sha256 = EMPTY,
				  .region = "us-east-1",
				  .at_ms = AT_MS};
}

static const char *
line(const char *const *head, const char *name)
{
	size_t n = strlen(name);

	for (; *head; head++)
		if (!strncmp(*head, name, n) && (*head)[n] == ':')
			return *head + n + 2;
	ck_abort_msg("no header %s", name);
}

static void
signs(const struct s3_signed *w, const char *names, const char *sum)
{
	const char *const *head = s3_sign(cx, &keys, w);

	ck_assert_str_eq(line(head, "authorization"),
			 arena_printf(&cx->arena,
				      "AWS4-HMAC-SHA256 "
				      "Credential=AKIAIOSFODNN7EXAMPLE/"
				      "20130524/us-east-1/s3/aws4_request,"
				      "SignedHeaders=%s,Signature=%s",
				      names, sum));
	for (; *head; head++)
		ck_assert_msg(!strstr(*head, keys.secret), "%s", *head);
}

START_TEST(a_range_of_an_object)
{
	static const char *const head[] = {"range: bytes=0-9", NULL};
	struct s3_signed w = example("GET", "/test.txt");

	w.head = head;
	signs(&w, "host;range;x-amz-content-sha256;x-amz-date",
	      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb4"
	      "1");
}
END_TEST

START_TEST(an_object_is_put)
{
	static const char *const head[] = {"x-amz-storage-class: "
					   "REDUCED_REDUNDANCY",
					   "date: Fri, 24 May 2013 00:00:00 "
					   "GMT",
					   NULL};
	struct s3_signed w =
		example("PUT", uri_encode_path(cx, "/test$file.text"));
	char sha256[65];

	ck_assert_str_eq(w.path, "/test%24file.text");
	id_hash("Welcome to Amazon S3.", 21, sha256);
	w.sha256 = sha256;
	w.head = head;
	signs(&w,
	      "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
	      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108b"
	      "d");
}
END_TEST

START_TEST(questions_about_a_bucket)
{
	static const struct s3_pair lifecycle[] = {{"lifecycle", ""}};
	static const struct s3_pair list[] = {{"prefix", "J"},
					      {"max-keys", "2"}};
	struct s3_signed w = example("GET", "/");

	w.query = lifecycle;
	w.n_query = 1;
	signs(&w, "host;x-amz-content-sha256;x-amz-date",
	      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a013678354"
	      "3");
	w.query = list;
	w.n_query = 2;
	signs(&w, "host;x-amz-content-sha256;x-amz-date",
	      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f"
	      "7");
}
END_TEST

START_TEST(a_link_for_a_day)
{
	struct s3_signed w = example("GET", "/test.txt");

	ck_assert_str_eq(
		s3_presign(cx, &keys, &w, 86400),
		"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
		"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
		"%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
		"&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c26"
		"5957d157751f604d404");
}
END_TEST

START_TEST(a_session_is_signed_too)
{
	struct s3_keys with = keys;
	struct s3_signed w = example("GET", "/");
	const char *const *head;

	with.token = "a/token==";
	head = s3_sign(cx, &with, &w);
	ck_assert_str_eq(line(head, "x-amz-security-token"), "a/token==");
	ck_assert_ptr_nonnull(
		strstr(line(head, "authorization"), ";x-amz-security-token,"));
	ck_assert_ptr_nonnull(strstr(s3_presign(cx, &with, &w, 1),
				     "&X-Amz-Security-Token=a%2Ftoken%3D%3D&"));
}
END_TEST

START_TEST(what_is_encoded)
{
	struct s3_pair v[] = {{"b", "1"}, {"a-b", ""}, {"a", "2"}, {"a", "1"}};
	char all[256];
	int i;

	for (i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	ck_assert_uint_eq(strlen(uri_encode(cx, all)), 66 + (255 - 66) * 3);
	ck_assert_str_eq(uri_encode(cx, "a b/~*+\xc3\xa9"),
			 "a%20b%2F~%2A%2B%C3%A9");
	ck_assert_str_eq(uri_encode_path(cx, "/a%/"), "/a%25/");
	ck_assert_str_eq(s3_query(cx, v, 4), "a=1&a=2&a-b=&b=1");
	ck_assert_str_eq(s3_query(cx, v, 0), "");
}
END_TEST

START_TEST(sums)
{
	unsigned char md5[HASH_MD5];
	char text[25];

	hash_md5("", 0, md5);
	hash_base64(md5, sizeof(md5), text);
	ck_assert_str_eq(text, "1B2M2Y8AsgTpgAmY7PhCfg==");
}
END_TEST

/* What a server says there is sent back to it in a header. */
START_TEST(a_checksum_is_one_word)
{
	char etag[S3_ETAG_MAX], many[200];

	s3_unquote("\"5d41-2\"", etag);
	ck_assert_str_eq(etag, "5d41-2");
	s3_unquote("a\rX-Evil: 1\n b\t\x7f\xff", etag);
	ck_assert_str_eq(etag, "aX-Evil:1b");
	s3_unquote(NULL, etag);
	ck_assert_str_eq(etag, "");
	memset(many, 'a', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	s3_unquote(many, etag);
	ck_assert_uint_eq(strlen(etag), S3_ETAG_MAX - 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_range_of_an_object,
				      an_object_is_put,
				      questions_about_a_bucket,
				      a_link_for_a_day,
				      a_session_is_signed_too,
				      what_is_encoded,
				      sums,
				      a_checksum_is_one_word};
	const struct suite s = {"archive_s3_sign", up, down, 20};

	return suite_run(&s, tests, sizeof(tests) / sizeof(*tests));
}
