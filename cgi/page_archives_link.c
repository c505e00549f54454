/*
 * A link from which an archive can be loaded. SPEC 6.
 *
 * For its owner alone, as for the door (SPEC 1, 6): a way to the contents that
 * no audit sees is nobody else's, an administrator's neither.
 *
 * The bytes come from the store itself, not through us: gigabytes would hold a
 * handler. A store without links (a directory) has none.
 */
#include <string.h>

#include "archive/archive.h"
#include "base/clock.h"
#include "cgi/page.h"
#include "rules/names.h"

#define PATIENCE_MS 5000 /* of a page that asks a store */

struct link {
	const char *url; /* NULL: this store has none */
	int64_t ends_ms;
};

bool
page_can_load(struct cx *cx, const struct call *c)
{
	const struct store_ops *store;

	if (c->ws->owner_id != c->who.user_id)
		return false;
	if (!store_find(cx, &store))
		return store->link != NULL;
	cx_clear(cx);
	return false;
}

/* The archive that is named, else the one that a restore would unpack. */
static enum err
key_of(struct cx *cx, struct call *c, const struct value *archive,
       const char **key)
{
	char name[NAME_MAX_LEN];

	*key = c->ws->archive_key;
	if (archive->set)
		*key = arena_strdup(&cx->arena,
				    name_archive(c->ws->id, archive->text,
						 name));
	return *key ? OK
		    : cx_fail(cx, ERR_NOT_FOUND,
			      "the workspace has no archive");
}

static enum err
make_link(struct cx *cx, struct call *c, const struct value *archive,
	  struct link *out)
{
	const struct progress soon = {.deadline_ms =
					      clock_mono_ms() + PATIENCE_MS};
	int64_t seconds = cx->site->s3_link_seconds;
	const struct store_ops *store;
	struct archive_meta meta;
	const char *key;
	enum err e;

	*out = (struct link){.url = NULL};
	if (c->ws->owner_id != c->who.user_id)
		return cx_fail(cx, ERR_FORBIDDEN, "%s is not %s's", c->ws->id,
			       c->who.username);
	if ((e = store_find(cx, &store)) || !store->link)
		return e;
	if ((e = key_of(cx, c, archive, &key)) ||
	    (e = store->get_meta(cx, key, &soon, &meta)))
		return e == ERR_NOT_FOUND && archive->set
			       ? cx_field(cx, "archive",
					  "not one of this workspace")
			       : e;
	out->ends_ms = clock_now_ms() + seconds * 1000;
	return store->link(cx, key,
			   arena_printf(&cx->arena, "%s.tar.zst", c->ws->id),
			   (int)seconds, &out->url);
}

enum err
ws_download(struct cx *cx, struct call *c)
{
	struct link l;
	enum err e = make_link(cx, c, IN(c, download, archive), &l);

	if (e)
		return e;
	view_text(c->view, "url", l.url);
	view_time(c->view, "expires_at", l.ends_ms);
	response_header(c->rp, "Cache-Control", "no-store");
	return OK;
}

enum err
page_download(struct cx *cx, struct call *c)
{
	struct link l;
	enum err e = make_link(cx, c, IN(c, download, archive), &l);

	if (e)
		return e;
	if (!l.url)
		return cx_fail(cx, ERR_NOT_FOUND, "this store has no links");
	response_redirect(c->rp, 303, l.url);
	response_header(c->rp, "Cache-Control", "no-store");
	response_header(c->rp, "Referrer-Policy", "no-referrer");
	return OK;
}
