/*
 * The OpenAPI 3.1 document, printed from routes.def, forms.def and shapes.def.
 * There is no second description of the API.
 */
#ifndef CGI_OPENAPI_H
#define CGI_OPENAPI_H

#include "cgi/app.h"

enum shape {
#define S(shape, what) SHAPE_##shape,
#define X(shape, field, type, when, of, what)
#include "cgi/shapes.def"
#undef S
#undef X
	SHAPE__MAX
};

/* What routes.def says beyond struct app_route; summary NULL: a page. */
struct app_about {
	enum method method;
	const char *path, *handler, *summary;
	enum may may;
	enum form form;
	int status;
	enum shape answer;
};
extern const struct app_about app_about[];
extern const size_t app_n_about;

/* The whole document. */
struct json_object *openapi(struct cx *cx);
/* openapi_shape.c: schemas of the answers; of a form's body; a reference. */
void openapi_schemas(struct cx *cx, struct json_object *schemas);
struct json_object *openapi_ref(struct cx *cx, enum shape s);
struct json_object *openapi_body(struct cx *cx, enum form f);
/* Parameters of a query, into a list. */
void openapi_query(struct cx *cx, struct json_object *list, enum form f);

#endif
