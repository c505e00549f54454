/* All workspaces, for administrators: the filter, the list, the items. */
#ifndef CGI_PAGE_FIND_H
#define CGI_PAGE_FIND_H

#include "cgi/page_admin.h"
#include "store/ws_find.h"

struct find_query {
	struct filter filter;
	struct filter_bad bad; /* after ERR_INVALID (filter) */
	struct ws_find find;
};

/* What a filter asks for, without cursor and limit. ERR_INVALID (filter): see
 * q->bad. text NULL: "". */
MUST_USE enum err find_read(struct cx *cx, struct call *c, const char *text,
			    struct find_query *q);
/* In the order that is chosen on the page. ERR_INVALID (sort). */
MUST_USE enum err find_sort(struct cx *cx, const struct value *sort,
			    struct find_query *q);
/* A workspace as pages of administration show it: page_item() and its owner. */
MUST_USE enum err find_item(struct cx *cx, struct call *c,
			    const struct settings *s, const struct workspace *w,
			    struct json_object **out);
/* The same for the API. */
MUST_USE enum err find_view(struct cx *cx, struct call *c,
			    const struct workspace *w,
			    struct json_object **out);
/* "/admin/workspaces?filter=..." */
const char *find_path(struct cx *cx, const char *filter);

#endif
