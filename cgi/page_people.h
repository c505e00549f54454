/* What the pages about people share. Only for cgi/page_people*.c. */
#ifndef CGI_PAGE_PEOPLE_H
#define CGI_PAGE_PEOPLE_H

#include "cgi/page_admin.h"
#include "service/people.h"

/* The number in the path. ERR_NOT_FOUND when it is none. */
MUST_USE enum err people_param(struct cx *cx, struct call *c, int64_t *id);
/* The shape `user`. */
void people_view(struct json_object *o, const struct user *u);
/* For pages: beside it, in words. */
void people_view_text(struct cx *cx, struct call *c, struct json_object *o,
		      const struct user *u);
/* A user with how many workspaces there are. */
MUST_USE enum err people_load(struct cx *cx, struct call *c, int64_t id,
			      struct user *out);
/* ERR_INVALID (role) unless it is one; not sent: user. */
MUST_USE enum err people_role(struct cx *cx, const struct value *v,
			      enum role *out);
/* The page of one, whatever was done before. */
MUST_USE enum err people_show(struct cx *cx, struct call *c, int64_t id);
/* The same with a password that is shown this once. */
MUST_USE enum err people_show_secret(struct cx *cx, struct call *c, int64_t id,
				     const char *secret);
/* Back to the page of one after a form, when all went well. */
MUST_USE enum err people_done(struct cx *cx, struct call *c, enum err e,
			      int64_t id, const char *said);

#endif
