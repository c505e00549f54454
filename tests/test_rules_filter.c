/* The language that finds workspaces: what it takes, and what it says of the
 * rest. rules/filter.h. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/filter.h"

#define NOW INT64_C(1800000000000) /* 2027-01-15 08:00 UTC */
#define DAY INT64_C(86400000)

static struct filter f;
static struct filter_bad bad;

static void
takes(const char *text)
{
	memset(&f, 0x55, sizeof(f));
	ck_assert_msg(filter_parse(text, NOW, &f, &bad), "%s: %s %s", text,
		      bad.word, filter_wrong_text(bad.why));
}

START_TEST(nothing_fits_all)
{
	takes("");
	for (unsigned k = 0; k < FILTER__MAX; k++)
		ck_assert(!f.set[k]);
	takes("   ");
	ck_assert(!f.set[FILTER_NAME]);
	ck_assert_ptr_null(f.phase);
	ck_assert_int_eq(f.used_before_ms, 0);
}
END_TEST

START_TEST(words_of_the_contract)
{
	takes("owner:kim phase:running app:code-server name:foo idle>7d");
	ck_assert_str_eq(f.owner, "kim");
	ck_assert_str_eq(f.phase, "RUNNING");
	ck_assert_str_eq(f.app, "code-server");
	ck_assert_str_eq(f.name, "foo");
	ck_assert_int_eq(f.used_before_ms, NOW - 7 * DAY);
	ck_assert_int_eq(f.used_from_ms, 0);
	for (unsigned k = 0; k < FILTER__MAX; k++)
		ck_assert_int_eq(f.set[k],
				 k == FILTER_OWNER || k == FILTER_PHASE ||
					 k == FILTER_APP || k == FILTER_NAME ||
					 k == FILTER_IDLE);
}
END_TEST

START_TEST(bare_and_quoted_words_are_names)
{
	takes("foo");
	ck_assert_str_eq(f.name, "foo");
	takes("\"two words: <b>\" phase:error");
	ck_assert_str_eq(f.name, "two words: <b>");
	takes("name:\"a \\\"b\\\" \\\\ c\"");
	ck_assert_str_eq(f.name, "a \"b\" \\ c");
	takes("owner:\"Kim Min\"");
	ck_assert_str_eq(f.owner, "Kim Min");
	takes("\xea\xb9\x80");
	ck_assert_str_eq(f.name, "\xea\xb9\x80");
	takes("back\\slash");
	ck_assert_str_eq(f.name, "back\\slash");
}
END_TEST

START_TEST(case_does_not_matter_for_our_words)
{
	takes("PHASE:Archived Operation:starting ERROR:datalost pinned:YES");
	ck_assert_str_eq(f.phase, "ARCHIVED");
	ck_assert_int_eq(f.operation, OPERATION_STARTING);
	ck_assert_int_eq(f.error, REASON_DATA_LOST);
	ck_assert(f.pinned && f.set[FILTER_PINNED]);
	takes("pinned:no error:any deleted:yes");
	ck_assert(!f.pinned && f.set[FILTER_PINNED] && f.deleted);
	ck_assert_int_eq(f.error, REASON_NONE);
	ck_assert(f.set[FILTER_ERROR]);
}
END_TEST

START_TEST(every_word_of_the_tables_is_known)
{
	char text[100];

	for (unsigned s = 0; s < STATUS__MAX; s++) {
		if (s == STATUS_DELETED)
			continue;
		snprintf(text, sizeof(text), "phase:%s", status_name(s));
		takes(text);
		ck_assert_str_eq(f.phase, status_name(s));
	}
	for (unsigned o = 0; o < OPERATION__MAX; o++) {
		snprintf(text, sizeof(text), "operation:%s", operation_name(o));
		takes(text);
		ck_assert_uint_eq(f.operation, o);
	}
	for (unsigned r = 1; r < REASON__MAX; r++) {
		snprintf(text, sizeof(text), "error:%s", reason_name(r));
		takes(text);
		ck_assert_uint_eq(f.error, r);
	}
	for (unsigned k = 0; k < FILTER__MAX; k++)
		ck_assert_uint_gt(strlen(filter_what(k)), 5);
}
END_TEST

START_TEST(spans_and_days_are_bounds)
{
	takes("idle>30m idle<4w");
	ck_assert_int_eq(f.used_before_ms, NOW - 30 * 60000);
	ck_assert_int_eq(f.used_from_ms, NOW - 28 * DAY);
	takes("idle>12h");
	ck_assert_int_eq(f.used_before_ms, NOW - DAY / 2);
	/* longer ago than time itself: nothing fits, and it is no error */
	takes("idle>99999w");
	ck_assert_int_eq(f.used_before_ms, 1);
	takes("created<2027-01-01 created>2026-12-01");
	ck_assert_int_eq(f.created_before_ms, INT64_C(1798761600000));
	ck_assert_int_eq(f.created_from_ms, INT64_C(1798761600000) - 30 * DAY);
	takes("created<2028-02-29");
	/* the narrower of two counts */
	takes("age>1d created<2027-01-01 age<90d created>1999-01-01");
	ck_assert_int_eq(f.created_before_ms, INT64_C(1798761600000));
	ck_assert_int_eq(f.created_from_ms, NOW - 90 * DAY);
	takes("created<1970-01-01");
	ck_assert_int_eq(f.created_before_ms, 1);
}
END_TEST

static const struct {
	const char *text;
	enum filter_wrong why;
	const char *word;
} wrong[] = {
	{"owner:kim colour:red", FILTER_KEY, "colour:red"},
	{"http://x", FILTER_KEY, "http://x"},
	{":x", FILTER_KEY, ":x"},
	{"a<b", FILTER_KEY, "a<b"},
	{"phase:sleeping", FILTER_VALUE, "phase:sleeping"},
	{"phase:deleted", FILTER_VALUE, "phase:deleted"},
	{"phase:", FILTER_VALUE, "phase:"},
	{"owner:", FILTER_VALUE, "owner:"},
	{"\"\"", FILTER_VALUE, "\"\""},
	{"error:Bored", FILTER_VALUE, "error:Bored"},
	{"operation:dancing", FILTER_VALUE, "operation:dancing"},
	{"pinned:maybe", FILTER_VALUE, "pinned:maybe"},
	{"idle:7d", FILTER_HOW, "idle:7d"},
	{"owner>kim", FILTER_HOW, "owner>kim"},
	{"created:2026-01-01", FILTER_HOW, "created:2026-01-01"},
	{"idle>7", FILTER_VALUE, "idle>7"},
	{"idle>d", FILTER_VALUE, "idle>d"},
	{"idle>-1d", FILTER_VALUE, "idle>-1d"},
	{"idle>7days", FILTER_VALUE, "idle>7days"},
	{"idle>123456d", FILTER_VALUE, "idle>123456d"},
	{"created<2026-02-29", FILTER_VALUE, "created<2026-02-29"},
	{"created<2026-13-01", FILTER_VALUE, "created<2026-13-01"},
	{"created<2026-00-01", FILTER_VALUE, "created<2026-00-01"},
	{"created<2026-1-1", FILTER_VALUE, "created<2026-1-1"},
	{"created<1969-12-31", FILTER_VALUE, "created<1969-12-31"},
	{"created<2026-01-01T0", FILTER_VALUE, "created<2026-01-01T0"},
	{"two words", FILTER_TWICE, "words"},
	{"owner:a owner:a", FILTER_TWICE, "owner:a"},
	{"idle>1d idle>2d", FILTER_TWICE, "idle>2d"},
	{"name:\"a b", FILTER_QUOTE, "name:\"a b"},
	{"\"a\\\"", FILTER_QUOTE, "\"a\\\""},
	{"a\tb", FILTER_TEXT, ""},
	{"\xff", FILTER_TEXT, ""},
};

START_TEST(what_is_wrong_is_named)
{
	const char *text = wrong[_i].text;

	memset(&f, 0x55, sizeof(f));
	ck_assert_msg(!filter_parse(text, NOW, &f, &bad), "%s", text);
	ck_assert_msg(bad.why == wrong[_i].why, "%s: %s", text,
		      filter_wrong_text(bad.why));
	ck_assert_str_eq(bad.word, wrong[_i].word);
	ck_assert_uint_gt(strlen(filter_wrong_text(bad.why)), 5);
	for (size_t i = 0; i < sizeof(f); i++)
		ck_assert_int_eq(((const char *)&f)[i], 0x55);
}
END_TEST

START_TEST(it_has_a_size)
{
	char text[4 * FILTER_CHARS + 10];

	memset(text, 'a', FILTER_CHARS);
	text[FILTER_CHARS] = '\0';
	takes(text);
	ck_assert_uint_eq(strlen(f.name), FILTER_CHARS);
	memcpy(text + FILTER_CHARS, "a", 2);
	ck_assert(!filter_parse(text, NOW, &f, &bad));
	ck_assert_int_eq(bad.why, FILTER_TEXT);
	/* a value that is longer than its place, in three bytes a character */
	memcpy(text, "owner:", 6);
	for (int i = 0; i < 100; i++)
		memcpy(text + 6 + 3 * i, "\xea\xb9\x80", 4);
	ck_assert(!filter_parse(text, NOW, &f, &bad));
	ck_assert_int_eq(bad.why, FILTER_LONG);
	/* only whole characters of it are said */
	ck_assert_uint_eq(strlen(bad.word), 159);
	ck_assert_mem_eq(bad.word + 156, "\xea\xb9\x80", 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules_filter");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(c, nothing_fits_all);
	tcase_add_test(c, words_of_the_contract);
	tcase_add_test(c, bare_and_quoted_words_are_names);
	tcase_add_test(c, case_does_not_matter_for_our_words);
	tcase_add_test(c, every_word_of_the_tables_is_known);
	tcase_add_test(c, spans_and_days_are_bounds);
	tcase_add_loop_test(c, what_is_wrong_is_named, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(c, it_has_a_size);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
