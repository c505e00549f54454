#include "store/setting.h"

#include <inttypes.h>
#include <string.h>

#include "store/sql.h"

struct stored {
	const char *key;
	int64_t value;
};

static void
stored_row(struct row *r, void *out)
{
	struct stored *s = out;

	s->key = row_text(r);
	s->value = row_int(r);
}

static bool
in_range(enum setting s, int64_t value)
{
	return value >= setting_least(s) && value <= setting_most(s);
}

/* What a table of another version left behind is passed over. */
static enum err
load(struct cx *cx, struct db *db, struct settings *out, bool *stored)
{
	struct stored *v = NULL;
	enum setting s;
	size_t n = 0, i;
	enum err e;

	if ((e = sql_rows(cx, db, SQL_SETTING_ALL, stored_row, &v, sizeof(*v),
			  &n, ARGS())))
		return e;
	settings_default(out);
	memset(stored, 0, sizeof(*stored) * SETTING__MAX);
	for (i = 0; i < n; i++) {
		if (!setting_parse(v[i].key, &s) || !in_range(s, v[i].value))
			continue;
		out->v[s] = v[i].value;
		stored[s] = true;
	}
	return OK;
}

enum err
settings_load(struct cx *cx, struct db *db, struct settings *out)
{
	bool stored[SETTING__MAX];

	return load(cx, db, out, stored);
}

enum err
settings_stored(struct cx *cx, struct db *db, bool stored[SETTING__MAX])
{
	struct settings s;

	return load(cx, db, &s, stored);
}

enum err
setting_rule(struct cx *cx, enum setting s, int64_t value)
{
	if (in_range(s, value))
		return OK;
	return cx_field(cx, setting_key(s),
			"%s must be %" PRId64 " to %" PRId64, setting_key(s),
			setting_least(s), setting_most(s));
}

enum err
setting_put(struct cx *cx, struct db *db, enum setting s, int64_t value)
{
	enum err e = setting_rule(cx, s, value);

	if (e)
		return e;
	return sql_run(cx, db, SQL_SETTING_PUT, NULL,
		       ARGS(TEXT(setting_key(s)), INT(value), INT(cx->now_ms)));
}

enum err
setting_clear(struct cx *cx, struct db *db, enum setting s)
{
	return sql_run(cx, db, SQL_SETTING_CLEAR, NULL,
		       ARGS(TEXT(setting_key(s))));
}
