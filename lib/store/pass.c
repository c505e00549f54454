#include "store/pass.h"

#include <string.h>

#include "store/who.h"

#define KEEP 10000

static const char *const kinds[PASS__MAX] = {
#define X(kind, name) [kind] = name,
#include "store/passkind.def"
#undef X
};

const char *
passkind_name(enum passkind k)
{
	return kinds[k];
}

bool
passkind_parse(const char *name, enum passkind *k)
{
	unsigned i;

	for (i = 0; name && i < PASS__MAX; i++)
		if (!strcmp(kinds[i], name)) {
			*k = i;
			return true;
		}
	return false;
}

static void
pass_row(struct row *r, void *out)
{
	struct pass *p = out;

	p->n = row_int(r);
	ROW_WORD(r, passkind_parse, &p->kind);
	p->started_ms = row_int(r);
	p->ended_ms = row_int(r);
	p->rounds = row_int(r);
	p->workspaces = row_int(r);
	p->instances = row_int(r);
	p->homes = row_int(r);
	p->begun = row_int(r);
	p->done = row_int(r);
	p->failed = row_int(r);
	p->abandoned = row_int(r);
	p->errors = row_int(r);
	p->message = row_text(r);
}

enum err
pass_begin(struct cx *cx, struct db *db, enum passkind kind, int64_t *n)
{
	return sql_int(cx, db, SQL_PASS_BEGIN, n,
		       ARGS(TEXT(passkind_name(kind)), INT(cx->now_ms)));
}

enum err
pass_end(struct cx *cx, struct db *db, const struct pass *p)
{
	return sql_hit(cx, db, SQL_PASS_END, "pass",
		       ARGS(INT(p->n), INT(cx->now_ms), INT(p->rounds),
			    INT(p->workspaces), INT(p->instances),
			    INT(p->homes), INT(p->begun), INT(p->done),
			    INT(p->failed), INT(p->abandoned), INT(p->errors),
			    TEXT(p->message)));
}

enum err
pass_list(struct cx *cx, struct db *db, int64_t before, int64_t limit,
	  struct passes *out)
{
	return sql_rows(cx, db, SQL_PASS_LIST, pass_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(INT(before ? before : INT64_MAX),
			     INT(sql_limit(limit, 50, 1000))));
}

static const char *
page_key(struct cx *cx, const struct pass *p)
{
	return arena_printf(&cx->arena, "0.%lld", (long long)p->n);
}

enum err
pass_page(struct cx *cx, struct db *db, const char *cursor, int64_t limit,
	  struct pass_page *out)
{
	struct pass_page l = {.n = 0};
	struct keyset k;
	int64_t zero, n;
	enum err e;

	if ((e = keyset_read(cx, cursor, limit, &k)) ||
	    (e = keyset_numbers(cx, &k, &zero, &n)) ||
	    (e = sql_rows(cx, db, k.back ? SQL_PASS_LIST_BACK : SQL_PASS_LIST,
			  pass_row, &l.v, sizeof(*l.v), &l.n,
			  ARGS(INT(k.key ? n : INT64_MAX), INT(k.limit + 1)))))
		return e;
	keyset_turn(&k, l.v, sizeof(*l.v), &l.n);
	keyset_end(cx, &k, l.n ? page_key(cx, &l.v[0]) : NULL,
		   l.n ? page_key(cx, &l.v[l.n - 1]) : NULL, &l.ends);
	*out = l;
	return OK;
}

enum err
pass_last(struct cx *cx, struct db *db, enum passkind kind, struct pass *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_PASS_LAST, pass_row, out,
				  sizeof(*out),
				  ARGS(TEXT(passkind_name(kind)))),
			  "pass");
}

enum err
pass_trim(struct cx *cx, struct db *db)
{
	return sql_run(cx, db, SQL_PASS_TRIM, NULL, ARGS(INT(KEEP)));
}
