#include "home/note.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs.h"
#include "home/holder.h"
#include "rules/names.h"

#define RANDOM_HEX 16
#define NOTE_MAX ((size_t)256)

/* "ws-{id}-home.{16 hex}" */
static bool
is_volume(const char *name, char id[37])
{
	const char *dot = strchr(name, '.');
	char home[NAME_MAX_LEN];

	if (!dot || (size_t)(dot - name) >= sizeof(home) ||
	    strlen(dot + 1) != RANDOM_HEX ||
	    strspn(dot + 1, "0123456789abcdef") != RANDOM_HEX)
		return false;
	memcpy(home, name, (size_t)(dot - name));
	home[dot - name] = '\0';
	return name_home_id(home, id);
}

const char *
note_new_volume(struct cx *cx, const char *id)
{
	char name[NAME_MAX_LEN];

	return place_aside(cx, name_home(id, name));
}

enum err
note_write(struct cx *cx, const char *path, const char *volume)
{
	const char *line = arena_printf(&cx->arena, "%s\n", volume);

	return fs_write_sync(cx, path, line, strlen(line), 0600);
}

/* ERR_NOT_FOUND: no note. ERR_IO: a file that is none. */
enum err
note_read(struct cx *cx, const char *path, const char **volume)
{
	const char *text;
	struct buf b;
	char id[37];
	enum err e;

	buf_init(&b, NOTE_MAX);
	e = fs_read(cx, path, &b);
	text = arena_strndup(&cx->arena, buf_str(&b),
			     strcspn(buf_str(&b), "\n"));
	buf_free(&b);
	if (e)
		return e;
	if (!is_volume(text, id))
		return cx_fail(cx, ERR_IO, "%s is no note of a volume", path);
	*volume = text;
	return OK;
}

static enum err
note_remove(struct cx *cx, const char *path)
{
	if (FAULT(FAULT_VOLUME_FORGET))
		return cx_fail(cx, ERR_IO, "fault: remove %s", path);
	if (unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "remove %s", path);
	return OK;
}

/* The volume that it names, then the note. Absent: OK. */
enum err
note_drop(struct cx *cx, const char *path)
{
	const char *volume;
	enum err e = note_read(cx, path, &volume);

	if (e == ERR_NOT_FOUND) {
		cx_clear(cx);
		return OK;
	}
	if (e)
		return e;
	if ((e = holder_drop(cx, volume)))
		return e;
	return note_remove(cx, path);
}

/* In .unpack may also lie what was not yet a note when somebody died: its
 * volume was not made either. */
enum err
note_drop_stage(struct cx *cx, const char *path)
{
	enum err e = note_drop(cx, path);

	if (e != ERR_IO)
		return e;
	cx_clear(cx);
	return note_remove(cx, path);
}
