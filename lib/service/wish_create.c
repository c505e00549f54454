#include <string.h>

#include "base/config.h"
#include "base/id.h"
#include "service/wish_common.h"
#include "store/idempotency.h"
#include "store/setting.h"

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* What was asked for, whatever the order and the encoding of the fields. */
static const char *
request_hash(struct cx *cx, const struct wish_new *n)
{
	const char *text[] = {n->name, n->description, n->memo, n->app};
	char hash[ID_HASH_LEN + 1];
	struct buf b;

	buf_init(&b, (size_t)1 << 21);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		buf_printf(&b, "%zu:%s", strlen(or_empty(text[i])),
			   or_empty(text[i]));
	buf_printf(&b, "%lld,%lld", (long long)n->standby_ttl_s,
		   (long long)n->archive_ttl_s);
	id_hash(b.data, b.len, hash);
	buf_free(&b);
	return arena_strdup(&cx->arena, hash);
}

/* ERR_NOT_FOUND: this key was not used yet. */
static enum err
made_before(struct cx *cx, struct db *db, const struct who *who,
	    const struct wish_new *n, const char *hash, struct workspace *out)
{
	struct idempotency old;
	enum err e = idempotency_find(cx, db, who->user_id, n->once, &old);

	if (e)
		return e;
	if (!id_equal(old.request_hash, hash))
		return cx_fail(cx, ERR_CONFLICT,
			       "this Idempotency-Key was used for another "
			       "request");
	return workspace_get(cx, db, old.body, out);
}

static enum err
row_of(struct cx *cx, struct db *db, const struct who *who,
       const struct wish_new *n, struct workspace *w)
{
	const struct app *app = site_app(cx->site, n->app);
	char id[ID_UUID_LEN + 1];
	struct settings s;
	enum err e;

	if (app == NULL)
		return cx_field(cx, "app", "there is no app \"%.64s\"",
				or_empty(n->app));
	if ((e = settings_load(cx, db, &s)))
		return e;
	id_uuid(id);
	*w = (struct workspace){
		.id = arena_strdup(&cx->arena, id),
		.owner_id = who->user_id,
		.name = n->name,
		.description = or_empty(n->description),
		.memo = or_empty(n->memo),
		.app = app->name,
		.desired = STATUS_RUNNING,
		.standby_ttl_s = n->standby_ttl_s >= 0
					 ? n->standby_ttl_s
					 : s.v[SETTING_STANDBY_TTL_SECONDS],
		.archive_ttl_s = n->archive_ttl_s >= 0
					 ? n->archive_ttl_s
					 : s.v[SETTING_ARCHIVE_TTL_SECONDS],
	};
	return OK;
}

static enum err
make(struct cx *cx, struct db *db, const struct who *who,
     const struct wish_new *n, const char *hash, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = row_of(cx, db, who, n, &w)) ||
	    (e = limit_admit(cx, db, w.owner_id)) ||
	    (e = workspace_add(cx, db, &w, out)) ||
	    (e = wish_audit(cx, db, who, "workspace.create", &w, w.name)))
		return e;
	if (n->once != NULL)
		e = idempotency_add(cx, db, who->user_id, n->once, hash, 201,
				    w.id);
	return e;
}

enum err
wish_create(struct cx *cx, struct db *db, const struct who *who,
	    const struct wish_new *n, struct workspace *out, bool *again)
{
	const char *hash = n->once ? request_hash(cx, n) : NULL;
	struct workspace made;
	bool before = false;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	e = ERR_NOT_FOUND;
	if (n->once != NULL) {
		e = made_before(cx, db, who, n, hash, &made);
		before = e == OK;
	}
	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		e = make(cx, db, who, n, hash, &made);
	}
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = made;
	*again = before;
	return OK;
}
