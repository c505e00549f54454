/* What counts as JSON; compared with json-c where the two must agree. */
#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "support/suite.h"
#include "web/json.h"

static struct cx cx;

static enum err
check(const char *s)
{
	enum err e = json_check(&cx, s, strlen(s), 4);

	arena_reset(&cx.arena);
	return e;
}

START_TEST(takes_what_is_json)
{
	static const char *const good[] =
		{"{}",
		 "[]",
		 "0",
		 "-0",
		 "1.5e-3",
		 "true",
		 "null",
		 "\"\"",
		 " {\"a\" : [1, {\"b\":null}] }\r\n\t",
		 "\"\\u00e9\\ud83d\\ude00\"",
		 "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		 "{\"a\":1,\"b\":1}",
		 "{\"a\":{\"a\":1}}",
		 "\"\xed\x95\x9c\"",
		 "[[[[1]]]]"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct json_object *o;

		ck_assert_msg(check(good[i]) == OK, "%s: %s", good[i], cx.why);
		o = json_tokener_parse(good[i]);
		ck_assert_msg(o || strcmp(good[i], "null") == 0, "%s", good[i]);
		json_object_put(o);
	}
	cx_end(&cx);
}
END_TEST

START_TEST(refuses_what_is_not)
{
	static const char *const bad[] = {"",
					  " ",
					  "{",
					  "}",
					  "[1,]",
					  "{\"a\":1,}",
					  "{a:1}",
					  "{'a':1}",
					  "{\"a\" 1}",
					  "01",
					  "+1",
					  "1.",
					  ".5",
					  "1e",
					  "-",
					  "NaN",
					  "Infinity",
					  "tru",
					  "nulls",
					  "\"",
					  "\"\\x\"",
					  "\"\\u12\"",
					  "\"\\u0000\"",
					  "\"\\ud800\"",
					  "\"\\udc00\"",
					  "\"\\ud800\\u0041\"",
					  "\"a\nb\"",
					  "\"\x01\"",
					  "\"\xff\"",
					  "\"\xc0\xaf\"",
					  "{} {}",
					  "{}x",
					  "[1 2]",
					  "/* */ 1",
					  "[[[[[1]]]]]",
					  "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}",
					  "\xef\xbb\xbf{}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(check(bad[i]) == ERR_INVALID, "%s", bad[i]);
	ck_assert_int_eq(json_check(&cx, "1\0", 2, 4), ERR_INVALID);
	cx_end(&cx);
}
END_TEST

START_TEST(refuses_a_key_twice_however_it_is_written)
{
	ck_assert_int_eq(check("{\"a\":1,\"a\":2}"), ERR_INVALID);
	ck_assert_str_eq(cx.field, "a");
	ck_assert_int_eq(check("{\"a\":1,\"\\u0061\":2}"), ERR_INVALID);
	ck_assert_str_eq(cx.field, "a");
	ck_assert_int_eq(check("{\"x\":{\"b\":1,\"c\":2,\"b\":3}}"),
			 ERR_INVALID);
	ck_assert_str_eq(cx.field, "b");
	ck_assert_int_eq(check("[{\"a\":1},{\"a\":2}]"), OK);
	cx_end(&cx);
}
END_TEST

START_TEST(bounds_its_work)
{
	struct buf b;

	/* a MiB of empty objects costs next to no memory */
	buf_init(&b, (size_t)2 << 20);
	buf_puts(&b, "[{}");
	while (b.len < (size_t)1 << 20)
		buf_puts(&b, ",{}");
	buf_puts(&b, "]");
	ck_assert_int_eq(json_check(&cx, buf_str(&b), b.len, 32), OK);
	ck_assert_uint_lt(cx.arena.used, 4096);
	/* one of depth */
	memset(b.data, '[', b.len);
	ck_assert_int_eq(json_check(&cx, buf_str(&b), b.len, 32), ERR_INVALID);
	/* and one of keys */
	buf_clear(&b);
	buf_puts(&b, "{\"k\":0");
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, ",\"%d\":0", i);
	buf_puts(&b, "}");
	ck_assert_int_eq(json_check(&cx, buf_str(&b), b.len, 32), ERR_INVALID);
	ck_assert_uint_lt(cx.arena.used, 65536);
	buf_free(&b);
	cx_end(&cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {takes_what_is_json, refuses_what_is_not,
				      refuses_a_key_twice_however_it_is_written,
				      bounds_its_work};

	return SUITE_RUN("web_json", tests);
}
