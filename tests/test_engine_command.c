/* Command templates: quotes, placeholders, programs. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine/command.h"
#include "support/tmpsite.h"

static struct tmpsite t;

static void
setup(void)
{
	tmpsite_open(&t, NULL);
}

static void
teardown(void)
{
	tmpsite_close(&t);
}

static const struct command_values values = {"/run/ws/a b.sock", "/home/coder",
					     "ID", "20007"};

/* What a template becomes: words joined by '|', or the error's name. */
static const struct {
	const char *text, *words;
} splits[] = {
	{"a", "a"},
	{"a b\tc  d ", "a|b|c|d"},
	{"  a", "a"},
	{"a \"b c\" d", "a|b c|d"},
	{"a x\"b c\"y", "a|xb cy"},
	{"a \"\"", "a|"},
	{"a \"say \\\"hi\\\"\"", "a|say \"hi\""},
	{"a \"back\\\\slash\"", "a|back\\slash"},
	{"a \"\\n\" \\n", "a|\\n|\\n"},
	{"a 'b c'", "a|'b|c'"},
	{"a $HOME *.c ; rm `x`", "a|$HOME|*.c|;|rm|`x`"},
	{"a {socket}", "a|/run/ws/a b.sock"},
	{"a --s={socket}:{home}", "a|--s=/run/ws/a b.sock:/home/coder"},
	{"a {id} {base}", "a|ID|/w/ID/"},
	{"a {unknown} {} { } {socket", "a|{unknown}|{}|{|}|{socket"},
	{"a \"{home} {home}\"", "a|/home/coder /home/coder"},
	{"", "ERR_CONFIG"},
	{"  \t ", "ERR_CONFIG"},
	{"a \"b", "ERR_CONFIG"},
	{"a \"b\\\"", "ERR_CONFIG"},
	{"a {port} 127.0.0.1:{port}", "a|20007|127.0.0.1:20007"},
};
#define SPLITS ((int)(sizeof(splits) / sizeof(splits[0])))

START_TEST(commands_split)
{
	const char *const *argv = NULL, *got = "";
	size_t n = 99, i;
	enum err e = command_parse(&t.cx, splits[_i].text, &values, &argv, &n);

	if (e)
		got = err_name(e);
	for (i = 0; !e && i < n; i++)
		got = arena_printf(&t.cx.arena, "%s%s%s", got, i ? "|" : "",
				   argv[i]);
	ck_assert_str_eq(got, splits[_i].words);
	if (e) {
		ck_assert_ptr_null(argv);
		ck_assert_uint_eq(n, 99);
		ck_assert_str_ne(t.cx.why, "");
	} else {
		ck_assert_ptr_null(argv[n]);
	}
}
END_TEST

START_TEST(words_have_a_limit)
{
	char text[2 * COMMAND_WORDS_MAX + 3];
	const char *const *argv;
	size_t n = 0;

	memset(text, 0, sizeof(text));
	for (n = 0; n < COMMAND_WORDS_MAX; n++)
		memcpy(text + 2 * n, "a ", 2);
	ck_assert_int_eq(command_parse(&t.cx, text, &values, &argv, &n), OK);
	ck_assert_uint_eq(n, COMMAND_WORDS_MAX);
	strncat(text, "b", 2);
	ck_assert_int_eq(command_parse(&t.cx, text, &values, &argv, &n),
			 ERR_CONFIG);
}
END_TEST

START_TEST(programs_are_found)
{
	const char *out = NULL;

	ck_assert_int_eq(command_find(&t.cx, "sh", "/none:/bin", &out), OK);
	ck_assert_str_eq(out, "/bin/sh");
	ck_assert_int_eq(command_find(&t.cx, "/bin/sh", "", &out), OK);
	out = NULL;
	ck_assert_int_eq(command_find(&t.cx, "sh", "", &out), ERR_IMAGE);
	ck_assert_int_eq(command_find(&t.cx, "sh", "::", &out), ERR_IMAGE);
	ck_assert_int_eq(command_find(&t.cx, "bin/sh", "/", &out), ERR_IMAGE);
	ck_assert_int_eq(command_find(&t.cx, "/bin", "", &out), ERR_IMAGE);
	ck_assert_int_eq(command_find(&t.cx, "/etc/passwd", "", &out),
			 ERR_IMAGE);
	ck_assert_ptr_null(out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("engine_command");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, commands_split, 0, SPLITS);
	tcase_add_test(c, words_have_a_limit);
	tcase_add_test(c, programs_are_found);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
