/* The document: its head, and an operation for each API() row. */
#include "cgi/openapi.h"

#include <string.h>

const struct app_about app_about[] = {
#define X(method, path, may, form, handler)                                    \
	{METHOD_##method, path, #handler,  NULL, may,                          \
	 FORM_##form,	  0,	SHAPE_none},
#define AGAIN X
#define INNER X
#define API(method, path, may, form, handler, status, answer, summary)         \
	{METHOD_##method, path,	  #handler,	 summary, may,                 \
	 FORM_##form,	  status, SHAPE_##answer},
#include "cgi/routes.def"
#undef X
#undef AGAIN
#undef INNER
#undef API
};
const size_t app_n_about = sizeof(app_about) / sizeof(app_about[0]);

static bool
unsafe(const struct app_about *a)
{
	return method_unsafe(a->method);
}

/* "/x/:id:start" as OpenAPI writes it: "/x/{id}:start". */
static const char *
path_of(struct cx *cx, const char *pattern)
{
	const char *at = strchr(pattern, ':'), *rest;
	size_t n;

	if (at == NULL)
		return pattern;
	n = strcspn(at + 1, ":/");
	rest = at + 1 + n;
	return arena_printf(&cx->arena, "%.*s{%.*s}%s", (int)(at - pattern),
			    pattern, (int)n, at + 1,
			    *rest == ':' ? rest : path_of(cx, rest));
}

/* "get", "post": as keys of a path. */
static const char *
verb_of(enum method m)
{
	return m == METHOD_GET	    ? "get"
	       : m == METHOD_POST   ? "post"
	       : m == METHOD_PATCH  ? "patch"
	       : m == METHOD_DELETE ? "delete"
				    : "put";
}

/* ---- Parameters ---- */

static void
parameter(struct json_object *list, const char *name, const char *in,
	  bool required, const char *format, const char *what)
{
	struct json_object *o = view_obj(list, NULL), *schema;

	view_text(o, "name", name);
	view_text(o, "in", in);
	view_bool(o, "required", required);
	view_text(o, "description", what);
	schema = view_obj(o, "schema");
	view_text(schema, "type", "string");
	if (format != NULL)
		view_text(schema, "format", format);
}

/* Each "/:name" of the path, in its order. */
static void
in_path(struct cx *cx, struct json_object *list, const struct app_about *a)
{
	const char *format = a->may == OWNER ? "uuid" : NULL;
	const char *at = a->path;
	size_t n;

	while ((at = strstr(at, "/:")) != NULL) {
		at += 2;
		n = strcspn(at, "/:");
		parameter(list, arena_strndup(&cx->arena, at, n), "path", true,
			  format, "Which one");
	}
}

static void
parameters(struct cx *cx, struct json_object *op, const struct app_about *a)
{
	struct json_object *list = view_list(op, "parameters");

	in_path(cx, list, a);
	if (!unsafe(a))
		openapi_query(cx, list, a->form);
	if (a->may == OWNER && unsafe(a))
		parameter(list, "If-Match", "header", false, NULL,
			  "An ETag: 412 when it has changed since");
	if (a->form == FORM_api_new)
		parameter(list, "Idempotency-Key", "header", false, NULL,
			  "The same key within a day makes only one");
}

/* ---- Answers ---- */

static void
content(struct cx *cx, struct json_object *o, const char *type, enum shape s)
{
	struct json_object *media = view_obj(view_obj(o, "content"), type);

	if (s == SHAPE_text)
		view_text(view_obj(media, "schema"), "type", "string");
	else if (s == SHAPE_document)
		view_text(view_obj(media, "schema"), "type", "object");
	else
		view_put(media, "schema", openapi_ref(cx, s));
}

static void
failure(struct cx *cx, struct json_object *all, const char *status,
	const char *what)
{
	struct json_object *o = view_obj(all, status);

	view_text(o, "description", what);
	content(cx, o, "application/json", SHAPE_error);
}

static void
answers(struct cx *cx, struct json_object *op, const struct app_about *a)
{
	struct json_object *all = view_obj(op, "responses"), *o;

	o = view_obj(all, arena_printf(&cx->arena, "%d", a->status));
	view_text(o, "description", a->status == 204 ? "Done" : a->summary);
	if (a->answer != SHAPE_none)
		content(cx, o,
			a->answer == SHAPE_text ? "text/plain"
						: "application/json",
			a->answer);
	failure(cx, all, "400", "Not valid; error.field says which field");
	if (a->may != ANY)
		failure(cx, all, "401", "Not logged in");
	if (a->may != ANY || unsafe(a))
		failure(cx, all, "403", "Not allowed");
	if (strstr(a->path, ":id"))
		failure(cx, all, "404", "There is none");
	if (unsafe(a)) {
		failure(cx, all, "409", "Not in a state that allows this");
		failure(cx, all, "429", "Too many; see Retry-After");
	}
	failure(cx, all, "default", "Anything else");
}

/* ---- Operations ---- */

static void
secured(struct json_object *op)
{
	static const char *const by[] = {"cookie", "token", "bearer"};
	struct json_object *list = view_list(op, "security");

	for (size_t i = 0; i < 3; i++)
		view_list(view_obj(list, NULL), by[i]);
}

static void
operation(struct cx *cx, struct json_object *paths, const struct app_about *a)
{
	struct json_object *path = view_obj_of(paths, path_of(cx, a->path));
	struct json_object *op = view_obj(path, verb_of(a->method)), *body;

	view_text(op, "operationId", a->handler);
	view_text(op, "summary", a->summary);
	parameters(cx, op, a);
	if (unsafe(a) && a->form != FORM_none) {
		body = view_obj(op, "requestBody");
		view_bool(body, "required", true);
		view_put(view_obj(view_obj(body, "content"),
				  "application/json"),
			 "schema", openapi_body(cx, a->form));
	}
	answers(cx, op, a);
	if (a->may != ANY)
		secured(op);
}

static void
scheme(struct json_object *all, const char *key, const char *type,
       const char *in, const char *name)
{
	struct json_object *o = view_obj(all, key);

	view_text(o, "type", type);
	if (in != NULL) {
		view_text(o, "in", in);
		view_text(o, "name", name);
	} else {
		view_text(o, "scheme", name);
	}
}

struct json_object *
openapi(struct cx *cx)
{
	struct json_object *doc = view_new(cx), *o;

	view_text(doc, "openapi", "3.1.0");
	o = view_obj(doc, "info");
	view_text(o, "title", "Roost");
	view_text(o, "version", "1");
	view_text(o, "description",
		  "Workspaces that sleep. Changes with a cookie need a "
		  "request from the same origin.");
	o = view_obj(doc, "paths");
	for (size_t i = 0; i < app_n_about; i++)
		if (app_about[i].summary != NULL)
			operation(cx, o, &app_about[i]);
	o = view_obj(doc, "components");
	openapi_schemas(cx, view_obj(o, "schemas"));
	o = view_obj(o, "securitySchemes");
	scheme(o, "cookie", "apiKey", "cookie", "roost_session");
	scheme(o, "token", "apiKey", "header", "X-Roost-Token");
	scheme(o, "bearer", "http", NULL, "bearer");
	return doc;
}

enum err
openapi_show(struct cx *cx, struct call *c)
{
	c->view = openapi(cx);
	return OK;
}
