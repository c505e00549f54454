/*
 * Homes that are volumes of the container engine.
 *
 * A volume cannot be renamed, and where it would stand is not for this user to
 * see. So the entry of a home is a note, a file that names the volume: what
 * the moves of entries are to directory homes (atomic, durable, never over
 * what is there) they are to these.
 *
 * 1. The note is written before the volume is made, and removed after it is
 *    gone: no crash leaves a volume that no note names.
 * 2. A home is there when its note is in its place and the engine has the
 *    volume, with this site's labels. A note alone is "absent"; an engine that
 *    does not answer is an error.
 * 3. A volume that no note names is never removed: it may be a last copy
 *    (homes_dir came from an older backup). strays() tells of it.
 * 4. Beside each volume is its holder (holder.h), which may be missing.
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "home/holder.h"
#include "home/note.h"
#include "rules/names.h"

/* Holders that one sweep makes again. */
#define HOLD_MAX 16

static enum err
volume_of(struct cx *cx, const char *id, const char **volume)
{
	return note_read(cx, place_home(cx, id), volume);
}

/* ---- Looking ---- */

/* One is asked for by its name, many are seen in the list. */
static enum err
look_at(struct cx *cx, const char *const ids[], size_t n, bool there[])
{
	struct home_names all = {.n = 0};
	const char *volume;
	enum err e;
	size_t i;

	if (n > 1 && (e = seen_volumes(cx, &all)))
		return e;
	for (i = 0; i < n; i++) {
		if (!there[i])
			continue;
		if ((e = volume_of(cx, ids[i], &volume)))
			return e;
		if (n > 1)
			there[i] = seen_has(&all, volume);
		else if ((e = docker_volume_look(cx, volume, HOLDER_KIND,
						 &there[i])))
			return e;
	}
	return OK;
}

static enum err
volume_look(struct cx *cx, const char *const ids[], size_t n, bool there[])
{
	bool *seen = arena_array(&cx->arena, n ? n : 1, sizeof(*seen));
	enum err e;

	if ((e = entry_look(cx, ids, n, S_IFREG, seen)) ||
	    (e = look_at(cx, ids, n, seen)))
		return e;
	if (n)
		memcpy(there, seen, n * sizeof(*seen));
	return OK;
}

static enum err
volume_list(struct cx *cx, struct home_names *out)
{
	struct home_names ids, all;
	const char *volume;
	size_t i, n = 0;
	enum err e;

	if ((e = entry_list(cx, S_IFREG, &ids)) || (e = seen_volumes(cx, &all)))
		return e;
	for (i = 0; i < ids.n; i++) {
		e = volume_of(cx, ids.v[i], &volume);
		if (e && e != ERR_NOT_FOUND) /* else it was moved just now */
			return e;
		if (!e && seen_has(&all, volume))
			ids.v[n++] = ids.v[i];
		cx_clear(cx);
	}
	ids.n = n;
	*out = ids;
	return OK;
}

static enum err
volume_probe(struct cx *cx)
{
	struct home_names all;
	enum err e;

	if ((e = place_probe(cx)) || (e = holder_engine(cx)))
		return e;
	return seen_volumes(cx, &all);
}

/* ---- Making ---- */

/* A note whose volume is gone (rule 2) is in nobody's way. */
static enum err
clear_stale(struct cx *cx, const char *id)
{
	const char *home = place_home(cx, id);
	bool note, there;
	enum err e;

	if ((e = place_look(cx, home, S_IFREG, &note)) || !note ||
	    (e = volume_look(cx, &id, 1, &there)) || there)
		return e;
	return place_move(cx, home,
			  place_aside(cx, place_in(cx, PLACE_UNPACK, "gone")));
}

/* Rule 1. */
static enum err
make(struct cx *cx, const char *note, const char *id, const char **out)
{
	const char *volume = note_new_volume(cx, id);
	enum err e;

	if ((e = holder_engine(cx)) || (e = note_write(cx, note, volume)))
		return e;
	if (FAULT(FAULT_VOLUME_MAKE))
		return cx_fail(cx, ERR_ACTION, "fault: make %s", volume);
	if ((e = docker_volume_make(cx, volume,
				    docker_labels(cx, HOLDER_KIND, id,
						  NULL))) ||
	    (e = holder_hold(cx, volume, id)))
		return e;
	*out = volume;
	return OK;
}

static enum err
make_empty(struct cx *cx, const char *note, const char *id, int64_t uid)
{
	const char *volume;
	enum err e;

	if ((e = make(cx, note, id, &volume)) ||
	    (e = holder_give(cx, volume, uid)))
		return e;
	return place_move(cx, note, place_home(cx, id));
}

/* What is left of one that failed, a sweep takes away. */
static enum err
volume_create(struct cx *cx, const char *id, int64_t uid)
{
	const char *new;
	bool there;
	enum err e;

	if ((e = place_ids(cx, id, NULL)) || (e = place_ready(cx)) ||
	    (e = volume_look(cx, &id, 1, &there)) || there ||
	    (e = clear_stale(cx, id)))
		return e;
	if (FAULT(FAULT_HOME_CREATE_BEFORE))
		return cx_fail(cx, ERR_IO, "fault: make the home of %s", id);
	new = place_aside(cx, place_in(cx, PLACE_UNPACK, PLACE_NEW));
	e = make_empty(cx, new, id, uid);
	if (e == ERR_EXISTS) {
		cx_clear(cx);
		e = note_drop(cx, new);
	}
	if (!e && FAULT(FAULT_HOME_CREATE_AFTER))
		return cx_fail(cx, ERR_IO, "fault: made the home of %s", id);
	return e;
}

static struct tree
tree_at(const char *volume)
{
	return (struct tree){.volume = volume, .ops = &holder_stream};
}

static enum err
volume_tree(struct cx *cx, const char *id, struct tree *home)
{
	const char *volume;
	enum err e;

	if ((e = place_ids(cx, id, NULL)) || (e = volume_of(cx, id, &volume)))
		return e;
	*home = tree_at(volume);
	return OK;
}

/* Of an engine on this machine; how full it is may be seen from outside. */
static const char *
volume_disk(struct cx *cx)
{
	const struct docker_ask ask = {.path = "/info"};
	const char *root = "";
	struct docker_answer a;
	struct statvfs st;

	if (strncmp(cx->site->docker_host, "unix://", 7))
		return NULL;
	if (docker_must(cx, &ask, "asking for its state", &a))
		cx_clear(cx);
	else
		root = docker_text(a.json, "DockerRootDir");
	return *root == '/' && !statvfs(root, &st) ? root : NULL;
}

/* ---- Stages ---- */

static enum err
volume_stage(struct cx *cx, const char *id, const char *op_id,
	     struct tree *stage)
{
	const char *note, *volume;
	enum err e;

	if ((e = entry_stage(cx, id, op_id, &note)) ||
	    (e = make(cx, note, id, &volume)))
		return e;
	*stage = tree_at(volume);
	stage->disk = volume_disk(cx);
	return OK;
}

/* The engine is on this machine, and so are its disks. */
static enum err
sync_all(struct cx *cx, const char *note)
{
	const char *volume;
	enum err e = note_read(cx, note, &volume);

	if (!e)
		sync();
	return e;
}

static enum err
volume_publish(struct cx *cx, const char *id, const char *op_id)
{
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)) ||
	    (e = clear_stale(cx, id)))
		return e;
	return entry_publish(cx, id, op_id, S_IFREG, sync_all);
}

static enum err
volume_unstage(struct cx *cx, const char *id, const char *op_id)
{
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)))
		return e;
	return note_drop_stage(cx, home_place_of(cx, PLACE_UNPACK, id, op_id));
}

/* It was a home when the holder was made, or it is to go. */
static enum err
hold_again(struct cx *cx, const char *id, const char *volume)
{
	const char *now;
	enum err e = holder_hold(cx, volume, id);

	if (e && e != ERR_NOT_FOUND)
		return e;
	e = volume_of(cx, id, &now);
	if (e && e != ERR_NOT_FOUND)
		return e;
	cx_clear(cx);
	/* Moved meanwhile: a holder must not keep it from being removed. */
	return e ? holder_let_go(cx, volume) : OK;
}

static enum err
hold_all(struct cx *cx)
{
	struct home_names ids, all, held;
	const char *volume;
	size_t i, n = 0;
	enum err e;

	if ((e = volume_list(cx, &ids)) || (e = seen_holders(cx, &held)) ||
	    (e = seen_volumes(cx, &all)))
		return e;
	for (i = 0; i < ids.n && n < HOLD_MAX; i++) {
		e = volume_of(cx, ids.v[i], &volume);
		if (!e && seen_has(&all, volume) && !seen_has(&held, volume)) {
			n++;
			e = hold_again(cx, ids.v[i], volume);
		}
		if (e && e != ERR_NOT_FOUND)
			return e;
		cx_clear(cx);
	}
	return OK;
}

static enum err
volume_sweep_stages(struct cx *cx, const char *const keep[], size_t n)
{
	enum err e;

	if ((e = entry_sweep(cx, keep, n, S_IFREG, note_drop_stage)))
		return e;
	return hold_all(cx);
}

/* ---- Trash ---- */

static enum err
volume_untrash(struct cx *cx, const char *id, const char *op_id)
{
	enum err e;

	if ((e = place_ids(cx, id, op_id)) || (e = place_ready(cx)) ||
	    (e = clear_stale(cx, id)))
		return e;
	return entry_untrash(cx, id, op_id, S_IFREG);
}

static enum err
volume_trash_list(struct cx *cx, struct home_names *names)
{
	return entry_trash_list(cx, S_IFREG, names);
}

static enum err
volume_purge(struct cx *cx, const char *name, bool (*quit)(void *), void *arg)
{
	char id[37], op_id[37];
	const char *path;
	bool there;
	enum err e;

	if (!name || !name_trash_ids(name, id, op_id))
		return cx_fail(cx, ERR_INVALID, "not a name in the trash");
	path = place_in(cx, PLACE_TRASH, name);
	if ((e = place_ready(cx)) ||
	    (e = place_look(cx, path, S_IFREG, &there)) || !there)
		return e;
	if (FAULT(FAULT_HOME_PURGE))
		return cx_fail(cx, ERR_IO, "fault: purge %s", name);
	/* What is removed at once is not given up half-way. */
	if (quit && quit(arg))
		return cx_fail(cx, ERR_ABANDONED, "given up on request");
	return note_drop(cx, path);
}

const struct home_ops home_volume = {
	.name = "volume",
	.probe = volume_probe,
	.look = volume_look,
	.list = volume_list,
	.create = volume_create,
	.stage = volume_stage,
	.publish = volume_publish,
	.unstage = volume_unstage,
	.path = place_home,
	.tree = volume_tree,
	.disk = volume_disk,
	.trash = entry_trash,
	.untrash = volume_untrash,
	.trash_list = volume_trash_list,
	.purge = volume_purge,
	.sweep_stages = volume_sweep_stages,
	.strays = seen_strays,
};
