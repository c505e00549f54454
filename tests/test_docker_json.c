/* What a container engine says, and says wrongly. */
#include <check.h>
#include <string.h>

#include "docker/docker.h"
#include "support/suite.h"
#include "support/tmpsite.h"

static struct cx cx;

static struct json_object *
parsed(const char *text)
{
	struct json_object *o = NULL;

	ck_assert_int_eq(docker_parse(&cx, text, strlen(text), &o), OK);
	return o;
}

START_TEST(members_that_are_missing_or_of_another_type_are_nothing)
{
	struct json_object *o = parsed("{\"a\": {\"b\": \"x\", \"n\": 7, "
				       "\"yes\": true, \"l\": [1]}}");

	ck_assert_str_eq(docker_text(o, "a/b"), "x");
	ck_assert_str_eq(docker_text(o, "a/n"), "");
	ck_assert_str_eq(docker_text(o, "a/b/c"), "");
	ck_assert_str_eq(docker_text(o, "a/l/0"), "");
	ck_assert_str_eq(docker_text(NULL, "a"), "");
	ck_assert_int_eq(docker_number(o, "a/n"), 7);
	ck_assert_int_eq(docker_number(o, "a/b"), 0);
	ck_assert(docker_true(o, "a/yes"));
	ck_assert(!docker_true(o, "a/n"));
	cx_end(&cx);
}
END_TEST

START_TEST(what_is_no_json_is_no_answer)
{
	static const char *const bad[] = {
		"",	  "{",	  "{} x", "<html>", "{\"a\": \"\xff\"}",
		"{a: 1}", "[1,]", "nul",
	};
	struct json_object *o = NULL;
	char deep[64];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(docker_parse(&cx, bad[i], strlen(bad[i]), &o) ==
				      ERR_UNREACHABLE,
			      "%s", bad[i]);
	memset(deep, '[', 32);
	memset(deep + 32, ']', 32);
	ck_assert_int_eq(docker_parse(&cx, deep, 64, &o), ERR_UNREACHABLE);
	ck_assert_ptr_null(o);
	cx_end(&cx);
}
END_TEST

START_TEST(words_are_one_plain_line)
{
	char longer[400];

	ck_assert_str_eq(docker_words(&cx, "a\nb\x1b[31m\x7f \n"), "a|b?[31m?");
	memset(longer, 'x', 299);
	memcpy(longer + 299, "\xed\x95\x9c\xea\xb8\x80", 7);
	ck_assert_uint_eq(strlen(docker_words(&cx, longer)), 299);
	cx_end(&cx);
}
END_TEST

START_TEST(frames_are_taken_off)
{
	static const char framed[] = "\1\0\0\0\0\0\0\5hello"
				     "\2\0\0\0\0\0\0\4oops"
				     "\1\0\0\0\0\0\xff\xff"
				     "cut";
	struct buf out;

	buf_init(&out, 64);
	docker_unframe(framed, sizeof(framed) - 1, &out);
	ck_assert_str_eq(buf_str(&out), "hellooopscut");
	buf_clear(&out);
	docker_unframe("as it is", 8, &out);
	ck_assert_str_eq(buf_str(&out), "as it is");
	buf_free(&out);
}
END_TEST

START_TEST(only_the_own_site_is_ours)
{
	struct tmpsite t;
	struct json_object *o;

	tmpsite_open(&t, "site_id = a/b\n[app x]\ncommand = x\n");
	o = docker_keep(&t.cx, docker_labels(&t.cx, "instance", "1", "2"));
	ck_assert(docker_is_ours(&t.cx, o, "instance"));
	ck_assert(!docker_is_ours(&t.cx, o, "home"));
	ck_assert(!docker_is_ours(&t.cx, NULL, "instance"));
	docker_put_text(o, "roost.site", "a");
	ck_assert(!docker_is_ours(&t.cx, o, "instance"));
	ck_assert_str_eq(docker_filter(&t.cx, "home"),
			 "%7B%22label%22%3A%5B%22roost.site%3Da%5C%2Fb%22%2C%22"
			 "roost.kind%3Dhome%22%5D%7D");
	tmpsite_close(&t);
}
END_TEST

int
main(void)
{
	static const struct suite what = {.name = "docker_json", .seconds = 20};
	const TTest *const tests[] = {
		members_that_are_missing_or_of_another_type_are_nothing,
		what_is_no_json_is_no_answer,
		words_are_one_plain_line,
		frames_are_taken_off,
		only_the_own_site_is_ours,
	};

	return suite_run(&what, tests, sizeof(tests) / sizeof(tests[0]));
}
