/* The verbs that only move and count entries of homes_dir. */
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "home/place.h"
#include "rules/names.h"

enum err
entry_look(struct cx *cx, const char *const ids[], size_t n, mode_t type,
	   bool there[])
{
	bool *seen = arena_array(&cx->arena, n ? n : 1, sizeof(*seen));
	enum err e;
	size_t i;

	if (FAULT(FAULT_HOME_LOOK))
		return cx_fail(cx, ERR_IO, "fault: look for homes");
	if ((e = place_ready(cx)))
		return e;
	for (i = 0; i < n; i++)
		if ((e = place_ids(cx, ids[i], NULL)) ||
		    (e = place_look(cx, place_home(cx, ids[i]), type,
				    &seen[i])))
			return e;
	if (n)
		memcpy(there, seen, n * sizeof(*seen));
	return OK;
}

static bool
take_home(struct cx *cx, const char **name)
{
	char id[37];

	if (!name_home_id(*name, id))
		return false;
	*name = arena_strdup(&cx->arena, id);
	return true;
}

enum err
entry_list(struct cx *cx, mode_t type, struct home_names *ids)
{
	enum err e;

	if (FAULT(FAULT_HOME_LOOK))
		return cx_fail(cx, ERR_IO, "fault: list homes");
	if ((e = place_ready(cx)))
		return e;
	return place_list(cx, NULL, type, take_home, ids);
}

enum err
entry_trash(struct cx *cx, const char *id, const char *op_id)
{
	const char *home, *entry;
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	entry = home_place_of(cx, PLACE_TRASH, id, op_id);
	if (FAULT(FAULT_HOME_TRASH_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: trash %s", home);
	e = place_move(cx, home, entry);
	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		/* Gone before: a crash may have lost the syncs. */
		if (!(e = fs_sync_dir(cx, place_in(cx, PLACE_TRASH, NULL))))
			e = fs_sync_dir(cx, cx->site->homes_dir);
	}
	if (!e && FAULT(FAULT_HOME_TRASH_AFTER))
		return cx_fail(cx, ERR_IO, "fault: trashed %s", home);
	return e;
}

enum err
entry_untrash(struct cx *cx, const char *id, const char *op_id, mode_t type)
{
	const char *home, *entry;
	bool there;
	enum err e, look;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	entry = home_place_of(cx, PLACE_TRASH, id, op_id);
	e = place_move(cx, entry, home);
	if (e != ERR_NOT_FOUND)
		return e;
	if ((look = place_look(cx, home, type, &there)))
		return look;
	if (there)
		cx_clear(cx);
	return there ? OK : e;
}

static bool
take_trash(struct cx *cx, const char **name)
{
	char id[37], op_id[37];

	if (!name_trash_ids(*name, id, op_id))
		return false;
	*name = arena_strdup(&cx->arena, *name);
	return true;
}

enum err
entry_trash_list(struct cx *cx, mode_t type, struct home_names *names)
{
	enum err e = place_ready(cx);

	return e ? e : place_list(cx, PLACE_TRASH, type, take_trash, names);
}

/* Deleting a tree and unpacking in the same place right after is far slower
 * than renaming it aside; sweep_stages deletes it later. */
enum err
entry_stage(struct cx *cx, const char *id, const char *op_id,
	    const char **stage)
{
	const char *path;
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	path = home_place_of(cx, PLACE_UNPACK, id, op_id);
	e = place_move(cx, path, place_aside(cx, path));
	if (e && e != ERR_NOT_FOUND)
		return e;
	cx_clear(cx);
	*stage = path;
	return OK;
}

static enum err
published_before(struct cx *cx, const char *home, mode_t type)
{
	bool there;
	enum err e;

	if ((e = place_look(cx, home, type, &there)))
		return e;
	if (!there)
		return cx_fail(cx, ERR_NOT_FOUND,
			       "neither %s nor a stage for it", home);
	cx_clear(cx);
	/* A crash may have come between the rename and its syncs. */
	return fs_sync_dir(cx, cx->site->homes_dir);
}

enum err
entry_publish(struct cx *cx, const char *id, const char *op_id, mode_t type,
	      enum err (*sync)(struct cx *cx, const char *stage))
{
	const char *home, *stage;
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	home = place_home(cx, id);
	stage = home_place_of(cx, PLACE_UNPACK, id, op_id);
	e = sync(cx, stage);
	if (e == ERR_NOT_FOUND)
		return published_before(cx, home, type);
	if (e)
		return e;
	if (FAULT(FAULT_HOME_PUBLISH_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: publish %s", home);
	if ((e = place_move(cx, stage, home)))
		return e;
	if (FAULT(FAULT_HOME_PUBLISH_AFTER))
		return cx_fail(cx, ERR_IO, "fault: published %s", home);
	return OK;
}

static bool
take_any(struct cx *cx, const char **name)
{
	if (!strcmp(*name, ".") || !strcmp(*name, ".."))
		return false;
	*name = arena_strdup(&cx->arena, *name);
	return true;
}

static bool
is_kept(const char *name, const char *const keep[], size_t n)
{
	char id[37], op_id[37];
	size_t i;

	if (!name_trash_ids(name, id, op_id))
		return false;
	for (i = 0; i < n; i++)
		if (!strcmp(op_id, keep[i]))
			return true;
	return false;
}

/* Somebody is just making an empty home there: PLACE_NEW is moved into its
 * place within moments. A time in the future is no excuse. */
static bool
is_being_made(const char *path, const char *name)
{
	const int64_t moments_ms = 60000;
	struct stat st;
	int64_t age;

	if (strncmp(name, PLACE_NEW ".", sizeof(PLACE_NEW)) != 0 ||
	    lstat(path, &st))
		return false;
	age = clock_now_ms() - (int64_t)st.st_mtim.tv_sec * 1000;
	return age > -moments_ms && age < moments_ms;
}

enum err
entry_sweep(struct cx *cx, const char *const keep[], size_t n, mode_t type,
	    enum err (*drop)(struct cx *cx, const char *path))
{
	struct home_names all;
	enum err e;
	size_t i;

	if ((e = place_ready(cx)) ||
	    (e = place_list(cx, PLACE_UNPACK, type, take_any, &all)))
		return e;
	for (i = 0; i < all.n; i++) {
		const char *path = place_in(cx, PLACE_UNPACK, all.v[i]);

		if (is_kept(all.v[i], keep, n) || is_being_made(path, all.v[i]))
			continue;
		if ((e = drop(cx, path)))
			return e;
	}
	return OK;
}
