/* Typed fields, from JSON, from forms, from queries. */
#include <string.h>

#include "support/suite.h"
#include "web/form.h"

#define UUID "0c25eb01-99c5-4bab-af22-7209c25cf17a"

enum { NAME, MEMO, COUNT, YES, WORD, ID, IDS, GO, NOTE, N };

static const struct field_row rows[N] = {
	[NAME] = {"name", FIELD_TEXT, 1, 5, REQUIRED},
	[MEMO] = {"memo", FIELD_LINES, 0, 8, OPTIONAL},
	[COUNT] = {"count", FIELD_INT, -2, 300, OPTIONAL},
	[YES] = {"yes", FIELD_BOOL, 0, 0, OPTIONAL},
	[WORD] = {"word", FIELD_WORD, 2, 4, OPTIONAL},
	[ID] = {"id", FIELD_UUID, 0, 0, OPTIONAL},
	[IDS] = {"ids", FIELD_UUIDS, 0, 2, OPTIONAL},
	[GO] = {"go", FIELD_BUTTON, 0, 0, OPTIONAL},
	[NOTE] = {"note", FIELD_TEXT, 0, 10, NULLABLE},
};

static struct cx cx;
static struct value v[N];
static const char *csrf;

static enum err
parse(enum form_source source, const char *s)
{
	return form_parse(&cx, source, s, strlen(s), rows, N, v, &csrf);
}

START_TEST(json_fields_come_out_typed)
{
	ck_assert_int_eq(
		parse(FORM_JSON,
		      "{\"name\":\"\xed\x95\x9cx\",\"memo\":\"a\\r\\nb\","
		      "\"count\":-2,\"yes\":true,\"word\":\"a-b\",\"id\":"
		      "\"" UUID "\",\"ids\":[\"" UUID "\"],\"note\":null}"),
		OK);
	ck_assert_str_eq(v[NAME].text, "\xed\x95\x9cx");
	ck_assert_str_eq(v[MEMO].text, "a\nb");
	ck_assert_int_eq(v[COUNT].num, -2);
	ck_assert(v[YES].set && v[YES].yes);
	ck_assert_str_eq(v[WORD].text, "a-b");
	ck_assert_str_eq(v[ID].text, UUID);
	ck_assert_uint_eq(v[IDS].n_list, 1);
	ck_assert_str_eq(v[IDS].list[0], UUID);
	ck_assert(!v[GO].set);
	ck_assert(v[NOTE].set && v[NOTE].null);
	cx_end(&cx);
}
END_TEST

START_TEST(json_is_refused_with_the_field)
{
	static const struct {
		const char *body, *field;
	} bad[] = {
		{"{}", "name"},
		{"", "name"},
		{"[]", ""},
		{"\"name\"", ""},
		{"null", ""},
		{"{\"name\":\"\"}", "name"},
		{"{\"name\":\"123456\"}", "name"},
		{"{\"name\":\"a\\nb\"}", "name"},
		{"{\"name\":\"a\\u0085b\"}", "name"},
		{"{\"name\":1}", "name"},
		{"{\"name\":null}", "name"},
		{"{\"name\":\"a\",\"name\":\"b\"}", "name"},
		{"{\"name\":\"a\",\"nope\":1}", "nope"},
		{"{\"name\":\"a\",\"memo\":null}", "memo"},
		{"{\"name\":\"a\",\"count\":1.0}", "count"},
		{"{\"name\":\"a\",\"count\":\"1\"}", "count"},
		{"{\"name\":\"a\",\"count\":301}", "count"},
		{"{\"name\":\"a\",\"count\":1e2}", "count"},
		{"{\"name\":\"a\",\"count\":99999999999999999999}", "count"},
		{"{\"name\":\"a\",\"count\":-3}", "count"},
		{"{\"name\":\"a\",\"yes\":1}", "yes"},
		{"{\"name\":\"a\",\"word\":\"a\"}", "word"},
		{"{\"name\":\"a\",\"word\":\"a b\"}", "word"},
		{"{\"name\":\"a\",\"id\":\"x\"}", "id"},
		{"{\"name\":\"a\",\"ids\":\"" UUID "\"}", "ids"},
		{"{\"name\":\"a\",\"ids\":[1]}", "ids"},
		{"{\"name\":\"a\",\"ids\":[\"" UUID "\",\"" UUID "\",\"" UUID
		 "\"]}",
		 "ids"},
		{"{\"name\":\"a\"} x", ""},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(parse(FORM_JSON, bad[i].body) == ERR_INVALID,
			      "%s", bad[i].body);
		ck_assert_msg(strcmp(cx.field, bad[i].field) == 0,
			      "%s: field %s", bad[i].body, cx.field);
	}
	cx_end(&cx);
}
END_TEST

START_TEST(pairs_come_out_typed)
{
	ck_assert_int_eq(parse(FORM_URLENCODED,
			       "name=a+%26&memo=a%0D%0Ab&count=300&yes=on&id=&"
			       "go=&"
			       "ids=" UUID "&ids=" UUID "&csrf=t0ken"),
			 OK);
	ck_assert_str_eq(v[NAME].text, "a &");
	ck_assert_str_eq(v[MEMO].text, "a\nb");
	ck_assert_int_eq(v[COUNT].num, 300);
	ck_assert(v[YES].yes);
	ck_assert(!v[ID].set);
	ck_assert(v[GO].yes);
	ck_assert_uint_eq(v[IDS].n_list, 2);
	ck_assert_str_eq(csrf, "t0ken");
	ck_assert_int_eq(parse(FORM_QUERY, "name=a&memo=&count="), OK);
	ck_assert(v[MEMO].set && !*v[MEMO].text);
	ck_assert(!v[COUNT].set);
	cx_end(&cx);
}
END_TEST

START_TEST(pairs_are_refused_with_the_field)
{
	static const struct {
		const char *body, *field;
	} bad[] = {
		{"", "name"},
		{"name=", "name"},
		{"name", "name"},
		{"name=a&name=b", "name"},
		{"name=&name=b", "name"},
		{"name=a&x=1", "x"},
		{"name=a%00b", ""},
		{"name=%zz", ""},
		{"name=%ff", ""},
		{"name=a&count=1x", "count"},
		{"name=a&count=-", "count"},
		{"name=a&count=+1", "count"},
		{"name=a&count=99999999999999999999", "count"},
		{"name=a&count=-9223372036854775809", "count"},
		{"name=a&yes=maybe", "yes"},
		{"name=a&%0a=1", ""},
		{"name=a&csrf=1&csrf=2", "csrf"},
		{"name=a&ids=x", "ids"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(parse(FORM_URLENCODED, bad[i].body) ==
				      ERR_INVALID,
			      "%s", bad[i].body);
		ck_assert_msg(strcmp(cx.field, bad[i].field) == 0,
			      "%s: field %s", bad[i].body, cx.field);
	}
	/* a query has no token */
	ck_assert_int_eq(parse(FORM_QUERY, "name=a&csrf=1"), ERR_INVALID);
	cx_end(&cx);
}
END_TEST

/* ---- Once more, for who is to mend it ---- */

static struct sent sent[N];

static bool
look(const char *s)
{
	return form_look(&cx, s, strlen(s), rows, N, v, sent, &csrf);
}

START_TEST(a_refused_form_is_told_field_by_field)
{
	ck_assert(look("csrf=x&name=much+too+long&memo=a%0d%0ab&count=many"
		       "&word=%ff&yes=maybe&note=%01n%c2%9f&ids=" UUID
		       "&ids=no"));
	ck_assert_str_eq(csrf, "x");
	ck_assert(sent[NAME].wrong && !v[NAME].set);
	ck_assert_str_eq(sent[NAME].text, "much too long");
	ck_assert(!sent[MEMO].wrong && v[MEMO].set);
	ck_assert_str_eq(v[MEMO].text, "a\nb");
	ck_assert(sent[COUNT].wrong && !v[COUNT].set);
	ck_assert_str_eq(sent[COUNT].text, "many");
	ck_assert(sent[WORD].wrong && !sent[WORD].text);
	ck_assert(sent[YES].wrong);
	ck_assert(sent[NOTE].wrong);
	ck_assert_str_eq(sent[NOTE].text, "n");
	ck_assert(sent[IDS].wrong && v[IDS].n_list == 1);
	ck_assert(!sent[GO].wrong && !v[GO].set);
	ck_assert_str_eq(cx.field, "");
	cx_end(&cx);
}
END_TEST

START_TEST(what_is_missing_is_told_too)
{
	ck_assert(look(""));
	ck_assert(sent[NAME].wrong && sent[NAME].empty && !sent[NAME].text);
	ck_assert(!sent[MEMO].wrong);
	ck_assert(look("name=&count="));
	ck_assert(sent[NAME].wrong && sent[NAME].empty);
	ck_assert(!sent[COUNT].wrong && sent[COUNT].empty);
	cx_end(&cx);
}
END_TEST

START_TEST(secrets_are_not_told)
{
	static const struct field_row secret = {"p", FIELD_SECRET, 1, 4,
						REQUIRED};

	ck_assert(form_look(&cx, "p=battery", 9, &secret, 1, v, sent, NULL));
	ck_assert(sent[0].wrong && !sent[0].text);
	cx_end(&cx);
}
END_TEST

START_TEST(no_page_of_ours_sends_that)
{
	static const char *const those[] = {"nonsense=1", "name=a&name=b",
					    "%ff=1",	  "csrf=a&csrf=b",
					    "csrf=%ff",	  "{\"name\":\"a\"}"};

	for (size_t i = 0; i < sizeof(those) / sizeof(*those); i++)
		ck_assert_msg(!look(those[i]), "%s", those[i]);
	/* a query has no token */
	ck_assert(!form_look(&cx, "csrf=a", 6, rows, N, v, sent, NULL));
	cx_end(&cx);
}
END_TEST

START_TEST(content_types)
{
	static const struct {
		const char *type;
		enum err e;
		enum form_source source;
	} types[] = {
		{"application/json", OK, FORM_JSON},
		{"Application/JSON; charset=UTF-8", OK, FORM_JSON},
		{"application/json;charset=\"utf-8\"", OK, FORM_JSON},
		{"application/x-www-form-urlencoded", OK, FORM_URLENCODED},
		{"application/json; charset=latin1", ERR_MEDIA, FORM_JSON},
		{"application/jsonx", ERR_MEDIA, FORM_JSON},
		{"text/plain", ERR_MEDIA, FORM_JSON},
		{"multipart/form-data; boundary=x", ERR_MEDIA, FORM_JSON},
		{"", ERR_MEDIA, FORM_JSON},
		{NULL, ERR_MEDIA, FORM_JSON},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		enum form_source source = FORM_QUERY;

		ck_assert_int_eq(form_source_of(&cx, types[i].type, &source),
				 types[i].e);
		if (!types[i].e)
			ck_assert_int_eq(source, types[i].source);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {json_fields_come_out_typed,
				      json_is_refused_with_the_field,
				      pairs_come_out_typed,
				      pairs_are_refused_with_the_field,
				      a_refused_form_is_told_field_by_field,
				      what_is_missing_is_told_too,
				      secrets_are_not_told,
				      no_page_of_ours_sends_that,
				      content_types};

	return SUITE_RUN("web_form", tests);
}
