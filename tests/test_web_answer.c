/* Cookies, answers, ETags, views. */
#include <json-c/json.h>
#include <string.h>

#include "support/suite.h"
#include "web/cookie.h"
#include "web/response.h"
#include "web/view.h"

static struct cx cx;

START_TEST(a_cookie_is_found_by_its_whole_name)
{
	static const struct {
		const char *header, *value;
	} rows[] = {
		{NULL, NULL},		{"", NULL},
		{"s=1", "1"},		{"a=2; s=1", "1"},
		{"a=2;s=1 ; b=3", "1"}, {" s=1", "1"},
		{"s=a=b", "a=b"},	{"s=", ""},
		{"xs=1", NULL},		{"s2=1", NULL},
		{"S=1", NULL},		{"s", NULL},
		{"s=1; s=2", NULL},	{";;;", NULL},
		{"a=\"; s=1\"", "1\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *v = cookie_get(&cx, rows[i].header, "s");

		ck_assert_msg(rows[i].value ? v && !strcmp(v, rows[i].value)
					    : !v,
			      "%s -> %s", rows[i].header, v);
	}
	cx_end(&cx);
}
END_TEST

START_TEST(a_cookie_says_what_may_read_it)
{
	struct cookie c = {.name = "__Host-s",
			   .value = "v",
			   .max_age_s = 60,
			   .https = true};

	ck_assert_str_eq(cookie_format(&cx, &c),
			 "__Host-s=v; Path=/; SameSite=Lax; Max-Age=60; "
			 "HttpOnly; Secure");
	c = (struct cookie){.name = "s",
			    .value = "",
			    .max_age_s = -1,
			    .script = true};
	ck_assert_str_eq(cookie_format(&cx, &c), "s=; Path=/; SameSite=Lax");
	cx_end(&cx);
}
END_TEST

START_TEST(no_header_can_be_split)
{
	struct response rp;
	struct buf out;

	response_init(&rp);
	buf_init(&out, 4096);
	rp.status = 303;
	response_header(&rp, "Location", "/a\r\nSet-Cookie: evil=1\n\x7f\t");
	response_head(&rp, &out);
	ck_assert_str_eq(buf_str(&out),
			 "Status: 303 See Other\r\n"
			 "Location: /a  Set-Cookie: evil=1   \r\n\r\n");
	buf_free(&out);
	response_free(&rp);
}
END_TEST

START_TEST(etags)
{
	ck_assert(etag_matches("\"7\"", "7"));
	ck_assert(etag_matches("W/\"7\"", "7"));
	ck_assert(etag_matches("\"1\", W/\"7\" ,\"9\"", "7"));
	ck_assert(etag_matches("*", "7"));
	ck_assert(!etag_matches("\"77\"", "7"));
	ck_assert(!etag_matches("\"7", "7"));
	ck_assert(!etag_matches("7", "7"));
	ck_assert(!etag_matches("", "7"));
	ck_assert(!etag_matches(NULL, "7"));
	ck_assert(etag_listed("\"7\"", "\"7\""));
	ck_assert(!etag_listed("\"8\"", "\"7\""));
}
END_TEST

START_TEST(a_view_is_json)
{
	struct json_object *o = view_new(&cx), *list, *part, *back;
	struct buf out;

	buf_init(&out, 4096);
	view_text(o, "t", "a/b\"<\n");
	view_text(o, "n", NULL);
	view_text(o, "bad", "x\xff\xc3y");
	view_int(o, "i", INT64_MIN);
	view_bool(o, "b", true);
	view_null(o, "z");
	view_time(o, "never", 0);
	view_time(o, "then", 1767323045678);
	list = view_list(o, "l");
	view_int(list, NULL, 1);
	view_text(view_obj(list, NULL), "k", "v");
	part = view_new(&cx);
	view_int(part, "p", 1);
	view_put(o, "part", part);
	view_merge(o, "part", view_new(&cx));
	view_json(o, &out);
	ck_assert_str_eq(buf_str(&out),
			 "{\"t\":\"a/b\\\"<\\n\",\"n\":null,"
			 "\"bad\":\"x\xef\xbf\xbd\xef\xbf\xbdy\","
			 "\"i\":-9223372036854775808,\"b\":true,\"z\":null,"
			 "\"never\":null,\"then\":\"2026-01-02T03:04:05.678Z\","
			 "\"l\":[1,{\"k\":\"v\"}],\"part\":{\"p\":1}}");
	back = json_tokener_parse(buf_str(&out));
	ck_assert_ptr_nonnull(back);
	json_object_put(back);
	buf_free(&out);
	cx_end(&cx);
}
END_TEST

START_TEST(an_error_has_the_shape)
{
	struct buf out;

	buf_init(&out, 4096);
	(void)cx_field(&cx, "name", "x");
	view_json(view_error(&cx, ERR_INVALID, "no"), &out);
	ck_assert_str_eq(buf_str(&out), "{\"error\":{\"code\":\"INVALID_"
					"REQUEST\",\"message\":\"no\","
					"\"field\":\"name\"}}");
	buf_free(&out);
	for (int e = 1; e < ERR__MAX; e++)
		ck_assert_str_ne(response_reason(err_http((enum err)e)),
				 "Other");
	cx_end(&cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_cookie_is_found_by_its_whole_name,
				      a_cookie_says_what_may_read_it,
				      no_header_can_be_split,
				      etags,
				      a_view_is_json,
				      an_error_has_the_shape};

	return SUITE_RUN("web_answer", tests);
}
