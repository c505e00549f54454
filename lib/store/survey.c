#include "store/survey.h"

#include <string.h>

#include "store/who.h"

#define KEEP 100

static const char *const whats[SURVEY__MAX] = {
#define X(what, name) [what] = name,
#include "store/surveywhat.def"
#undef X
};

static const char *const kinds[FOUND__MAX] = {
#define X(kind, name) [kind] = name,
#include "store/foundkind.def"
#undef X
};

const char *
survey_what_name(enum survey_what w)
{
	return whats[w];
}

bool
survey_what_parse(const char *name, enum survey_what *w)
{
	for (unsigned i = 0; i < SURVEY__MAX; i++)
		if (!strcmp(whats[i], name)) {
			*w = i;
			return true;
		}
	return false;
}

const char *
found_kind_name(enum found_kind k)
{
	return kinds[k];
}

bool
found_kind_parse(const char *name, enum found_kind *k)
{
	for (unsigned i = 0; i < FOUND__MAX; i++)
		if (!strcmp(kinds[i], name)) {
			*k = i;
			return true;
		}
	return false;
}

static void
survey_row(struct row *r, void *out)
{
	struct survey *s = out;

	s->n = row_int(r);
	ROW_WORD(r, survey_what_parse, &s->what);
	s->user_id = row_int(r);
	s->actor = row_text(r);
	s->asked_ms = row_int(r);
	s->ended_ms = row_int(r);
	s->archives = row_int(r);
	s->archive_bytes = row_int(r);
	s->removed = row_int(r);
	s->removed_bytes = row_int(r);
	s->homes = row_int(r);
	s->instances = row_int(r);
	s->stopped = row_int(r);
	s->message = row_text(r);
}

enum err
survey_ask(struct cx *cx, struct db *db, enum survey_what what, int64_t user_id,
	   const char *actor)
{
	return sql_run(cx, db, SQL_SURVEY_ADD, NULL,
		       ARGS(TEXT(survey_what_name(what)), INT(user_id),
			    TEXT(actor), INT(cx->now_ms)));
}

enum err
survey_open(struct cx *cx, struct db *db, struct survey *out)
{
	return sql_absent(cx,
			  sql_row(cx, db, SQL_SURVEY_OPEN, survey_row, out,
				  sizeof(*out), ARGS()),
			  "survey");
}

enum err
survey_list(struct cx *cx, struct db *db, int64_t limit, struct surveys *out)
{
	return sql_rows(cx, db, SQL_SURVEY_LAST, survey_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(INT(sql_limit(limit, 10, KEEP))));
}

static enum err
find_add(struct cx *cx, struct db *db, enum found_kind kind,
	 const struct found *f)
{
	return sql_run(cx, db, SQL_FOUND_ADD, NULL,
		       ARGS(TEXT(found_kind_name(kind)), TEXT(f->key),
			    TEXT(f->workspace_id), TEXT(f->why),
			    INT(f->since_ms), INT(f->created_ms), INT(f->bytes),
			    INT(f->gone)));
}

static enum err
end(struct cx *cx, struct db *db, const struct survey *s,
    const struct survey_finds *finds)
{
	int64_t changed = 0;
	enum err e;

	e = sql_run(cx, db, SQL_SURVEY_END, &changed,
		    ARGS(INT(s->n), INT(cx->now_ms), INT(s->archives),
			 INT(s->archive_bytes), INT(s->removed),
			 INT(s->removed_bytes), INT(s->homes),
			 INT(s->instances), INT(s->stopped), TEXT(s->message)));
	if (!e && changed == 0)
		return cx_fail(cx, ERR_CONFLICT, "survey %lld has ended",
			       (long long)s->n);
	if (e || !finds)
		return e;
	e = sql_run(cx, db, SQL_FOUND_CLEAR, NULL, ARGS());
	for (size_t i = 0; !e && i < finds->n; i++)
		e = find_add(cx, db, finds->kinds[i], &finds->v[i]);
	return e;
}

enum err
survey_end(struct cx *cx, struct db *db, const struct survey *s,
	   const struct survey_finds *finds)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	return tx_leave(cx, db, own, end(cx, db, s, finds));
}

static void
found_row(struct row *r, void *out)
{
	struct found *f = out;

	f->key = row_text(r);
	f->workspace_id = row_text(r);
	f->why = row_text(r);
	f->since_ms = row_int(r);
	f->created_ms = row_int(r);
	f->bytes = row_int(r);
	f->gone = row_int(r) != 0;
	f->name = row_text(r);
	f->owner = row_text(r);
}

enum err
found_list(struct cx *cx, struct db *db, enum found_kind kind, const char *why,
	   const char *cursor, int64_t limit, struct founds *out)
{
	struct founds l = {.n = 0};
	struct keyset k;
	enum err e;

	if ((e = keyset_read(cx, cursor, limit, &k)) ||
	    (e = sql_rows(cx, db, k.back ? SQL_FOUND_LIST_BACK : SQL_FOUND_LIST,
			  found_row, &l.v, sizeof(*l.v), &l.n,
			  ARGS(TEXT(found_kind_name(kind)), TEXT(why),
			       TEXT(k.key ? k.key : ""), INT(k.limit + 1)))))
		return e;
	keyset_turn(&k, l.v, sizeof(*l.v), &l.n);
	keyset_end(cx, &k, l.n ? l.v[0].key : NULL,
		   l.n ? l.v[l.n - 1].key : NULL, &l.ends);
	*out = l;
	return OK;
}

static void
sum_row(struct row *r, void *out)
{
	struct found_sum *s = out;

	s->why = row_text(r);
	s->gone = row_int(r) != 0;
	s->count = row_int(r);
	s->bytes = row_int(r);
}

enum err
found_sums(struct cx *cx, struct db *db, enum found_kind kind,
	   struct found_sums *out)
{
	return sql_rows(cx, db, SQL_FOUND_SUMS, sum_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(TEXT(found_kind_name(kind))));
}

enum err
survey_trim(struct cx *cx, struct db *db)
{
	return sql_run(cx, db, SQL_SURVEY_TRIM, NULL, ARGS(INT(KEEP)));
}
