/* Shapes of answers and of forms as JSON schemas. */
#include <string.h>

#include "cgi/openapi.h"
#include "rules/bulk.h"
#include "rules/ttl.h"
#include "store/operation.h"
#include "store/pass.h"
#include "store/survey.h"

enum type { TEXT, UUID, INT, BOOL, TIME, WORD, OBJECT, LIST };
enum when {
	ALWAYS,
	/* forms.def and web/form.h have NULLABLE too */
	MAYBE = NULLABLE + 1,
	NULLABLE_MAYBE
};

/* ---- Words ---- */

typedef const char *nth_fn(size_t i); /* NULL: the end */

#define NTH(set, most, name)                                                   \
	static const char *nth_##set(size_t i)                                 \
	{                                                                      \
		return i < (size_t)(most) ? name : NULL;                       \
	}
NTH(status, STATUS__MAX, status_name((enum status)i))
NTH(operation, OPERATION__MAX, operation_name((enum operation)i))
NTH(reason, REASON__MAX - 1, reason_name((enum reason)(i + 1)))
NTH(result, RESULT__MAX, result_name((enum result)i))
NTH(role, ROLE__MAX, role_name((enum role)i))
NTH(kind, PASS__MAX, passkind_name((enum passkind)i))
NTH(hold, HOLD__MAX - 1, hold_name((enum hold)(i + 1)))
NTH(verb, BULK_VERB__MAX, bulk_verb_name((enum bulk_verb)i))
NTH(verdict, BULK_VERDICT__MAX, bulk_verdict_name((enum bulk_verdict)i))
NTH(outcome, BULK_RESULT__MAX - 1, bulk_result_name((enum bulk_result)(i + 1)))
NTH(survey, SURVEY__MAX, survey_what_name((enum survey_what)i))
NTH(desired, 3, status_name((enum status)i))

static const char *
nth_phase(size_t i)
{
	return i == STATUS__MAX ? "ARCHIVED" : nth_status(i);
}

static const struct {
	const char *of;
	nth_fn *nth;
} words[] = {{"status", nth_status},
	     {"phase", nth_phase},
	     {"operation", nth_operation},
	     {"reason", nth_reason},
	     {"result", nth_result},
	     {"role", nth_role},
	     {"kind", nth_kind},
	     {"desired", nth_desired},
	     {"verb", nth_verb},
	     {"verdict", nth_verdict},
	     {"outcome", nth_outcome},
	     {"survey", nth_survey},
	     {"hold", nth_hold}};

/* ---- The table ---- */

static const struct {
	enum shape shape;
	const char *field, *of, *what;
	enum type type;
	int when;
} fields[] = {
#define S(shape, what)
#define X(shape, field, type, when, of, what)                                  \
	{SHAPE_##shape, #field, #of, what, type, when},
#include "cgi/shapes.def"
#undef S
#undef X
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const struct {
	const char *name, *what;
} shapes[] = {
#define S(shape, what) {#shape, what},
#define X(shape, field, type, when, of, what)
#include "cgi/shapes.def"
#undef S
#undef X
};

/* ---- Schemas ---- */

struct json_object *
openapi_ref(struct cx *cx, enum shape s)
{
	struct json_object *o = view_new(cx);

	view_text(o, "$ref",
		  arena_printf(&cx->arena, "#/components/schemas/%s",
			       shapes[s].name));
	return o;
}

static struct json_object *
ref_of(struct cx *cx, const char *of)
{
	for (size_t s = 0; s < SHAPE__MAX; s++)
		if (strcmp(shapes[s].name, of) == 0)
			return openapi_ref(cx, (enum shape)s);
	return openapi_ref(cx, SHAPE_none);
}

static void
item_text(struct json_object *list, const char *s)
{
	view_text(list, NULL, s);
}

/* "string", or ["string", "null"]. */
static void
type_of(struct json_object *o, const char *type, bool nullable)
{
	struct json_object *list;

	if (!nullable) {
		view_text(o, "type", type);
		return;
	}
	list = view_list(o, "type");
	item_text(list, type);
	item_text(list, "null");
}

static void
enum_of(struct json_object *o, const char *of, bool nullable)
{
	struct json_object *list = view_list(o, "enum");
	const char *word;

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		for (size_t i = 0; strcmp(words[w].of, of) == 0 &&
				   (word = words[w].nth(i)) != NULL;
		     i++)
			item_text(list, word);
	if (nullable)
		view_null(list, NULL);
}

static void
object_of(struct cx *cx, struct json_object *o, const char *of, bool nullable)
{
	struct json_object *any = view_list(o, "anyOf");

	view_put(any, NULL, ref_of(cx, of));
	if (nullable)
		view_text(view_obj(any, NULL), "type", "null");
}

static void
field_schema(struct cx *cx, struct json_object *o, size_t i)
{
	static const char *const type[] = {"string",  "string", "integer",
					   "boolean", "string", "string",
					   NULL,      "array"};
	bool nullable =
		fields[i].when == NULLABLE || fields[i].when == NULLABLE_MAYBE;

	view_text(o, "description", fields[i].what);
	if (fields[i].type == OBJECT) {
		object_of(cx, o, fields[i].of, nullable);
		return;
	}
	type_of(o, type[fields[i].type], nullable);
	if (fields[i].type == UUID)
		view_text(o, "format", "uuid");
	if (fields[i].type == TIME)
		view_text(o, "format", "date-time");
	if (fields[i].type == WORD)
		enum_of(o, fields[i].of, nullable);
	if (fields[i].type == LIST)
		view_put(o, "items", ref_of(cx, fields[i].of));
}

static bool
absent(size_t i)
{
	return fields[i].when == MAYBE || fields[i].when == NULLABLE_MAYBE;
}

static void
shape_schema(struct cx *cx, struct json_object *o, enum shape s)
{
	struct json_object *all, *required;

	view_text(o, "type", "object");
	view_text(o, "description", shapes[s].what);
	all = view_obj(o, "properties");
	required = view_list(o, "required");
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (fields[i].shape != s)
			continue;
		field_schema(cx, view_obj(all, fields[i].field), i);
		if (!absent(i))
			item_text(required, fields[i].field);
	}
}

void
openapi_schemas(struct cx *cx, struct json_object *schemas)
{
	for (size_t s = 0; s < SHAPE__MAX; s++)
		shape_schema(cx, view_obj(schemas, shapes[s].name),
			     (enum shape)s);
}

/* ---- Forms ---- */

static enum form
form_of(size_t i)
{
	static const enum form form[] = {
#define F(form)
#define X(form, field, type, least, most, need) FORM_##form,
#include "cgi/forms.def"
#undef F
#undef X
	};

	return form[i];
}

static void
bounds(struct json_object *o, const struct field_row *f, bool number)
{
	view_int(o, number ? "minimum" : "minLength", f->least);
	view_int(o, number ? "maximum" : "maxLength", f->most);
}

static void
form_schema(struct json_object *o, const struct field_row *f)
{
	switch (f->type) {
	case FIELD_INT:
		view_text(o, "type", "integer");
		bounds(o, f, true);
		break;
	case FIELD_BOOL:
	case FIELD_BUTTON:
		view_text(o, "type", "boolean");
		break;
	case FIELD_UUIDS:
		view_text(o, "type", "array");
		view_text(view_obj(o, "items"), "format", "uuid");
		break;
	case FIELD_UUID:
		view_text(o, "type", "string");
		view_text(o, "format", "uuid");
		break;
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_WORD:
	default:
		view_text(o, "type", "string");
		bounds(o, f, false);
		break;
	}
}

struct json_object *
openapi_body(struct cx *cx, enum form f)
{
	struct json_object *o = view_new(cx), *all, *required;

	view_text(o, "type", "object");
	view_bool(o, "additionalProperties", false);
	all = view_obj(o, "properties");
	required = view_list(o, "required");
	for (size_t i = 0; i < IN__MAX; i++) {
		if (form_of(i) != f)
			continue;
		form_schema(view_obj(all, app_fields[i].name), &app_fields[i]);
		if (app_fields[i].need == REQUIRED)
			item_text(required, app_fields[i].name);
	}
	return o;
}

void
openapi_query(struct cx *cx, struct json_object *list, enum form f)
{
	(void)cx;
	for (size_t i = 0; i < IN__MAX; i++) {
		struct json_object *o;

		if (form_of(i) != f)
			continue;
		o = view_obj(list, NULL);
		view_text(o, "name", app_fields[i].name);
		view_text(o, "in", "query");
		view_bool(o, "required", app_fields[i].need == REQUIRED);
		form_schema(view_obj(o, "schema"), &app_fields[i]);
	}
}
