/* Every route of the table: each field of its form wrong in each way, and
 * whatever changes something without what shows that it was meant. */
#include "support/cgifix.h"

#include <json-c/json.h>

static const struct asked {
	const char *method, *path;
	enum may may;
	enum form form;
	bool api, inner;
} routes[] = {
#define AGAIN X
#define X(method, path, may, form, handler)                                    \
	{#method, path, may, FORM_##form, false, false},
#define INNER(method, path, may, form, handler)                                \
	{#method, path, may, FORM_##form, true, true},
#define API(method, path, may, form, handler, status, answer, summary)         \
	{#method, path, may, FORM_##form, true, false},
#include "cgi/routes.def"
#undef API
#undef INNER
#undef X
#undef AGAIN
};
#define N_ROUTES (sizeof(routes) / sizeof(routes[0]))

/* What a person fills in. */
static const struct {
	enum in in;
	const char *id;
} asked[] = {
#define PAGE(from, page)
#define ASKS(form, field, label) {IN_##form##__##field, #form "-" #field},
#define SAYS(form, error, of, field, text)
#define TELLS(form, error, of, text)
#include "cgi/again.def"
#undef PAGE
#undef ASKS
#undef SAYS
#undef TELLS
};

static const char *workspace;

static bool
changes(const struct asked *r)
{
	return strcmp(r->method, "GET") != 0 && strcmp(r->method, "ANY") != 0;
}

/* The path with something in each of its places. */
static const char *
path_of(const struct asked *r)
{
	const char *s = r->path, *out = "", *id = "1";
	size_t n;

	if (r->may == OWNER)
		id = workspace;
	for (; *s; s += n) {
		n = strcspn(s, ":*");
		if (n != 0) {
			out = arena_printf(&cx->arena, "%s%.*s", out, (int)n,
					   s);
		} else if (s[0] == ':' && s > r->path && s[-1] == '/') {
			/* another thing than :id has a number */
			n = strcspn(s + 1, "/:") + 1;
			out = arena_printf(&cx->arena, "%s%s", out,
					   n == 3 ? id : "1");
		} else {
			n = 1; /* a verb's colon; what is behind the last / */
			out = arena_printf(&cx->arena, "%s%c", out,
					   s[0] == '*' ? 'x' : ':');
		}
	}
	return out;
}

/* ---- What must stay as it is ---- */

struct trace {
	int64_t sum[4];
};

static int64_t
counted(const char *sql)
{
	sqlite3_stmt *st;
	int64_t n;

	ck_assert_int_eq(sqlite3_prepare_v2(db->sq, sql, -1, &st, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static struct trace
trace(void)
{
	return (struct trace){
		{counted("SELECT coalesce(sum(rev), 0) FROM workspace"),
		 counted("SELECT count(*) FROM audit"),
		 counted("SELECT count(*) FROM session") +
			 counted("SELECT count(*) FROM token"),
		 counted("SELECT count(*) FROM user WHERE disabled_ms = 0") +
			 counted("SELECT coalesce(sum(value), 0) FROM "
				 "setting")}};
}

static void
unchanged(const struct trace *was, const char *who)
{
	struct trace now = trace();

	ck_assert_msg(memcmp(was, &now, sizeof(now)) == 0,
		      "%s has changed something", who);
}

/* ---- Wrong fields ---- */

enum wrong {
	WRONG_NOT, /* a value that would do */
	WRONG_MISSING,
	WRONG_LONG,
	WRONG_SHORT,
	WRONG_KIND,
	WRONG_BYTES,
	WRONG__MAX
};

static const char *
repeated(const char *what, int64_t n)
{
	struct buf b;
	const char *s;

	buf_init(&b, (size_t)1 << 20);
	for (int64_t i = 0; i < n; i++)
		buf_puts(&b, what);
	s = arena_strdup(&cx->arena, buf_str(&b));
	buf_free(&b);
	return s;
}

/* What can be told again in the page: no word, no list. */
static const char *
kept(const struct field_row *f)
{
	if (f->type == FIELD_SECRET)
		return arena_printf(&cx->arena, "kept-secret-%s", f->name);
	return (f->type == FIELD_TEXT || f->type == FIELD_LINES) &&
			       f->most >= 64
		       ? arena_printf(&cx->arena, "kept+%%3C%s%%3E", f->name)
		       : NULL;
}

static bool
is_text(enum field_type type)
{
	return type == FIELD_TEXT || type == FIELD_LINES ||
	       type == FIELD_SECRET || type == FIELD_WORD;
}

/* NULL: this row cannot be wrong in that way. "" is: not sent. */
static const char *
value_of(const struct field_row *f, enum wrong wrong)
{
	bool text = is_text(f->type), num = f->type == FIELD_INT;

	switch (wrong) {
	case WRONG_NOT:
		return kept(f) ? kept(f)
		       : num   ? arena_printf(&cx->arena, "%lld",
					      (long long)f->least)
		       : text  ? repeated("a", f->least > 0 ? f->least : 1)
		       : f->type == FIELD_BOOL ? "true"
					       : new_id();
	case WRONG_MISSING:
		return f->need == REQUIRED ? "" : NULL;
	case WRONG_LONG:
		if (num && f->most < INT64_MAX)
			return arena_printf(&cx->arena, "%lld",
					    (long long)f->most + 1);
		return text ? repeated("a", f->most + 1) : NULL;
	case WRONG_SHORT:
		if (num)
			return arena_printf(&cx->arena, "%lld",
					    (long long)f->least - 1);
		return text && f->least > 1 ? repeated("a", f->least - 1)
					    : NULL;
	case WRONG_KIND:
		if (f->type == FIELD_BUTTON || f->type == FIELD_SECRET)
			return NULL;
		return f->type == FIELD_TEXT || f->type == FIELD_LINES
			       ? "a%01b"
			       : "no+%3Cx%3E";
	case WRONG_BYTES:
		return text ? "%ff%c0%af" : NULL;
	case WRONG__MAX:
	default:
		return NULL;
	}
}

/* "a=1&b=2" with field `at` wrong; NULL when it cannot be. */
static const char *
pairs(enum form form, size_t at, enum wrong wrong)
{
	const struct field_row *rows = app_fields + program.form_first[form];
	const char *out = "csrf=root-token";

	for (size_t i = 0; i < program.form_n[form]; i++) {
		const char *v = value_of(&rows[i], i == at ? wrong : WRONG_NOT);

		if (!v)
			return NULL;
		if (*v)
			out = arena_printf(&cx->arena, "%s&%s=%s", out,
					   rows[i].name, v);
	}
	return out;
}

static const char *
without_token(const char *fields)
{
	fields += strlen("csrf=root-token");
	return fields + (*fields == '&');
}

/* Forms that ask for something to look at; other queries are our own links. */
static bool
searches(const struct asked *r)
{
	static const char *const those[] = {"/",
					    "/admin/workspaces",
					    "/admin/users",
					    "/admin/users/:id/delete",
					    "/admin/settings/rehearsal",
					    "/admin/audit"};

	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++)
		if (strcmp(r->path, those[i]) == 0)
			return !changes(r);
	return false;
}

/* Is it a form that must come back? The one for the language stands on each
 * page, and has nothing in it but its buttons. */
static bool
comes_back(const struct asked *r)
{
	return searches(r) ||
	       (changes(r) && !r->api && strcmp(r->path, "/language") != 0);
}

static const char *
id_of(size_t in)
{
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (asked[i].in == in)
			return asked[i].id;
	return NULL;
}

/* The tag that has this in it. */
static const char *
tag_with(const char *page, const char *what)
{
	const char *at = strstr(page, what), *from = at;

	if (!at)
		return NULL;
	while (from > page && *from != '<')
		from--;
	return arena_strndup(&cx->arena, from, strcspn(from, ">"));
}

/* Beside the field stands what is wrong, and both know of each other. */
static void
marked(const struct asked *r, const char *id)
{
	const char *tag = tag_with(body_of(), fmt("id=\"%s\"", id));

	ck_assert_msg(tag != NULL, "%s has no field %s: %.3000s", r->path, id,
		      body_of());
	ck_assert_msg(strstr(tag, "aria-invalid=\"true\"") &&
			      strstr(tag, fmt("%s-wrong\"", id)),
		      "%s: %.3000s", r->path, tag);
	ck_assert_msg(says(fmt("id=\"%s-wrong\">", id)), "%s: no %s-wrong",
		      r->path, id);
	ck_assert_msg(says(fmt("<a href=\"#%s\">", id)), "%s: no way to %s",
		      r->path, id);
}

/* What a person cannot see, he cannot mend. */
static void
hides(const struct asked *r, const char *name)
{
	const char *form = strstr(body_of(), fmt("\"%s\"", path_of(r)));
	const char *tag, *what = fmt(" name=\"%s\"", name);

	if (!form)
		return;
	form = arena_strndup(&cx->arena, form,
			     (size_t)(strstr(form, "</form>") - form));
	tag = tag_with(form, what);
	ck_assert_msg(!tag || strstr(tag, "type=\"hidden\"") ||
			      strncmp(tag, "<button", 7) == 0,
		      "%s asks for %s, again.def does not: %s", r->path, name,
		      tag);
}

/* A choice of what is offered cannot show anything else. */
static bool
is_typed(const struct field_row *f, const char *id)
{
	const char *tag = tag_with(body_of(), fmt("id=\"%s\"", id));

	return f->type != FIELD_SECRET && kept(f) &&
	       !(tag && strncmp(tag, "<select", 7) == 0);
}

/* The page of the form, with what was typed. */
static void
is_back(const struct asked *r, size_t wrong)
{
	size_t first = program.form_first[r->form];

	ck_assert_msg(says("role=\"alert\" id=\"again\""), "%s: %s", r->path,
		      body_of());
	ck_assert_msg(!says("kept-secret"), "%s tells a secret", r->path);
	if (id_of(first + wrong))
		marked(r, id_of(first + wrong));
	for (size_t i = 0; i < program.form_n[r->form]; i++) {
		const struct field_row *f = &app_fields[first + i];

		if (!id_of(first + i))
			hides(r, f->name);
		else if (i != wrong && is_typed(f, id_of(first + i)))
			ck_assert_msg(says(fmt("kept &lt;%s&gt;", f->name)),
				      "%s forgets %s: %.3000s", r->path,
				      f->name, body_of());
	}
}

static void
refused(const struct asked *r, const char *fields, const char *field)
{
	bool query = !changes(r);

	/* a query carries no token */
	ask(r->method, query ? arena_printf(&cx->arena, "%s?%s", path_of(r),
					    without_token(fields))
			     : path_of(r));
	as(admin_cookie);
	browser();
	if (!query)
		form(fields);
	ck_assert_msg(answered() == 400, "%s %s with %.200s: %d", r->method,
		      r->path, fields, status_of(&fake.out));
	ck_assert_msg(says(field), "%s %s?%.60s does not name %s: %.3000s",
		      r->method, r->path, fields, field, body_of());
}

static void
each_wrong(const struct asked *r, size_t *n)
{
	const struct field_row *rows = app_fields + program.form_first[r->form];

	for (size_t i = 0; i < program.form_n[r->form]; i++)
		for (enum wrong w = WRONG_NOT + 1; w < WRONG__MAX; w++) {
			const char *fields = pairs(r->form, i, w);

			if (!fields)
				continue;
			/* bytes are looked at before there are fields */
			refused(r, fields,
				comes_back(r)	   ? ""
				: w == WRONG_BYTES ? "UTF-8"
						   : rows[i].name);
			if (comes_back(r))
				is_back(r, i);
			++*n;
		}
	if (program.form_n[r->form] == 0)
		return;
	refused(r,
		arena_printf(&cx->arena, "%s&nonsense=1",
			     pairs(r->form, 0, WRONG_NOT)),
		"nonsense");
	ck_assert_msg(!says("id=\"again\""), "%s knows nonsense", r->path);
}

/* A page that is not there cannot come back: what was wrong stays so. */
START_TEST(a_form_without_a_page)
{
	ck_assert_int_eq(press(admin_cookie, "/admin/users/99/edit",
			       "csrf=root-token&role=user&max_running=no"),
			 400);
	ck_assert(!says("id=\"again\""));
	ck_assert(says("max_running must be a whole number"));
	/* nor is one shown to who does not come from ours */
	ck_assert_int_eq(press(ann_cookie, "/workspaces", "csrf=x&name="), 403);
	ck_assert(!says("id=\"again\""));
}
END_TEST

/* Forms and queries; that JSON is checked by the same rows: test_web_form. */
START_TEST(every_field_wrong_in_every_way)
{
	struct trace was;
	size_t n = 0;

	workspace = create(&ann_who, "w").id;
	was = trace();
	for (size_t i = 0; i < N_ROUTES; i++) {
		const struct asked *r = &routes[i];

		if (r->inner || r->form == FORM_any || (r->api && changes(r)) ||
		    strcmp(r->method, "ANY") == 0)
			continue;
		each_wrong(r, &n);
		unchanged(&was, r->path);
	}
	ck_assert_uint_gt(n, 100);
}
END_TEST

/* ---- Not meant ---- */

static void
forbidden(const struct asked *r, const char *origin, const char *fields)
{
	ask(r->method, path_of(r));
	as(admin_cookie);
	browser();
	if (origin)
		set("HTTP_ORIGIN", origin);
	if (r->api)
		json("{}");
	else
		form(fields);
	ck_assert_msg(answered() == 403, "%s %s from %s with %s: %d", r->method,
		      r->path, origin ? origin : "here", fields,
		      status_of(&fake.out));
}

START_TEST(what_changes_something_must_be_meant)
{
	struct trace was;
	size_t n = 0;

	workspace = create(&ann_who, "w").id;
	was = trace();
	for (size_t i = 0; i < N_ROUTES; i++) {
		const struct asked *r = &routes[i];

		if (r->inner || !changes(r))
			continue;
		forbidden(r, "https://evil.example", "csrf=root-token");
		forbidden(r, "null", "csrf=root-token");
		if (!r->api) {
			const char *good =
				without_token(pairs(r->form, 0, WRONG_NOT));

			forbidden(r, NULL, good);
			forbidden(r, NULL,
				  arena_printf(&cx->arena, "csrf=ann-token&%s",
					       good));
			forbidden(r, NULL,
				  arena_printf(&cx->arena, "csrf=&%s", good));
			n++;
		}
		unchanged(&was, r->path);
	}
	ck_assert_uint_gt(n, 12);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {every_field_wrong_in_every_way,
				      a_form_without_a_page,
				      what_changes_something_must_be_meant};

	return run_cgi("forms", tests, sizeof(tests) / sizeof(tests[0]));
}
