/* Percent signs, UTF-8, where one may be sent to. */
#include <string.h>

#include "base/uri.h"
#include "support/suite.h"
#include "web/url.h"

static struct cx cx;

START_TEST(decodes_strictly)
{
	static const struct {
		const char *in;
		size_t n;
		bool form;
		const char *out; /* NULL: refused */
	} rows[] = {
		{"", 0, false, ""},
		{"a%20b", 5, false, "a b"},
		{"a+b", 3, false, "a+b"},
		{"a+b", 3, true, "a b"},
		{"%ED%95%9C", 9, false, "\xed\x95\x9c"},
		{"%2f%2F", 6, false, "//"},
		{"%", 1, false, NULL},
		{"%4", 2, false, NULL},
		{"%zz", 3, false, NULL},
		{"%00", 3, false, NULL},
		{"a\0b", 3, false, NULL},
		{"%ff", 3, false, NULL},
		{"%C0%AF", 6, false, NULL},
		{"%41%", 4, false, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *out = NULL;
		enum err e = url_decode(&cx, rows[i].in, rows[i].n,
					rows[i].form, &out);

		if (rows[i].out) {
			ck_assert_int_eq(e, OK);
			ck_assert_str_eq(out, rows[i].out);
		} else {
			ck_assert_int_eq(e, ERR_INVALID);
			ck_assert_ptr_null(out);
		}
	}
	cx_end(&cx);
}
END_TEST

START_TEST(encodes_and_decodes_every_byte_sequence_back)
{
	for (unsigned c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 0x101) {
		char text[5] = "";
		char *back;
		size_t n;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c < 0x80) {
			text[0] = (char)c;
		} else if (c < 0x800) {
			text[0] = (char)(0xc0 | c >> 6);
			text[1] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			text[0] = (char)(0xe0 | c >> 12);
			text[1] = (char)(0x80 | (c >> 6 & 0x3f));
			text[2] = (char)(0x80 | (c & 0x3f));
		} else {
			text[0] = (char)(0xf0 | c >> 18);
			text[1] = (char)(0x80 | (c >> 12 & 0x3f));
			text[2] = (char)(0x80 | (c >> 6 & 0x3f));
			text[3] = (char)(0x80 | (c & 0x3f));
		}
		n = strlen(text);
		ck_assert_uint_eq(utf8_char(text, n), n);
		ck_assert_uint_eq(n > 1 ? utf8_char(text, n - 1) : 0, 0);
		const char *coded = uri_encode(&cx, text);
		ck_assert_int_eq(url_decode(&cx, coded, strlen(coded), true,
					    &back),
				 OK);
		ck_assert_str_eq(back, text);
		arena_reset(&cx.arena);
	}
	cx_end(&cx);
}
END_TEST

START_TEST(utf8_refuses_what_is_none)
{
	static const char *const bad[] = {"\x80",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xe0\x80\x80",
					  "\xe0\x9f\xbf",
					  "\xed\xa0\x80",
					  "\xed\xbf\xbf",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf8\x88\x80\x80",
					  "\xff",
					  "\xe1\x80",
					  "\xc3\x28",
					  "a\xe2\x28\xa1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!utf8_valid(bad[i], strlen(bad[i])), "row %zu",
			      i);
	ck_assert_uint_eq(utf8_count("a\xc3\xa9\xed\x95\x9c"), 3);
}
END_TEST

START_TEST(leads_only_to_this_site)
{
	static const char *const good[] = {"/", "/a", "/a/b?c=d%20e",
					   "/?x=//y"};
	static const char *const bad[] = {"",	     "a",	    "//evil",
					  "/\\evil", "http://evil", "\\/evil",
					  "/a\tb",   "/\t/x",	    "/a b",
					  "/a\r\nb", "/\xc3\xa9",   "/a\\b"};
	char longest[2100];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(url_is_local(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!url_is_local(bad[i]), "%s", bad[i]);
	memset(longest, '/', 1);
	memset(longest + 1, 'a', sizeof(longest) - 2);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert(!url_is_local(longest));
	longest[2000] = '\0';
	ck_assert(url_is_local(longest));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		decodes_strictly,
		encodes_and_decodes_every_byte_sequence_back,
		utf8_refuses_what_is_none,
		leads_only_to_this_site,
	};

	return SUITE_RUN("web_url", tests);
}
