/* Inside of form*.c only: one value against its row. ERR_INVALID. */
#ifndef WEB_FORM_PART_H
#define WEB_FORM_PART_H

#include "web/form.h"

/* Is the character at p a control character? lines: but \n, \t, \r. */
bool field_control(const char *p, bool lines);
MUST_USE enum err field_int(struct cx *cx, const struct field_row *row,
			    int64_t n, struct value *v);
/* TEXT, LINES, SECRET, WORD, UUID. s is kept. */
MUST_USE enum err field_string(struct cx *cx, const struct field_row *row,
			       const char *s, struct value *v);
/* One more into the list of a UUIDS field; most bounds its length. */
MUST_USE enum err field_uuid(struct cx *cx, const struct field_row *row,
			     const char *s, struct value *v);
/* Of any type, from a form or a query. Empty: not set, where that is so. */
MUST_USE enum err field_pair(struct cx *cx, const struct field_row *row,
			     const char *s, struct value *v);

#endif
