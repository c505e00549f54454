/* A workspace that shall keep running, for a while or for good (a pin), and one
 * that shall not be archived. A TTL of 0 means never. SPEC F3. */
#include <string.h>

#include "cgi/page.h"
#include "store/setting.h"

/* ---- What may be chosen ---- */

/* What may be chosen: none that the site does not allow. */
static void
view_for(struct cx *cx, struct call *c, const struct settings *s,
	 struct json_object *keep)
{
	static const int64_t minutes[] = {60, 120, 240, 480, 1440, 10080};
	const struct workspace *w = c->ws;
	int64_t most = s->v[SETTING_KEEP_MAX_HOURS] * 60;
	bool kept = w->keep_until_ms > cx->now_ms;
	struct json_object *list;
	const char *chosen;

	if (w->desired != STATUS_RUNNING || w->deleted_ms != 0 ||
	    w->standby_ttl_s == 0 || (most <= 0 && !kept))
		return;
	view_bool(keep, "for_a_while", true);
	view_bool(keep, "is_kept", kept);
	chosen = again_text(again_form(c, "extend"), "minutes", "60");
	list = view_list(keep, "keep_choices");
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		struct json_object *o;

		if (minutes[i] > most)
			break;
		o = view_obj(list, NULL);
		view_int(o, "keep_minutes", minutes[i]);
		view_text(o, "keep_word",
			  minutes[i] == 60 ? "keep_one" : "keep_many");
		view_int(o, "keep_hours", minutes[i] / 60);
		view_bool(o, "keep_chosen",
			  strcmp(chosen, arena_printf(&cx->arena, "%lld",
						      (long long)minutes[i])) ==
				  0);
		view_bool(keep, "can_keep", true);
	}
}

static void
view_pin(struct json_object *keep, const char *is, const char *undo,
	 int64_t ttl_s, int64_t usual_s)
{
	view_bool(keep, is, ttl_s == 0);
	view_bool(keep, undo, ttl_s == 0 && usual_s != 0);
}

void
page_keep(struct cx *cx, struct call *c, const struct settings *s)
{
	const struct workspace *w = c->ws;
	struct json_object *keep;

	if (w->deleted_ms != 0)
		return;
	keep = view_obj(c->view, "keep");
	view_for(cx, c, s, keep);
	view_pin(keep, "is_pinned", "can_unpin", w->standby_ttl_s,
		 s->v[SETTING_STANDBY_TTL_SECONDS]);
	view_pin(keep, "is_spared", "can_age", w->archive_ttl_s,
		 s->v[SETTING_ARCHIVE_TTL_SECONDS]);
}

/* ---- What was chosen ---- */

enum err
page_extend(struct cx *cx, struct call *c)
{
	int64_t minutes = IN(c, extend, minutes)->num;
	struct workspace w;
	enum err e =
		wish_keep(cx, c->db, &c->who, c->ws->id, 0, minutes * 60, &w);

	if (!e)
		page_done(cx, c, NULL, page_path(cx, w.id),
			  minutes != 0 ? "said_extend" : "said_extend_end");
	return e;
}

/* One of both buttons: the TTL, and what is said of it. */
static enum err
pin_of(struct cx *cx, const struct value *v, const char *field, int64_t usual_s,
       int64_t *ttl_s, bool *never)
{
	*never = strcmp(v->text, "never") == 0;
	if (!*never && strcmp(v->text, "usual") != 0)
		return cx_field(cx, field, "never or usual");
	*ttl_s = *never ? 0 : usual_s;
	return OK;
}

enum err
page_pin(struct cx *cx, struct call *c)
{
	const struct value *standby = IN(c, pin, standby);
	const struct value *archive = IN(c, pin, archive);
	struct wish_edit edit = {
		.patch = {.standby_ttl_s = -1, .archive_ttl_s = -1}};
	const char *said = "said_saved";
	struct workspace w;
	struct settings s;
	bool never;
	enum err e;

	if ((e = settings_load(cx, c->db, &s)))
		return e;
	if (standby->set) {
		if ((e = pin_of(cx, standby, "standby",
				s.v[SETTING_STANDBY_TTL_SECONDS],
				&edit.patch.standby_ttl_s, &never)))
			return e;
		said = never ? "said_pin" : "said_unpin";
	}
	if (archive->set) {
		if ((e = pin_of(cx, archive, "archive",
				s.v[SETTING_ARCHIVE_TTL_SECONDS],
				&edit.patch.archive_ttl_s, &never)))
			return e;
		said = never ? "said_spare" : "said_age";
	}
	e = wish_edit(cx, c->db, &c->who, c->ws->id, 0, &edit, &w);
	if (!e)
		page_done(cx, c, NULL, page_path(cx, w.id), said);
	return e;
}
