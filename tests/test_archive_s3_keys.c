/* The store on S3: keys, settings, sizes of parts: what asks nobody. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/s3_keys.h"
#include "archive/s3_upload.h"
#include "support/expect.h"
#include "support/s3box.h"
#include "support/suite.h"

static struct tmpsite t;
static struct cx *cx;

static void
up(void)
{
	tmpsite_open(&t, s3box_conf("bucket", "http://127.0.0.1:1"));
	cx = &t.cx;
	s3box_keys(&t, "KEY", "SECRET");
}

static void
down(void)
{
	tmpsite_close(&t);
}

START_TEST(ten_thousand_parts_hold_any_home)
{
	int64_t all = 0;
	int i;

	for (i = 1; i <= S3_PARTS_MAX; i++) {
		size_t n = s3_part_size(i);

		ck_assert(n >= S3_PART_MIN && n <= (size_t)512 << 20);
		if (i <= 4000)
			ck_assert_uint_eq(n, S3_PART_MIN);
		all += (int64_t)n;
	}
	ck_assert_int_ge(all, INT64_C(1000000000000));
}
END_TEST

static enum err
keys_of(const char *text, struct s3_keys *k)
{
	return s3_keys_parse(cx, arena_strdup(&cx->arena, text), "the file", k);
}

START_TEST(keys_are_read)
{
	struct s3_keys k;

	ok(keys_of("# mine\n[default]\n aws_access_key_id=A\r\n"
		   "aws_secret_access_key = S=/+\n",
		   &k));
	ck_assert_str_eq(k.id, "A");
	ck_assert_str_eq(k.secret, "S=/+");
	ck_assert_str_eq(k.token, "");
	ok(keys_of("aws_session_token = T\naws_access_key_id = A\n"
		   "aws_secret_access_key = S",
		   &k));
	ck_assert_str_eq(k.token, "T");
}
END_TEST

START_TEST(bad_keys_are_refused_and_not_told)
{
	static const char *const bad[] = {
		"",
		"aws_access_key_id = A\n",
		"aws_access_key_id = A\naws_secret_access_key =\n",
		"aws_access_key_id = A\naws_secret_access_key = SECR ET\n",
		"aws_access_key_id = A\naws_secret_access_key = SECR\x01T\n",
		"[a]\naws_access_key_id = A\naws_secret_access_key = "
		"SECRET\n[b]",
		"SECRET\n",
		"secret = SECRET\n",
	};
	struct s3_keys k;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum err e = keys_of(bad[i], &k);

		ck_assert_int_eq(e, ERR_CONFIG);
		ck_assert_msg(!strstr(cx->why, "SECR"), "%s", cx->why);
		cx_clear(cx);
	}
}
END_TEST

START_TEST(a_file_that_others_can_read_is_refused)
{
	struct s3_keys k;

	ok(s3_keys_load(cx, &k));
	ck_assert_int_eq(chmod(t.site.s3_credentials, 0640), 0);
	fails(ERR_CONFIG, s3_keys_load(cx, &k));
	ck_assert_int_eq(unlink(t.site.s3_credentials), 0);
	fails(ERR_CONFIG, s3_keys_load(cx, &k));
	t.site.s3_credentials = "";
	unsetenv("AWS_ACCESS_KEY_ID");
	fails(ERR_CONFIG, s3_keys_load(cx, &k));
	setenv("AWS_ACCESS_KEY_ID", "E", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "F", 1);
	ok(s3_keys_load(cx, &k));
	ck_assert_str_eq(k.id, "E");
}
END_TEST

START_TEST(settings_are_checked)
{
	static const char *const bad[] = {
		"store = s3\n",
		"store = s3\ns3_bucket = B\n",
		"store = s3\ns3_bucket = ../..\n",
		"store = s3\ns3_bucket = good\ns3_prefix = x\n",
		"store = s3\ns3_bucket = good\ns3_prefix = /x/\n",
		"store = s3\ns3_bucket = good\ns3_prefix = a/../b/\n",
		"store = s3\ns3_bucket = good\ns3_prefix = a b/\n",
		"store = s3\ns3_bucket = good\ns3_style = odd\n",
		"store = s3\ns3_bucket = good\ns3_region = a/b\n",
		"store = tape\n",
	};
	struct site site;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		fails(ERR_CONFIG,
		      site_parse(cx, t.dir, bad[i], strlen(bad[i]), &site));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {ten_thousand_parts_hold_any_home,
				      keys_are_read,
				      bad_keys_are_refused_and_not_told,
				      a_file_that_others_can_read_is_refused,
				      settings_are_checked};
	const struct suite s = {"archive_s3_keys", up, down, 20};

	return suite_run(&s, tests, sizeof(tests) / sizeof(*tests));
}
