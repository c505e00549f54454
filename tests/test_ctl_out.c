/* What roostctl prints: nothing that moves a cursor, and JSON that is JSON. */
#include <check.h>
#include <json-c/json.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/out.h"

static const char *const keys[] = {"name", "n", "yes", "at"};
static struct ctl c;
static struct out o;
static char printed[1 << 16];

static void
setup(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	memset(&c, 0, sizeof(c));
	cx_begin(&c.cx, NULL);
	OUT_INIT(&o, &c, keys);
}

static void
teardown(void)
{
	cx_end(&c.cx);
}

static void
row(const char *name, int64_t n, bool yes, int64_t ms)
{
	out_text(&o, name);
	out_int(&o, n);
	out_bool(&o, yes);
	out_time(&o, ms);
}

/* What fn prints on stdout. */
static const char *
caught(void (*fn)(struct out *))
{
	FILE *f = tmpfile();
	int was = dup(1);
	size_t n;

	ck_assert_ptr_nonnull(f);
	fflush(stdout);
	dup2(fileno(f), 1);
	fn(&o);
	fflush(stdout);
	dup2(was, 1);
	close(was);
	rewind(f);
	n = fread(printed, 1, sizeof(printed) - 1, f);
	printed[n] = '\0';
	fclose(f);
	return printed;
}

START_TEST(test_table)
{
	row("a", 1, true, 0);
	row("longer", -20, false, 1);
	ck_assert_str_eq(caught(out_list),
			 "name    n    yes  at\n"
			 "a       1    yes  -\n"
			 "longer  -20  no   1970-01-01T00:00:00.001Z\n");
}
END_TEST

START_TEST(test_wide_letters)
{
	row("둥지", 1, true, 0); /* two columns each */
	row("abcd", 1, true, 0);
	ck_assert_str_eq(caught(out_list), "name  n  yes  at\n"
					   "둥지  1  yes  -\n"
					   "abcd  1  yes  -\n");
}
END_TEST

START_TEST(test_no_control_characters)
{
	char name[3] = {0};
	const char *p;
	int ch;

	for (ch = 1; ch < 256; ch++) {
		name[0] = (char)ch;
		row(name, 0, false, 0);
	}
	row("\xc2\x9b", 0, false, 0); /* a control character beyond ASCII */
	caught(out_list);
	ck_assert_ptr_null(strstr(printed, "\xc2\x9b"));
	for (p = printed; *p; p++)
		ck_assert_msg(*p == '\n' || (unsigned char)*p >= ' ', "%d", *p);
	ck_assert_ptr_null(strchr(printed, 0x7f));
	ck_assert_ptr_null(strchr(printed, 0x1b));
}
END_TEST

START_TEST(test_record)
{
	row("x\ny", 5, true, 0);
	ck_assert_str_eq(caught(out_record), "name  x?y\n"
					     "n     5\n"
					     "yes   yes\n"
					     "at    -\n");
}
END_TEST

static const char *const texts[] =
	{"",	    "plain",  "\"quoted\" \\", "line\nbreak\ttab",
	 "\x1b[2J", "둥지 é", "</script>",     "null"};

START_TEST(test_json)
{
	struct json_object *list, *first, *v;
	const char *s = texts[_i];

	c.option[OPTION_JSON] = "";
	row(s, INT64_MIN, true, 0);
	row(NULL, INT64_MAX, false, 1700000000000);
	list = json_tokener_parse(caught(out_list));
	ck_assert_ptr_nonnull(list);
	ck_assert_uint_eq(json_object_array_length(list), 2);
	first = json_object_array_get_idx(list, 0);
	ck_assert(json_object_object_get_ex(first, "name", &v));
	ck_assert_str_eq(json_object_get_string(v), s);
	ck_assert(json_object_object_get_ex(first, "n", &v));
	ck_assert_int_eq(json_object_get_int64(v), INT64_MIN);
	ck_assert(json_object_object_get_ex(first, "at", &v));
	ck_assert_ptr_null(v);
	ck_assert(json_object_object_get_ex(first, "yes", &v));
	ck_assert(json_object_get_boolean(v));
	json_object_put(list);
}
END_TEST

START_TEST(test_json_of_nothing_and_noise)
{
	struct json_object *list;
	char name[3] = {0};
	int ch;

	c.option[OPTION_JSON] = "";
	ck_assert_str_eq(caught(out_list), "[]\n");
	for (ch = 1; ch < 256; ch++) {
		name[0] = (char)ch;
		row(name, 0, false, 0);
	}
	list = json_tokener_parse(caught(out_list));
	ck_assert_ptr_nonnull(list);
	ck_assert_uint_eq(json_object_array_length(list), 255);
	json_object_put(list);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("ctl out");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_table);
	tcase_add_test(t, test_wide_letters);
	tcase_add_test(t, test_no_control_characters);
	tcase_add_test(t, test_record);
	tcase_add_loop_test(t, test_json, 0,
			    (int)(sizeof(texts) / sizeof(texts[0])));
	tcase_add_test(t, test_json_of_nothing_and_noise);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
