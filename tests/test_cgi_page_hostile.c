/* Every template with a hostile text for each name it prints, and each of its
 * sections once with something and once without. web/template.h, 1. */
#include "support/cgifix.h"

#define EVIL "<i>\"'&`=javascript:{{x}}"
#define SAFE "&lt;i&gt;&quot;&#39;&amp;"
#define NAMES 400

struct names {
	const char *v[NAMES];
	bool printed[NAMES]; /* as a value, not only as a section */
	size_t n;
};

static void
note(struct names *ns, const char *name, bool printed)
{
	size_t i = 0;

	while (i < ns->n && strcmp(ns->v[i], name) != 0)
		i++;
	if (i == ns->n) {
		ck_assert_uint_lt(ns->n, NAMES);
		ns->v[ns->n++] = name;
	}
	ns->printed[i] = ns->printed[i] || printed;
}

/* The names in {{...}} of a file: values, sections, keys of messages. */
static void
read_names(const char *file, struct names *ns)
{
	const char *at, *end;
	struct buf b;

	buf_init(&b, (size_t)1 << 20);
	ok(fs_read(cx, file, &b));
	for (at = buf_str(&b); (at = strstr(at, "{{")); at = end) {
		const char *name = at + 2 + strspn(at + 2, "#^/@*!> ");
		bool kind = at[2] == '#' || at[2] == '^' || at[2] == '/';

		end = strstr(at, "}}");
		ck_assert_ptr_nonnull(end);
		if (at[2] == '!' || at[2] == '>' ||
		    (at[2] == '@' && at[3] != '*'))
			continue;
		note(ns, arena_strndup(&t.cx.arena, name, (size_t)(end - name)),
		     !kind);
	}
	buf_free(&b);
}

static struct names
all_names(void)
{
	const struct templates *ts = program.templates;
	struct names ns = {.n = 0};
	const char *name;

	for (size_t i = 0; (name = templates_name(ts, i)); i++)
		read_names(arena_printf(&t.cx.arena, "www/templates/%s.html",
					name),
			   &ns);
	return ns;
}

static void
tries(const char *page, const struct names *ns, bool sections, int lang)
{
	struct json_object *view = view_new(cx);
	struct buf out;

	for (size_t i = 0; i < ns->n; i++)
		if (ns->printed[i] && (sections || i % 2))
			view_text(view, ns->v[i], EVIL);
		else
			view_bool(view, ns->v[i], sections);
	buf_init(&out, (size_t)4 << 20);
	ok(template_render(cx, program.templates, page, view, lang, &out));
	ck_assert_msg(!strstr(buf_str(&out), "<i>"), "%s: %s", page,
		      buf_str(&out));
	ck_assert_msg(!strstr(buf_str(&out), "\"'"), "%s: %s", page,
		      buf_str(&out));
	ck_assert_msg(!strstr(buf_str(&out), "\"javascript:"), "%s", page);
	buf_free(&out);
}

START_TEST(hostile_text_in_every_template)
{
	struct names ns = all_names();
	const char *page;
	size_t n = 0;

	for (; (page = templates_name(program.templates, n)); n++)
		for (int i = 0; i < 4; i++)
			tries(page, &ns, i / 2 == 0, i % 2);
	ck_assert_uint_gt(n, 10);
	ck_assert_uint_gt(ns.n, 50);
}
END_TEST

START_TEST(and_it_is_printed)
{
	struct json_object *view = view_new(cx);
	struct buf out;

	buf_init(&out, (size_t)1 << 20);
	view_text(view, "message", EVIL);
	ok(template_render(cx, program.templates, "error", view, 0, &out));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), SAFE));
	buf_free(&out);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {hostile_text_in_every_template,
				      and_it_is_printed};

	return run_cgi("page_hostile", tests, sizeof(tests) / sizeof(tests[0]));
}
