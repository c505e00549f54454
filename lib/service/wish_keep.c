#include "service/wish_common.h"
#include "store/setting.h"

static enum err
keep_may(struct cx *cx, const struct settings *s, int64_t seconds)
{
	int64_t most = s->v[SETTING_KEEP_MAX_HOURS] * 3600;

	if (seconds < 0 || seconds > most)
		return cx_field(cx, "seconds", "0 to %lld on this site",
				(long long)most);
	return OK;
}

static enum err
keep(struct cx *cx, struct db *db, const struct who *who, const char *id,
     int64_t rev, int64_t seconds, struct workspace *out)
{
	int64_t until_ms = seconds ? cx->now_ms + seconds * 1000 : 0;
	struct settings s;
	enum err e;

	if ((e = settings_load(cx, db, &s)) ||
	    (e = keep_may(cx, &s, seconds)) ||
	    (e = workspace_keep(cx, db, id, rev, until_ms, out)))
		return e;
	return wish_audit(cx, db, who, "workspace.extend", out,
			  arena_printf(&cx->arena, "%lld s",
				       (long long)seconds));
}

enum err
wish_keep(struct cx *cx, struct db *db, const struct who *who, const char *id,
	  int64_t rev, int64_t seconds, struct workspace *out)
{
	struct workspace w;
	enum err e;

	if ((e = db_begin(cx, db)))
		return e;
	e = keep(cx, db, who, id, rev, seconds, &w);
	if ((e = wish_end(cx, db, e)))
		return e;
	*out = w;
	return OK;
}
