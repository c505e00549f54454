/* Archives, and what belongs to nobody: looked for by the next pass, shown
 * here. SPEC section 6, 9. */
#include <string.h>

#include "cgi/page_admin.h"
#include "service/survey_wish.h"

#define STRANGE_ITEMS 100
#define SURVEY_ITEMS 10
#define STALE_MS INT64_C(120000) /* asked, and nobody answers */

/* ---- What both show ---- */

static void
view_survey(struct json_object *o, const struct survey *s)
{
	view_text(o, "what", survey_what_name(s->what));
	view_text(o, "actor", s->actor);
	view_time(o, "asked_at", s->asked_ms);
	view_time(o, "ended_at", s->ended_ms);
	view_int(o, "archives", s->archives);
	view_int(o, "archive_bytes", s->archive_bytes);
	view_int(o, "removed", s->removed);
	view_int(o, "removed_bytes", s->removed_bytes);
	view_int(o, "homes", s->homes);
	view_int(o, "instances", s->instances);
	view_int(o, "stopped", s->stopped);
	view_text(o, "message", s->message);
}

static void
view_found(struct json_object *o, const struct found *f)
{
	view_text(o, "key", f->key);
	view_text(o, "workspace_id",
		  f->workspace_id[0] != '\0' ? f->workspace_id : NULL);
	view_text(o, "workspace_name", f->name);
	view_text(o, "owner", f->owner);
	view_text(o, "why", f->why);
	view_time(o, "orphan_since", f->since_ms);
	view_time(o, "made_at", f->created_ms);
	view_int(o, "bytes", f->bytes);
	view_bool(o, "gone", f->gone);
}

/* Asks, and starts the pass that answers. */
static enum err
ask(struct cx *cx, struct call *c, enum survey_what what)
{
	enum err e = survey_wish(cx, c->db, &c->who, what);

	if (!e)
		page_kick(cx, c);
	return e;
}

/* ---- JSON ---- */

enum err
api_archives(struct cx *cx, struct call *c)
{
	const char *word = admin_text(IN(c, found, kind));
	enum found_kind kind = FOUND_ARCHIVE;
	struct json_object *list;
	struct founds l;
	enum err e;

	if (word != NULL && !found_kind_parse(word, &kind))
		return cx_field(cx, "kind", "archive, home or instance");
	if ((e = found_list(cx, c->db, kind, admin_text(IN(c, found, why)),
			    admin_text(IN(c, found, cursor)),
			    IN(c, found, limit)->num, &l)))
		return e;
	list = view_list(c->view, "items");
	for (size_t i = 0; i < l.n; i++)
		view_found(view_obj(list, NULL), &l.v[i]);
	admin_pager(cx, c, ADMIN_ARCHIVES, NULL, 0, &l.ends);
	return OK;
}

enum err
api_surveys(struct cx *cx, struct call *c)
{
	struct json_object *list;
	struct surveys l;
	enum err e = survey_list(cx, c->db, SURVEY_ITEMS, &l);

	if (e)
		return e;
	list = view_list(c->view, "items");
	for (size_t i = 0; i < l.n; i++)
		view_survey(view_obj(list, NULL), &l.v[i]);
	return OK;
}

static enum err
api_ask(struct cx *cx, struct call *c, enum survey_what what)
{
	enum err e;

	if ((e = ask(cx, c, what)) || (e = api_surveys(cx, c)))
		return e;
	c->rp->status = 202;
	return OK;
}

enum err
api_archives_look(struct cx *cx, struct call *c)
{
	return api_ask(cx, c, SURVEY_LOOK);
}

enum err
api_archives_collect(struct cx *cx, struct call *c)
{
	return api_ask(cx, c, SURVEY_COLLECT);
}

/* ---- The page ---- */

/* NULL where it is not known. */
static const char *
size_if(struct cx *cx, int64_t bytes)
{
	return bytes != 0 ? page_bytes(cx, bytes) : NULL;
}

static void
item_found(struct cx *cx, struct json_object *list, const struct found *f)
{
	struct json_object *o = view_obj(list, NULL);

	view_found(o, f);
	view_text(o, "why_key",
		  f->gone ? "gc_gone" : admin_word(cx, "gc", f->why));
	view_text(o, "tone",
		  f->gone || strcmp(f->why, "goes") == 0 ? "ERROR"
		  : f->since_ms != 0			 ? "ARCHIVED"
							 : "STANDBY");
	view_text(o, "since_text", page_time(cx, f->since_ms));
	view_text(o, "made_text", page_time(cx, f->created_ms));
	view_text(o, "size_text", size_if(cx, f->bytes));
}

static void
view_sums(struct cx *cx, struct call *c, const struct found_sums *sums,
	  const char *why)
{
	struct json_object *list = view_list(c->view, "sums"), *o;
	int64_t goes = 0, bytes = 0;

	for (size_t i = 0; i < sums->n; i++) {
		const struct found_sum *s = &sums->v[i];

		o = view_obj(list, NULL);
		view_text(o, "sum_why",
			  s->gone ? "gc_gone" : admin_word(cx, "gc", s->why));
		view_int(o, "sum_count", s->count);
		view_text(o, "sum_size", size_if(cx, s->bytes));
		view_text(o, "value", s->gone ? NULL : s->why);
		view_bool(o, "selected",
			  why != NULL && !s->gone && strcmp(why, s->why) == 0);
		if (!s->gone && strcmp(s->why, "goes") == 0) {
			goes += s->count;
			bytes += s->bytes;
		}
	}
	view_int(c->view, "goes", goes);
	view_text(c->view, "goes_size", size_if(cx, bytes));
}

static enum err
view_strange(struct cx *cx, struct call *c, enum found_kind kind,
	     const char *key, const char *some)
{
	struct json_object *list = view_list(c->view, key);
	int64_t left = 0;
	struct founds l;
	enum err e = found_list(cx, c->db, kind, NULL, NULL, STRANGE_ITEMS, &l);

	for (size_t i = 0; !e && i < l.n; i++) {
		item_found(cx, list, &l.v[i]);
		left += !l.v[i].gone;
	}
	view_bool(c->view, some, !e && l.n > 0);
	if (kind == FOUND_INSTANCE)
		view_int(c->view, "ends", left);
	return e;
}

/* What was asked for: the last that ended, and whether one is at work. */
static void
view_last(struct cx *cx, struct call *c, const struct surveys *l)
{
	struct json_object *list = view_list(c->view, "surveys"), *o;
	bool open = false, stale = false, ended = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct survey *s = &l->v[i];
		bool waits = s->ended_ms == 0;

		o = view_obj(list, NULL);
		view_survey(o, s);
		view_text(o, "asked_text", page_time(cx, s->asked_ms));
		view_text(o, "what_key",
			  admin_word(cx, "survey", survey_what_name(s->what)));
		view_text(o, "size_text", page_bytes(cx, s->archive_bytes));
		view_text(o, "removed_size", page_bytes(cx, s->removed_bytes));
		view_bool(o, "waits", waits);
		view_bool(o, "collects", s->what == SURVEY_COLLECT);
		open |= waits;
		stale |= waits && cx->now_ms - s->asked_ms > STALE_MS;
		if (!waits && !ended) {
			view_time(c->view, "looked_at", s->ended_ms);
			view_text(c->view, "looked_text",
				  page_time(cx, s->ended_ms));
			ended = true;
		}
	}
	view_bool(c->view, "looking", open && !stale);
	view_bool(c->view, "unheard", stale);
	view_bool(c->view, "looked", ended);
	view_bool(c->view, "has_surveys", l->n > 0);
}

enum err
page_store(struct cx *cx, struct call *c)
{
	const struct admin_filter filters[] = {ADMIN_FILTER(c, found, why)};
	const char *why = admin_text(IN(c, found, why));
	struct json_object *list;
	struct found_sums sums;
	struct surveys asked;
	struct founds l;
	enum err e;

	if ((e = survey_list(cx, c->db, SURVEY_ITEMS, &asked)) ||
	    (e = found_sums(cx, c->db, FOUND_ARCHIVE, &sums)) ||
	    (e = found_list(cx, c->db, FOUND_ARCHIVE, why,
			    admin_text(IN(c, found, cursor)), 0, &l)) ||
	    (e = view_strange(cx, c, FOUND_HOME, "homes", "has_homes")) ||
	    (e = view_strange(cx, c, FOUND_INSTANCE, "instances",
			      "has_instances")))
		return e;
	view_last(cx, c, &asked);
	view_sums(cx, c, &sums, why);
	list = view_list(c->view, "items");
	for (size_t i = 0; i < l.n; i++)
		item_found(cx, list, &l.v[i]);
	view_bool(c->view, "has_items", l.n > 0);
	admin_pager(cx, c, ADMIN_ARCHIVES, filters, 1, &l.ends);
	admin_frame(cx, c, ADMIN_ARCHIVES, NULL, "admin_store");
	return OK;
}

static enum err
page_ask(struct cx *cx, struct call *c, enum survey_what what, const char *said)
{
	enum err e = ask(cx, c, what);

	if (!e)
		page_done(cx, c, NULL, "/admin/archives", said);
	return e;
}

enum err
page_store_look(struct cx *cx, struct call *c)
{
	return page_ask(cx, c, SURVEY_LOOK, "said_store_look");
}

enum err
page_store_collect(struct cx *cx, struct call *c)
{
	return page_ask(cx, c, SURVEY_COLLECT, "said_store_collect");
}
