/*
 * Typed fields of a body or a query: one set of rules for JSON, urlencoded
 * forms and query strings.
 *
 * 1. Everything is checked before any handler sees it: unknown, repeated,
 *    missing and ill-typed fields, invalid UTF-8, control characters, nesting
 *    over FORM_DEPTH, anything after the JSON value. ERR_INVALID, cx->field.
 * 2. A field that was not sent has set = false. JSON null is set with
 *    null = true, and only where the row allows it (NULLABLE).
 *    An empty value of an urlencoded form or a query counts as not sent,
 *    except for TEXT and LINES fields whose least is 0.
 * 3. Text is not trimmed. Its least and most count characters, not bytes.
 */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/request.h"

#define FORM_DEPTH 32
#define FORM_LIST_MAX 1000

enum field_type {
	FIELD_TEXT,   /* one line: no control characters */
	FIELD_LINES,  /* text with newlines and tabs; \r\n becomes \n */
	FIELD_SECRET, /* text that is never logged or echoed */
	FIELD_INT,    /* least..most; in a form decimal digits, may have '-' */
	FIELD_BOOL,   /* true, false; in a form 1 on yes true, 0 off no false */
	FIELD_WORD,   /* [A-Za-z0-9_.~-], least..most characters */
	FIELD_UUID,   /* a lower-case UUID v4 */
	FIELD_UUIDS,  /* a list of them; in a form the field repeated */
	FIELD_BUTTON  /* only its presence counts (submit buttons) */
};

enum field_need { OPTIONAL, REQUIRED, NULLABLE };

struct field_row {
	const char *name;
	enum field_type type;
	int64_t least, most;
	enum field_need need;
};

struct value {
	bool set, null;
	const char *text;  /* TEXT, LINES, SECRET, WORD, UUID */
	int64_t num;	   /* INT */
	bool yes;	   /* BOOL, BUTTON */
	const char **list; /* UUIDS */
	size_t n_list;
};

enum form_source { FORM_QUERY, FORM_JSON, FORM_URLENCODED };

/*
 * Checks n bytes of source against rows[n_rows] and fills values[n_rows].
 * In URLENCODED one more field is allowed, "csrf" (its value to *csrf when
 * that is not NULL). An empty JSON body counts as {}.
 */
MUST_USE enum err form_parse(struct cx *cx, enum form_source source,
			     const char *p, size_t n,
			     const struct field_row *rows, size_t n_rows,
			     struct value *values, const char **csrf);

/* A field of a form that was refused, as it was sent. */
struct sent {
	/* What was typed, without what cannot be shown. NULL: it was not sent,
	 * or is a SECRET, or a list (that is in its value). */
	const char *text;
	bool wrong, empty;
};

/*
 * Looks at pairs that form_parse() has refused once more, field by field:
 * values[n_rows] are those that would do, sent[n_rows] what stood there. False
 * when there is something that no page of ours sends: an unknown field, one
 * that stands twice, names that are no text.
 */
bool form_look(struct cx *cx, const char *p, size_t n,
	       const struct field_row *rows, size_t n_rows,
	       struct value *values, struct sent *sent, const char **csrf);

/*
 * What a body's content type says: FORM_JSON (application/json, also with
 * charset=utf-8) or FORM_URLENCODED. ERR_MEDIA for others.
 */
MUST_USE enum err form_source_of(struct cx *cx, const char *content_type,
				 enum form_source *source);

#endif
