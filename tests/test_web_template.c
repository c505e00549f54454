/* What is printed, that it is escaped, and what load refuses. */
#include <json-c/json.h>
#include <string.h>

#include "support/suite.h"
#include "web/template.h"
#include "web/view.h"

static struct cx cx;

static int
word_find(const char *key)
{
	static const char *const keys[] = {"hi", "FULL", "left"};

	for (int i = 0; i < 3; i++)
		if (strcmp(key, keys[i]) == 0)
			return i;
	return -1;
}

static const char *
word_text(int word, int lang)
{
	static const char *const texts[3][2] =
		{{"Hello <{who.name}>", "\xec\x95\x88\xeb\x85\x95 {who.name}"},
		 {"It's full", "\xea\xbd\x89"},
		 {"{o.n} {o.n|file <is>|files are} left", "{o.n}"}};

	return texts[word][lang];
}

static const struct template_words words = {word_find, word_text};

static enum err
load(const char *text, struct templates **out)
{
	const char *names[] = {"t", "part", "tag"};
	const char *texts[] = {text, "[{{name}}]", "<b>{{name}}</b>"};

	return templates_parse(&cx, names, texts, 3, &words, out);
}

static const char *
render(const char *text, const char *json, int lang)
{
	struct json_object *view = json_tokener_parse(json);
	struct templates *ts = NULL;
	struct buf out;
	const char *kept;

	ck_assert_msg(load(text, &ts) == OK, "%s: %s", text, cx.why);
	buf_init(&out, 65536);
	ck_assert_int_eq(template_render(&cx, ts, "t", view, lang, &out), OK);
	kept = arena_strdup(&cx.arena, buf_str(&out));
	buf_free(&out);
	templates_free(ts);
	json_object_put(view);
	return kept;
}

START_TEST(prints)
{
	static const struct {
		const char *text, *view, *out;
	} rows[] = {
		{"a{{x}}b", "{\"x\":\"1<2\"}", "a1&lt;2b"},
		{"{{x}}", "{}", ""},
		{"{{x}}", "{\"x\":null}", ""},
		{"{{x}}", "{\"x\":7}", "7"},
		{"{{x}}", "{\"x\":true}", "true"},
		{"{{x}}", "{\"x\":{}}", ""},
		{"{{x}}", "{\"x\":[1]}", ""},
		{"{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"d\"}}}", "d"},
		{"{{a.b}}", "{\"a\":\"x\"}", ""},
		{"{{#l}}{{.}},{{/l}}", "{\"l\":[1,\"<\",3]}", "1,&lt;,3,"},
		{"{{#l}}{{x}}{{y}} {{/l}}",
		 "{\"y\":9,\"l\":[{\"x\":1},{\"x\":2}]}", "19 29 "},
		{"{{#o}}{{x}}{{/o}}", "{\"o\":{\"x\":1},\"x\":2}", "1"},
		{"{{#o}}{{x}}{{/o}}", "{\"o\":{\"x\":null},\"x\":2}", ""},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":true}", "y"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":false}", "n"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":0}", "n"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":2}", "y"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":\"\"}", "n"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":\"0\"}", "y"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":[]}", "n"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{\"t\":{}}", "y"},
		{"{{#t}}y{{/t}}{{^t}}n{{/t}}", "{}", "n"},
		{"{{#t}}{{.}}{{/t}}", "{\"t\":\"x\"}", "x"},
		{"{{>part}}{{#l}}{{>part}}{{/l}}",
		 "{\"name\":\"&\",\"l\":[{\"name\":1}]}", "[&amp;][1]"},
		{"{{! no }}x{{!}}", "{}", "x"},
		{"{{ x }}{{# x }}1{{/ x }}", "{\"x\":\"y\"}", "y1"},
		{"{{@hi}}", "{\"who\":{\"name\":\"<b>\"}}",
		 "Hello &lt;&lt;b&gt;&gt;"},
		{"{{@*k}}", "{\"k\":\"FULL\"}", "It&#39;s full"},
		{"{{@left}}", "{\"o\":{\"n\":1}}", "1 file &lt;is&gt; left"},
		{"{{@left}}", "{\"o\":{\"n\":2}}", "2 files are left"},
		{"{{@left}}", "{\"o\":{\"n\":\"1\"}}", "1 files are left"},
		{"{{@left}}", "{}", " files are left"},
		{"{{@*k}}", "{\"k\":\"<none>\"}", "&lt;none&gt;"},
		{"{{@*k}}", "{}", ""},
		{"<a href=\"{{u}}\">", "{\"u\":\"/a?b=c&d\"}",
		 "<a href=\"/a?b=c&amp;d\">"},
		{"<a href=\"{{u}}\">", "{\"u\":\"javascript:x\"}",
		 "<a href=\"#\">"},
		{"<a href='{{u}}'>", "{\"u\":\"//evil\"}", "<a href='#'>"},
		{"<a href=\"{{u}}\">", "{\"u\":\"/\\t/evil\"}",
		 "<a href=\"#\">"},
		{"<a href=\"{{u}}\">", "{\"u\":\"?x\"}", "<a href=\"?x\">"},
		{"<a href=\"/w/{{u}}/\">", "{\"u\":\"\\\"x\"}",
		 "<a href=\"/w/&quot;x/\">"},
		{"<p class=\"a{{#x}} b{{/x}}\"{{#x}} hidden{{/x}}>",
		 "{\"x\":1}", "<p class=\"a b\" hidden>"},
		{"<title>{{x}}</title><!-- {x} --><p a='{{x}}'>",
		 "{\"x\":\"'\"}",
		 "<title>&#39;</title><!-- {x} --><p a='&#39;'>"},
		{"<meta content=\"2;url=/x?{{q}}\">", "{\"q\":\"a\"}",
		 "<meta content=\"2;url=/x?a\">"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *out = render(rows[i].text, rows[i].view, 0);

		ck_assert_msg(strcmp(out, rows[i].out) == 0, "%s -> %s",
			      rows[i].text, out);
	}
	ck_assert_str_eq(render("{{@hi}}", "{\"who\":{\"name\":\"x\"}}", 1),
			 "\xec\x95\x88\xeb\x85\x95 x");
	cx_end(&cx);
}
END_TEST

START_TEST(refuses_at_load)
{
	static const char *const bad[] = {
		"{{x",
		"{{}}",
		"{{{x}}}",
		"{{x y}}",
		"{{x.}}",
		"{{.x}}",
		"{{a.b.c.d.e}}",
		"{{#x}}",
		"{{/x}}",
		"{{#x}}{{#y}}{{/x}}{{/y}}",
		"{{>none}}",
		"{{>t}}",
		"{{@none}}",
		"{{@}}",
		"<script>{{x}}</script>",
		"<SCRIPT>var a = '{{x}}'</SCRIPT>",
		"<style>{{x}}</style>",
		"<script>{{#x}}1{{/x}}</script>",
		"<!-- {{x}} -->",
		"<a onclick=\"{{x}}\">",
		"<a ONLOAD='f({{x}})'>",
		"<a style=\"color:{{x}}\">",
		"<iframe srcdoc=\"{{x}}\">",
		"<img srcset=\"/a {{x}}\">",
		"<meta content=\"0;url={{x}}\">",
		"<a href={{x}}>",
		"<a title=a{{x}}>",
		"<a {{x}}>",
		"<a {{x}}=\"1\">",
		"<{{x}}>",
		"<a b{{x}}=\"1\">",
		"<a href=\"javascript:{{x}}\">",
		"<a href=\"x{{x}}\">",
		"<form action=\"https:{{x}}\">",
		"<a href=\"{{#x}}/{{/x}}{{y}}\">",
		"<a href=\"{{@hi}}\">",
		"<a {{>tag}}>",
		"<a title=\"{{>part}}\">",
		"<p{{#x}}>{{/x}}",
		"<p {{#x}}title=\"{{/x}}\">",
		"{{#x}}<p {{/x}}>",
		"<p o{{#x}}{{/x}}nclick=\"{{y}}\">",
		"<p on{{#x}}{{/x}}=\"{{y}}\">",
		"<p on {{#x}}{{/x}}=\"{{y}}\">",
		"<p title=\"x\"",
		"<p title=\"x>",
		"<script>",
		"<!-- x",
		"a < b {{x}}",
		"{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
		"{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{/a}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct templates *ts = NULL;

		ck_assert_msg(load(bad[i], &ts) == ERR_CONFIG, "%s", bad[i]);
		ck_assert_ptr_null(ts);
	}
	cx_end(&cx);
}
END_TEST

START_TEST(no_byte_gets_out_unescaped)
{
	struct json_object *view = json_object_new_object();
	struct templates *ts = NULL;
	char all[512];
	size_t n = 0;
	struct buf out;

	for (int c = 1; c < 128; c++)
		all[n++] = (char)c;
	json_object_object_add(view, "x",
			       json_object_new_string_len(all, (int)n));
	ck_assert_int_eq(load("<p a=\"{{x}}\" b='{{x}}'>{{x}}{{@*x}}</p>", &ts),
			 OK);
	buf_init(&out, 65536);
	ck_assert_int_eq(template_render(&cx, ts, "t", view, 0, &out), OK);
	/* what is left of < > " ' and & is the template's own */
	n = 0;
	for (const char *p = buf_str(&out); *p; p++)
		n += strchr("<>\"'", *p) != NULL;
	ck_assert_uint_eq(n, 8);
	for (const char *p = buf_str(&out); (p = strchr(p, '&')); p++)
		ck_assert(strncmp(p, "&amp;", 5) == 0 ||
			  strncmp(p, "&lt;", 4) == 0 ||
			  strncmp(p, "&gt;", 4) == 0 ||
			  strncmp(p, "&quot;", 6) == 0 ||
			  strncmp(p, "&#39;", 5) == 0);
	buf_free(&out);
	templates_free(ts);
	json_object_put(view);
	cx_end(&cx);
}
END_TEST

START_TEST(stops_at_the_ceiling)
{
	struct json_object *view = view_new(&cx), *list;
	struct templates *ts = NULL;
	struct buf out;

	list = view_list(view, "l");
	for (int i = 0; i < 1000; i++)
		view_int(list, NULL, i);
	ck_assert_int_eq(load("{{#l}}{{.}}{{/l}}", &ts), OK);
	buf_init(&out, 100);
	ck_assert_int_eq(template_render(&cx, ts, "t", view, 0, &out),
			 ERR_TOO_LARGE);
	ck_assert_int_eq(template_render(&cx, ts, "u", view, 0, &out),
			 ERR_NOT_FOUND);
	ck_assert_str_eq(templates_name(ts, 0), "t");
	ck_assert_ptr_null(templates_name(ts, 3));
	buf_free(&out);
	templates_free(ts);
	cx_end(&cx);
}
END_TEST

START_TEST(partials_in_a_circle_are_refused)
{
	const char *names[] = {"a", "b", "c"};
	const char *texts[] = {"{{>b}}", "{{>c}}", "{{>a}}"};
	struct templates *ts = NULL;

	ck_assert_int_eq(templates_parse(&cx, names, texts, 3, &words, &ts),
			 ERR_CONFIG);
	texts[2] = "{{x}}";
	ck_assert_int_eq(templates_parse(&cx, names, texts, 3, &words, &ts),
			 OK);
	templates_free(ts);
	cx_end(&cx);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {prints, refuses_at_load,
				      no_byte_gets_out_unescaped,
				      stops_at_the_ceiling,
				      partials_in_a_circle_are_refused};

	return SUITE_RUN("web_template", tests);
}
