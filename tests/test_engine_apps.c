/*
 * The applications that Roost ships: all sections can be used as they are,
 * and the one that a fresh machine has really works in the sandbox.
 */
#include <check.h>

#include "engine/command.h"
#include "support/engsite.h"

static struct engsite s;
static const char *id;

/* share/apps.conf of the tree that this test was built from. */
static char *
shipped(void)
{
	static char text[65536];
	char path[4200];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%.*s/../../../../share/apps.conf",
		 (int)(strlen(engsite_wsapp()) - strlen("/wsapp")),
		 engsite_wsapp());
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

START_TEST(every_section_is_well_formed)
{
	const struct command_values v = {"/run/ws/app.sock", "/home/coder",
					 engsite_id(1), NULL};
	const char *const *words;
	struct tmpsite t;
	size_t i, n;

	tmpsite_open(&t, shipped());
	ck_assert_uint_ge(t.site.n_apps, 4);
	for (i = 0; i < t.site.n_apps; i++) {
		const struct app *a = &t.site.apps[i];

		ck_assert_str_ne(a->title, "");
		ck_assert_ptr_nonnull(strstr(a->command, "{socket}"));
		ck_assert_int_eq(command_parse(&t.cx, a->command, &v, &words,
					       &n),
				 OK);
		ck_assert_int_eq(command_words(&t.cx, a->binds, &words, &n),
				 OK);
		/* who must know the path is told it, and nobody else */
		ck_assert_int_eq(a->strip_prefix,
				 strstr(a->command, "{base}") == NULL);
	}
	tmpsite_close(&t);
}
END_TEST

/* POST of a form; the answer's body. */
static const char *
post(const char *address, const char *body)
{
	char *text = arena_alloc(&s.t.cx.arena, 65536);
	int fd = engsite_connect(address);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = 0;
	ssize_t got;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(
		dprintf(fd,
			"POST / HTTP/1.1\r\nHost: localhost\r\n"
			"Content-Type: application/x-www-form-urlencoded\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			strlen(body), body),
		0);
	while (n < 65535 && poll(&p, 1, 5000) > 0 &&
	       (got = read(fd, text + n, 65535 - n)) > 0)
		n += (size_t)got;
	close(fd);
	return text;
}

/* "session":"..." with its '+' and '/' as a form wants them. */
static const char *
session(const char *answer)
{
	const char *p = strstr(answer, "\"session\":\"");
	char *out = arena_alloc(&s.t.cx.arena, 400), *o = out;

	ck_assert_msg(p != NULL, "%s", answer);
	for (p += 11; *p && *p != '"' && o < out + 390; p++)
		if (*p == '+' || *p == '/')
			o += snprintf(o, 4, "%%%02X", (unsigned)*p);
		else if (*p != '\\')
			*o++ = *p;
	return out;
}

/* Long polls until the terminal has shown the words; all that it showed. */
static const char *
shown(const char *address, const char *form, const char *words)
{
	int64_t until = clock_mono_ms() + 20000;
	const char *seen = "";

	while (!strstr(seen, words) && clock_mono_ms() < until)
		seen = arena_printf(&s.t.cx.arena, "%s%s", seen,
				    post(address, form));
	ck_assert_msg(strstr(seen, words) != NULL, "%.900s", seen);
	return seen;
}

START_TEST(the_terminal_works)
{
	static const char typed[] =
		"id -un; echo it was $((6*7)) | tee answer; pwd\r";
	const char *keys, *form, *seen;
	struct endpoint to;
	size_t i;

	engsite_open(&s, &engine_process, NULL, shipped());
	id = engsite_id(1);
	to = engsite_start(&s, id, "shellinabox");
	seen = engsite_get(&s, to.address, "/");
	ck_assert_msg(strstr(seen, "ShellInABox") != NULL, "%.900s", seen);
	seen = post(to.address, "width=80&height=24&rooturl=/");
	form = arena_printf(&s.t.cx.arena, "session=%s&width=80&height=24",
			    session(seen));
	shown(to.address, form, "$ ");
	keys = arena_printf(&s.t.cx.arena, "%s&keys=", form);
	for (i = 0; typed[i]; i++)
		keys = arena_printf(&s.t.cx.arena, "%s%02X", keys,
				    (unsigned)typed[i]);
	post(to.address, keys);
	seen = shown(to.address, form, "\\/home\\/coder\\r");
	ck_assert_ptr_nonnull(strstr(seen, "it was 42\\r\\n"));
	ck_assert_ptr_nonnull(strstr(seen, "coder\\r\\n"));
	ck_assert_str_eq(engsite_file(&s,
				      arena_printf(&s.t.cx.arena,
						   "homes/ws-%s-home/answer",
						   id)),
			 "it was 42\n");
	engsite_close(&s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("engine_apps");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(c, every_section_is_well_formed);
	tcase_add_test(c, the_terminal_works);
	tcase_set_timeout(c, 120);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
