/* Command lines of roostctl, and the tables behind them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/apps.h"
#include "ctl/ctl.h"

static struct ctl c;

static void
setup(void)
{
	memset(&c, 0, sizeof(c));
	cx_begin(&c.cx, NULL);
}

static void
teardown(void)
{
	cx_end(&c.cx);
}

/* Parses words that are separated by single spaces. */
static enum err
parse(const char *line)
{
	const char *word[16];
	size_t n = 0, words;
	char *copy, *p;

	teardown();
	setup();
	copy = arena_strdup(&c.cx.arena, line);
	for (p = copy; p && *p; n++) {
		word[n] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
	}
	c.command = ctl_find(word, n, &words);
	ck_assert_ptr_nonnull(c.command);
	return ctl_parse(&c, n - words, word + words);
}

START_TEST(test_every_row)
{
	const struct command *k = &commands[_i], *found;
	const char *word[2];
	size_t n = 0, words, i;
	char name[64], *second;

	ck_assert_uint_lt(strlen(k->name), sizeof(name));
	memcpy(name, k->name, strlen(k->name) + 1);
	word[n++] = name;
	second = strchr(name, ' ');
	if (second) {
		*second++ = '\0';
		word[n++] = second;
	}
	found = ctl_find(word, n, &words);
	ck_assert_ptr_eq(found, k);
	ck_assert_uint_eq(words, n);
	ck_assert_uint_le(k->least, k->most);
	ck_assert_uint_le(k->most, sizeof(c.arg) / sizeof(c.arg[0]));
	ck_assert_msg(*help_text(k), "%s has no text in help.def", k->name);
	for (i = 0; i < n_commands; i++)
		ck_assert(&commands[i] == k ||
			  strcmp(commands[i].name, k->name));
}
END_TEST

START_TEST(test_every_help_has_a_command)
{
	static const char *const names[] = {
#define X(name, text) name,
#include "ctl/help.def"
#undef X
	};
	size_t i, j;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (j = 0; j < n_commands; j++)
			if (!strcmp(commands[j].name, names[i]))
				break;
		ck_assert_msg(j < n_commands, "no command %s", names[i]);
	}
}
END_TEST

START_TEST(test_every_option_is_taken)
{
	unsigned all = 1u << OPTION_SITE | 1u << OPTION_HELP;
	size_t i;

	for (i = 0; i < n_commands; i++)
		all |= commands[i].options;
	ck_assert_uint_eq(all, (1u << OPTION__MAX) - 1);
}
END_TEST

START_TEST(test_words_and_options)
{
	ck_assert_int_eq(parse("user add minsu --admin --random"), OK);
	ck_assert_uint_eq(c.n_args, 1);
	ck_assert_str_eq(c.arg[0], "minsu");
	ck_assert_ptr_nonnull(c.option[OPTION_ADMIN]);
	ck_assert_ptr_nonnull(c.option[OPTION_RANDOM]);
	ck_assert_ptr_null(c.option[OPTION_STDIN]);

	ck_assert_int_eq(parse("token add --days 30 minsu ci"), OK);
	ck_assert_str_eq(c.option[OPTION_DAYS], "30");
	ck_assert_uint_eq(c.n_args, 2);
	ck_assert_int_eq(parse("token add --days=30 minsu ci"), OK);
	ck_assert_str_eq(c.option[OPTION_DAYS], "30");

	ck_assert_int_eq(parse("user add -- --admin"), OK);
	ck_assert_str_eq(c.arg[0], "--admin");
	ck_assert_ptr_null(c.option[OPTION_ADMIN]);

	ck_assert_int_eq(parse("user list --site /x"), OK);
	ck_assert_str_eq(c.site_dir, "/x");
	ck_assert_int_eq(parse("user add --help"), OK);
}
END_TEST

static const char *const wrong[] = {
	"user add",		      /* a word is missing */
	"user add a b",		      /* one too many */
	"user list --random",	      /* not an option of this one */
	"user add a --nonsense",      /* of none */
	"user add a --admin --admin", /* twice */
	"user add a --admin=yes",     /* takes no value */
	"user add a --adm",	      /* no abbreviations */
	"user add a --adminx",	      /* nor more */
	"token add a b --days",	      /* value is missing */
	"token add a b --days=",      /* and here */
	"user list -x",		      /* no short ones */
};

START_TEST(test_wrong_lines)
{
	ck_assert_int_eq(parse(wrong[_i]), ERR_INVALID);
	ck_assert_str_ne(c.cx.why, "");
}
END_TEST

START_TEST(test_unknown_commands)
{
	static const char *const lines[][2] = {{"user", NULL},
					       {"us", "add"},
					       {"user", "ad"},
					       {"", NULL},
					       {"user add", NULL}};
	size_t i, words;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_ptr_null(
			ctl_find(lines[i], lines[i][1] ? 2 : 1, &words));
	ck_assert_ptr_null(ctl_find(NULL, 0, &words));
}
END_TEST

START_TEST(test_numbers)
{
	static const char *const no[] =
		{"", "x", "1x", " ", "6", "-1", "99999999999999999999", "1.5"};
	int64_t n = 42;
	size_t i;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		ck_assert_int_eq(ctl_number(&c, "n", no[i], 0, 5, &n),
				 ERR_INVALID);
		ck_assert_int_eq(n, 42);
	}
	ck_assert_int_eq(ctl_number(&c, "n", "5", 0, 5, &n), OK);
	ck_assert_int_eq(n, 5);
}
END_TEST

START_TEST(test_random_passwords)
{
	static const char allowed[] = "abcdefghijkmnpqrstuvwxyz23456789-";
	char one[33], two[33];

	password_random(one);
	password_random(two);
	ck_assert_uint_eq(strlen(one), 23);
	ck_assert_uint_eq(strspn(one, allowed), 23);
	ck_assert_str_ne(one, two);
}
END_TEST

START_TEST(test_programs_of_apps)
{
	struct app a = {.command = "\"/usr/bin/a b\" --x"};

	ck_assert_str_eq(app_program(&c.cx, &a), "/usr/bin/a b");
	a.command = "/bin/sh -c 'x'";
	ck_assert_str_eq(app_program(&c.cx, &a), "/bin/sh");
	ck_assert(app_installed(&c.cx, &a));
	a.command = "sh";
	ck_assert(app_installed(&c.cx, &a));
	a.command = "/etc/passwd"; /* there, but no program */
	ck_assert(!app_installed(&c.cx, &a));
	a.command = "/etc";
	ck_assert(!app_installed(&c.cx, &a));
	a.command = "no-such-program --x";
	ck_assert(!app_installed(&c.cx, &a));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("ctl command");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_every_row, 0, (int)n_commands);
	tcase_add_test(t, test_every_help_has_a_command);
	tcase_add_test(t, test_every_option_is_taken);
	tcase_add_test(t, test_words_and_options);
	tcase_add_loop_test(t, test_wrong_lines, 0,
			    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(t, test_unknown_commands);
	tcase_add_test(t, test_numbers);
	tcase_add_test(t, test_random_passwords);
	tcase_add_test(t, test_programs_of_apps);
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
