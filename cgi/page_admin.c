/* The frame of the pages of administration, and their lists. */
#include "cgi/page_admin.h"
#include "base/uri.h"
#include "web/url.h"

static const struct {
	const char *path;
	enum text text;
} places[ADMIN__MAX] = {
#define X(place, path, text) [place] = {path, TEXT_##text},
#include "cgi/admin.def"
#undef X
};

void
admin_frame(struct cx *cx, struct call *c, enum admin_place at,
	    const char *title, const char *template)
{
	struct json_object *menu = view_list(c->view, "menu"), *o;

	(void)cx;
	for (int i = 0; i < ADMIN__MAX; i++) {
		o = view_obj(menu, NULL);
		view_text(o, "menu_path", places[i].path);
		view_text(o, "menu_text", page_say(c->lang, places[i].text));
		view_bool(o, "menu_here", i == (int)at);
	}
	view_bool(c->view, "at_admin", true);
	view_text(c->view, "title",
		  title != NULL ? title : page_say(c->lang, places[at].text));
	view_text(c->view, "page", template);
	c->rp->page = template;
}

const char *
admin_text(const struct value *v)
{
	return v->set && !v->null && v->text[0] != '\0' ? v->text : NULL;
}

const char *
admin_word(struct cx *cx, const char *prefix, const char *word)
{
	char *key = arena_printf(&cx->arena, "%s_%s", prefix, word);

	for (char *p = key; *p; p++)
		if (*p == '-')
			*p = '_';
	return key;
}

/* "a=...&b=...&" of the filters that are set, then a cursor. */
static const char *
query(struct cx *cx, const struct admin_filter *f, size_t n, const char *cursor)
{
	const char *q = "";

	for (size_t i = 0; i < n; i++)
		if (admin_text(f[i].value) != NULL)
			q = arena_printf(&cx->arena, "%s%s=%s&", q, f[i].name,
					 uri_encode(cx, f[i].value->text));
	if (cursor != NULL)
		q = arena_printf(&cx->arena, "%scursor=%s", q,
				 uri_encode(cx, cursor));
	return q;
}

void
admin_pager(struct cx *cx, struct call *c, enum admin_place at,
	    const struct admin_filter *f, size_t n,
	    const struct keyset_ends *ends)
{
	struct json_object *o;

	view_text(c->view, "next_cursor", ends->next);
	view_text(c->view, "prev_cursor", ends->prev);
	if (c->api)
		return;
	view_bool(c->view, "filtered", query(cx, f, n, NULL)[0] != '\0');
	if (ends->next == NULL && ends->prev == NULL && !ends->beyond)
		return;
	o = view_obj(c->view, "pager");
	view_text(o, "pager_path", places[at].path);
	view_bool(o, "not_first", ends->prev != NULL || ends->beyond);
	view_text(o, "first_query", query(cx, f, n, NULL));
	if (ends->prev != NULL)
		view_text(o, "prev_query", query(cx, f, n, ends->prev));
	if (ends->next != NULL)
		view_text(o, "next_query", query(cx, f, n, ends->next));
}
