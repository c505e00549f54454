/*
 * The frame of the pages of administration, and their lists.
 *
 * A list is one GET route with a form of filters and `cursor` (and `limit` for
 * the API), its twin below /api/v1/admin/, and a template:
 *
 *	{{>admin_top}}
 *	<h1>...</h1>
 *	<form method="get" action="/admin/things" class="filter">...</form>
 *	... the items ...
 *	{{>pager}}
 *	{{>foot}}
 *
 * The handler asks the store for a page (store/keyset.h), fills `items`, and
 * calls admin_pager(), which serves both.
 */
#ifndef CGI_PAGE_ADMIN_H
#define CGI_PAGE_ADMIN_H

#include "cgi/page.h"
#include "store/keyset.h"

struct health;

enum admin_place {
#define X(place, path, text) place,
#include "cgi/admin.def"
#undef X
	ADMIN__MAX
};

/* The menu with this place marked, the title (NULL: the place's name), and the
 * template, by whose name scripts and tests know the page too. */
void admin_frame(struct cx *cx, struct call *c, enum admin_place at,
		 const char *title, const char *template);

/* A field of the filter form, as it goes on to the next page. */
struct admin_filter {
	const char *name;
	const struct value *value;
};
#define ADMIN_FILTER(c, form, field)                                           \
	{                                                                      \
#field, IN(c, form, field)                                     \
	}

/*
 * JSON: next_cursor and prev_cursor. Pages: what pager.html links to below the
 * place's path, with the filters[n] kept; and `filtered`.
 */
void admin_pager(struct cx *cx, struct call *c, enum admin_place at,
		 const struct admin_filter *filters, size_t n,
		 const struct keyset_ends *ends);

/* The text of an optional field; NULL when it was not sent or is empty. */
const char *admin_text(const struct value *v);

/* page_site.c: the message that says how cron is; {age} is of its last pass. */
const char *page_cron(const struct health *h);
/* The message for a word of a table: prefix_word, with _ for -. */
const char *admin_word(struct cx *cx, const char *prefix, const char *word);

#endif
