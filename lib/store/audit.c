#include "store/audit.h"

#include "store/sql.h"

static void
audit_row(struct row *r, void *out)
{
	struct audit *a = out;

	*a = (struct audit){.n_changes = 0};
	a->n = row_int(r);
	a->at_ms = row_int(r);
	a->user_id = row_int(r);
	a->actor = row_text(r);
	a->action = row_text(r);
	a->target = row_text(r);
	a->detail = row_text(r);
}

enum err
audit_add(struct cx *cx, struct db *db, int64_t user_id, const char *actor,
	  const char *action, const char *target, const char *detail)
{
	return sql_run(cx, db, SQL_AUDIT_ADD, NULL,
		       ARGS(INT(cx->now_ms), INT(user_id), TEXT(actor),
			    TEXT(action), TEXT(target ? target : ""),
			    TEXT(detail ? detail : "")));
}

static enum err
add_changes(struct cx *cx, struct db *db, const struct audit_change *v,
	    size_t n)
{
	int64_t row = 0;
	enum err e = sql_int(cx, db, SQL_AUDIT_LAST, &row, ARGS());

	for (size_t i = 0; !e && i < n; i++)
		e = sql_run(cx, db, SQL_AUDIT_CHANGE, NULL,
			    ARGS(INT(row), TEXT(v[i].field), TEXT(v[i].from),
				 TEXT(v[i].to)));
	return e;
}

enum err
audit_add_changes(struct cx *cx, struct db *db, int64_t user_id,
		  const char *actor, const char *action, const char *target,
		  const char *detail, const struct audit_change *v, size_t n)
{
	bool own = false;
	enum err e;

	if ((e = tx_enter(cx, db, &own)))
		return e;
	if (!(e = audit_add(cx, db, user_id, actor, action, target, detail)))
		e = add_changes(cx, db, v, n);
	return tx_leave(cx, db, own, e);
}

enum err
audit_list(struct cx *cx, struct db *db, int64_t before, int64_t limit,
	   struct audits *out)
{
	return sql_rows(cx, db, SQL_AUDIT_LIST, audit_row, &out->v,
			sizeof(*out->v), &out->n,
			ARGS(INT(before ? before : INT64_MAX),
			     INT(sql_limit(limit, 50, 1000))));
}

static void
change_row(struct row *r, void *out)
{
	struct audit_change *ch = out;

	ch->field = row_text(r);
	ch->from = row_text(r);
	ch->to = row_text(r);
}

/* The narrowest that was asked for has an index. */
static enum sql
page_sql(const struct audit_query *q, bool back)
{
	if (q->target)
		return back ? SQL_AUDIT_TARGET_BACK : SQL_AUDIT_TARGET;
	if (q->actor)
		return back ? SQL_AUDIT_ACTOR_BACK : SQL_AUDIT_ACTOR;
	if (q->action)
		return back ? SQL_AUDIT_ACTION_BACK : SQL_AUDIT_ACTION;
	return back ? SQL_AUDIT_EVERY_BACK : SQL_AUDIT_EVERY;
}

static const char *
key_of(struct cx *cx, const struct audit_page *p, size_t i)
{
	return p->n == 0 ? NULL
			 : arena_printf(&cx->arena, "%lld.%lld",
					(long long)p->v[i].at_ms,
					(long long)p->v[i].n);
}

static enum err
page(struct cx *cx, struct db *db, const struct audit_query *q,
     struct audit_page *out)
{
	struct audit_page p = {0};
	int64_t at = 0, n = 0;
	struct keyset k;
	enum err e;

	if ((e = keyset_read(cx, q->cursor, q->limit, &k)) ||
	    (e = keyset_numbers(cx, &k, &at, &n)))
		return e;
	if (k.key == NULL)
		at = INT64_MAX;
	if ((e = sql_rows(cx, db, page_sql(q, k.back), audit_row, &p.v,
			  sizeof(*p.v), &p.n,
			  ARGS(TEXT(q->actor), TEXT(q->action), TEXT(q->target),
			       INT(q->from_ms),
			       INT(q->to_ms ? q->to_ms : INT64_MAX), INT(at),
			       INT(n), INT(k.limit + 1)))))
		return e;
	keyset_turn(&k, p.v, sizeof(*p.v), &p.n);
	for (size_t i = 0; i < p.n; i++)
		if ((e = sql_rows(cx, db, SQL_AUDIT_CHANGES, change_row,
				  &p.v[i].changes, sizeof(*p.v[i].changes),
				  &p.v[i].n_changes, ARGS(INT(p.v[i].n)))))
			return e;
	keyset_end(cx, &k, key_of(cx, &p, 0), key_of(cx, &p, p.n - 1), &p.ends);
	*out = p;
	return OK;
}

enum err
audit_page(struct cx *cx, struct db *db, const struct audit_query *q,
	   struct audit_page *out)
{
	bool own = false;
	enum err e;

	if ((e = snap_enter(cx, db, &own)))
		return e;
	return snap_leave(db, own, page(cx, db, q, out));
}

static void
action_row(struct row *r, void *out)
{
	*(const char **)out = row_text(r);
}

enum err
audit_actions(struct cx *cx, struct db *db, struct audit_actions *out)
{
	return sql_rows(cx, db, SQL_AUDIT_ACTIONS, action_row, &out->v,
			sizeof(*out->v), &out->n, ARGS());
}

enum err
audit_trim(struct cx *cx, struct db *db, int64_t before_ms)
{
	return sql_run(cx, db, SQL_AUDIT_TRIM, NULL, ARGS(INT(before_ms)));
}
