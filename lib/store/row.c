/* One column after the other, from left to right. */
#include "store/sql.h"

int64_t
row_int(struct row *r)
{
	return sqlite3_column_int64(r->st, r->col++);
}

const char *
row_text(struct row *r)
{
	const char *s = (const char *)sqlite3_column_text(r->st, r->col);
	size_t n = (size_t)sqlite3_column_bytes(r->st, r->col++);

	if (!s)
		return NULL;
	return n ? arena_strndup(&r->cx->arena, s, n) : "";
}

const char *
row_word(struct row *r)
{
	const char *s = (const char *)sqlite3_column_text(r->st, r->col++);

	return s ? s : "";
}

enum status
row_status(struct row *r)
{
	enum status s = STATUS_PENDING;

	ROW_WORD(r, status_parse, &s);
	return s;
}

enum operation
row_operation(struct row *r)
{
	enum operation o = OPERATION_NONE;

	ROW_WORD(r, operation_parse, &o);
	return o;
}

enum reason
row_reason(struct row *r)
{
	enum reason s = REASON_NONE;

	ROW_WORD(r, reason_parse, &s);
	return s;
}
