/*
 * A form in which something is wrong comes back filled, with what is wrong
 * beside each field and in a sum above it all.
 *
 * 1. A page fills its forms from the view's form.NAME, whether somebody has
 *    sent them or not: again_text() and its like put there what is so now,
 *    unless what was typed is there already.
 * 2. The page that is shown again gets its own query empty: where it must
 *    show the same as before, it looks at what the form carried.
 * 3. Nothing that is secret comes back.
 *
 * A field in a template, inside of {{#form.edit}}...{{/form.edit}}:
 *
 *	<label for="edit-name">...</label>
 *	<input id="edit-name" name="name" value="{{name}}"
 *	 {{#name_wrong}} aria-invalid="true"
 *	 aria-describedby="edit-name-wrong"{{/name_wrong}}>
 *	{{#name_wrong}}{{>wrong}}{{/name_wrong}}
 */
#ifndef CGI_AGAIN_H
#define CGI_AGAIN_H

#include "cgi/app.h"

/* The view's form.NAME. */
struct json_object *again_form(struct call *c, const char *form);
/* Is it the one that came back? */
bool again_is(struct call *c, const char *form);
/* What stands in a field: what was typed, else this. */
const char *again_text(struct json_object *form, const char *field,
		       const char *now);
void again_int(struct json_object *form, const char *field, int64_t now);
/* What is wrong with it, for view_put(); NULL: nothing. */
struct json_object *again_wrong(struct cx *cx, struct json_object *form,
				const char *field);

#endif
