/* A form in which something is wrong comes back filled. */
#include "cgi/again.h"

#include <json-c/json.h>
#include <string.h>

#include "cgi/page.h"

/* ---- again.def ---- */

static const struct page {
	enum err (*from)(struct cx *cx, struct call *c);
	enum err (*page)(struct cx *cx, struct call *c);
} PAGES[] = {
#define PAGE(from, page) {from, page},
#define ASKS(form, field, label)
#define SAYS(form, error, of, field, text)
#define TELLS(form, error, of, text)
#include "cgi/again.def"
#undef PAGE
#undef ASKS
};

static const struct {
	enum in in;
	enum text label;
} ASKED[] = {
#define PAGE(from, page)
#define ASKS(form, field, label) {IN_##form##__##field, TEXT_##label},
#include "cgi/again.def"
#undef ASKS
#undef SAYS
#undef TELLS
};

#define NO_FIELD IN__MAX

static const struct said {
	enum form form;
	enum err e;
	const char *of;
	enum in in;
	const char *key;
	enum text text;
} SAID[] = {
#define ASKS(form, field, label)
#define SAYS(form, error, of, field, text)                                     \
	{FORM_##form, error, of, IN_##form##__##field, #text, TEXT_##text},
#define TELLS(form, error, of, text)                                           \
	{FORM_##form, error, of, NO_FIELD, #text, TEXT_##text},
#include "cgi/again.def"
#undef PAGE
#undef ASKS
#undef SAYS
#undef TELLS
};

static const char *const NAMES[] = {
#define F(form) #form,
#define X(form, field, type, least, most, need)
#include "cgi/forms.def"
#undef F
#undef X
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* ---- What was sent ---- */

struct again {
	const struct page *page;
	enum form form;
	enum err e;
	size_t first, n; /* of app_fields */
	struct sent *sent;
	const char **says; /* of each; NULL: by its bounds */
	const char *text;  /* of the whole; NULL: which fields */
};

static const struct said *
said_of(const struct again *a, const char *field)
{
	for (size_t i = 0; i < N(SAID); i++)
		if (SAID[i].form == a->form && SAID[i].e == a->e &&
		    strcmp(SAID[i].of, field) == 0)
			return &SAID[i];
	return NULL;
}

static bool
wrong(struct call *c, struct again *a, size_t i, const char *says)
{
	bool news = !a->sent[i].wrong;

	a->sent[i].wrong = true;
	a->says[i] = says;
	c->in[a->first + i].set = false;
	return news;
}

/* An error from further inside: which field, in which words? False: it is
 * about nothing that was sent, or was told of before. */
static bool
blame(struct call *c, struct again *a, const char *field)
{
	const struct said *said = said_of(a, field);

	if (said && said->in == NO_FIELD) {
		bool news = a->text != said->key;

		a->text = said->key;
		return news;
	}
	if (said)
		return wrong(c, a, said->in - a->first, said->key);
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(app_fields[a->first + i].name, field) == 0)
			return wrong(c, a, i, "wrong_choice");
	return false;
}

static bool
some_wrong(const struct again *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->sent[i].wrong)
			return true;
	return false;
}

/* Who comes from another page than ours is told nothing by one. */
static enum err
look(struct cx *cx, struct call *c, struct again *a, bool *is)
{
	const struct request *rq = c->rq;
	bool body = method_unsafe(rq->method);
	const char *csrf = NULL;

	*is = form_look(cx, body ? rq->body : rq->query,
			body ? rq->body_len : strlen(rq->query),
			&app_fields[a->first], a->n, &c->in[a->first], a->sent,
			body ? &csrf : NULL);
	return *is && body ? app_token(cx, c, csrf) : OK;
}

/* ---- For the page ---- */

/* What is deleted and how is asked by the form before it. */
static const char *
name_of(enum form form)
{
	return NAMES[form == FORM_user_delete ? FORM_user_leave : form];
}

struct json_object *
again_form(struct call *c, const char *form)
{
	return view_obj_of(view_obj_of(c->view, "form"), form);
}

static struct json_object *
member(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(o, key, &v);
	return v;
}

bool
again_is(struct call *c, const char *form)
{
	return member(again_form(c, form), "again") != NULL;
}

const char *
again_text(struct json_object *form, const char *field, const char *now)
{
	struct json_object *typed = member(form, field);

	if (typed)
		return json_object_get_string(typed);
	view_text(form, field, now);
	return now;
}

void
again_int(struct json_object *form, const char *field, int64_t now)
{
	if (!member(form, field))
		view_int(form, field, now);
}

struct json_object *
again_wrong(struct cx *cx, struct json_object *form, const char *field)
{
	return member(form, arena_printf(&cx->arena, "%s_wrong", field));
}

/* ---- What it says ---- */

static bool
too_long(const struct field_row *row, const struct sent *s)
{
	return row->type == FIELD_SECRET ||
	       (s->text && strlen(s->text) > (size_t)row->most);
}

static const char *
says_of(const struct field_row *row, const struct sent *s)
{
	if (s->empty)
		return "wrong_missing";
	if (row->type == FIELD_INT)
		return "wrong_number";
	if (row->type != FIELD_TEXT && row->type != FIELD_LINES &&
	    row->type != FIELD_SECRET)
		return "wrong_choice";
	return too_long(row, s) ? "wrong_long" : "wrong_signs";
}

static const char *
label_of(const struct call *c, size_t in)
{
	if (in == IN_user_delete__what)
		in = IN_user_leave__what;
	if (in == IN_user_delete__to)
		in = IN_user_leave__to;
	for (size_t i = 0; i < N(ASKED); i++)
		if (ASKED[i].in == in)
			return page_say(c->lang, ASKED[i].label);
	return NULL;
}

static struct json_object *
view_wrong(struct cx *cx, const struct call *c, const struct again *a, size_t i)
{
	const struct field_row *row = &app_fields[a->first + i];
	const char *label = label_of(c, a->first + i), *says = a->says[i];
	struct json_object *o = view_new(cx);

	if (!says)
		says = says_of(row, &a->sent[i]);
	view_text(o, "says", label ? says : "again_hidden");
	view_text(o, "label", label);
	view_text(o, "for",
		  label ? arena_printf(&cx->arena, "%s-%s", name_of(a->form),
				       row->name)
			: NULL);
	view_int(o, "least", row->least);
	view_int(o, "most", row->most);
	return o;
}

static void
view_again(struct cx *cx, struct call *c, const struct again *a)
{
	struct json_object *form = again_form(c, name_of(a->form));
	struct json_object *sum = view_obj(c->view, "again"), *list, *o;
	const char *text = !some_wrong(a)		  ? err_slug(a->e)
			   : method_unsafe(c->rq->method) ? "again_fields"
							  : "again_query";

	view_text(sum, "again_text", a->text ? a->text : text);
	view_int(sum, "wait", c->retry_after_s);
	view_bool(sum, "some", some_wrong(a));
	view_bool(form, "again", true);
	list = view_list(sum, "wrongs");
	for (size_t i = 0; i < a->n; i++) {
		const char *name = app_fields[a->first + i].name;

		if (a->sent[i].text)
			view_text(form, name, a->sent[i].text);
		if (!a->sent[i].wrong)
			continue;
		o = view_wrong(cx, c, a, i);
		view_int(o, "wait", c->retry_after_s);
		view_put(form, arena_printf(&cx->arena, "%s_wrong", name), o);
		view_put(list, NULL, o);
	}
}

/* A page that reads the same fields takes offence at one more of them: it is
 * left out, and told of too. */
static enum err
show(struct cx *cx, struct call *c, struct again *a)
{
	enum err e;

	do {
		app_forget(c);
		c->view = view_new(cx);
		c->rp->status = err_http(a->e);
		if (c->retry_after_s)
			response_header(c->rp, "Retry-After",
					arena_printf(&cx->arena, "%lld",
						     (long long)
							     c->retry_after_s));
		view_again(cx, c, a);
		cx_clear(cx);
		e = a->page->page(cx, c);
	} while (e == ERR_INVALID && blame(c, a, cx->field));
	return e;
}

/* ---- ---- */

static const struct page *
page_of(const struct call *c)
{
	for (size_t i = 0; i < N(PAGES); i++)
		if (PAGES[i].from == c->route->handler)
			return &PAGES[i];
	return NULL;
}

/* Is it about what was sent, or about how things are meanwhile? */
static bool
mends(const struct again *a, const char *field)
{
	static const enum err those[] = {ERR_INVALID,	   ERR_EXISTS,
					 ERR_STATE,	   ERR_CONFLICT,
					 ERR_LAST_ADMIN,   ERR_YOURSELF,
					 ERR_PRECONDITION, ERR_NOT_FOUND,
					 ERR_WS_NOT_FOUND};

	for (size_t i = 0; i < N(those); i++)
		if (a->e == those[i])
			return true;
	return said_of(a, field) != NULL;
}

static enum err
as_it_was(struct cx *cx, enum err e, const char *field, const char *why)
{
	return *field ? cx_field(cx, field, "%s", why)
		      : cx_fail(cx, e, "%s", why);
}

enum err
app_again(struct cx *cx, struct call *c, enum err e)
{
	const struct program *program = c->worker->program;
	struct again a = {.page = page_of(c), .form = c->route->form, .e = e};
	const char *field = arena_strdup(&cx->arena, cx->field);
	const char *why = arena_strdup(&cx->arena, cx->why);
	enum err second;
	bool is;

	if (!a.page || !c->html || !mends(&a, field))
		return e;
	a.first = program->form_first[a.form];
	a.n = program->form_n[a.form];
	a.sent = arena_array(&cx->arena, a.n + 1, sizeof(*a.sent));
	a.says = arena_array(&cx->arena, a.n + 1, sizeof(*a.says));
	if ((second = look(cx, c, &a, &is)))
		return second;
	if (!some_wrong(&a) && !blame(c, &a, field) && e == ERR_INVALID)
		is = false;
	if (!is)
		return as_it_was(cx, e, field, why);
	c->why = why;
	c->again_at = app_path(cx, c, a.page->page);
	if (!show(cx, c, &a))
		return OK;
	c->why = c->again_at = NULL;
	return as_it_was(cx, e, field, why); /* there is no such page */
}
