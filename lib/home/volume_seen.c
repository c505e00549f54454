/* Volumes and their holders, as the engine lists them. */
#include <stdlib.h>
#include <string.h>

#include "home/holder.h"
#include "home/note.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
seen_has(const struct home_names *l, const char *name)
{
	return l->n && bsearch(&name, l->v, l->n, sizeof(*l->v), by_name);
}

/* A container has a list of names. */
static const char *
first_text(struct json_object *list)
{
	struct json_object *v = NULL;

	if (json_object_is_type(list, json_type_array))
		v = json_object_array_get_idx(list, 0);
	return json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

/* A member of each of the list, "/x" as "x", sorted. */
static void
take_names(struct cx *cx, struct json_object *list, const char *member,
	   struct home_names *out)
{
	size_t n = json_object_array_length(list), i;

	*out = (struct home_names){arena_array(&cx->arena, n + 1,
					       sizeof(*out->v)),
				   n};
	for (i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *name = docker_text(o, member);

		if (!*name)
			name = first_text(docker_member(o, member));
		out->v[i] = name + (*name == '/');
	}
	if (n)
		qsort(out->v, n, sizeof(*out->v), by_name);
}

enum err
seen_volumes(struct cx *cx, struct home_names *out)
{
	struct json_object *list;
	enum err e;

	if ((e = docker_volumes(cx, HOLDER_KIND, &list)))
		return e;
	take_names(cx, list, "Name", out);
	return OK;
}

enum err
seen_holders(struct cx *cx, struct home_names *out)
{
	struct json_object *list;
	enum err e;

	if ((e = docker_list(cx, HOLDER_KIND, 0, &list)))
		return e;
	take_names(cx, list, "Names", out);
	return OK;
}

/* ---- Rule 3 of volume.c ---- */

static bool
take_any(struct cx *cx, const char **name)
{
	*name = arena_strdup(&cx->arena, *name);
	return true;
}

/* What is in one place: volumes that are named there, notes of none. */
static enum err
see_place(struct cx *cx, const char *sub, const struct home_names *all,
	  struct home_names *named, struct home_names *empty)
{
	struct home_names here;
	const char *volume;
	enum err e;
	size_t i;

	if ((e = place_list(cx, sub, S_IFREG, take_any, &here)))
		return e;
	named->v = arena_array(&cx->arena, here.n + 1, sizeof(*named->v));
	empty->v = arena_array(&cx->arena, here.n + 1, sizeof(*empty->v));
	for (i = 0; i < here.n; i++) {
		const char *path = place_in(cx, sub, here.v[i]);

		e = note_read(cx, path, &volume);
		if (e && e != ERR_NOT_FOUND && e != ERR_IO)
			return e;
		if (e)
			cx_clear(cx);
		else if (seen_has(all, volume))
			named->v[named->n++] = volume;
		else
			empty->v[empty->n++] = path;
	}
	if (named->n)
		qsort(named->v, named->n, sizeof(*named->v), by_name);
	return OK;
}

/* The volumes come first: what is made after that is not looked for. */
enum err
seen_strays(struct cx *cx, struct home_names *volumes,
	    struct home_names *entries)
{
	static const char *const places[] = {PLACE_UNPACK, PLACE_TRASH, NULL};
	struct home_names all, named[3] = {{.n = 0}}, empty[3] = {{.n = 0}};
	size_t i, n = 0;
	enum err e;

	if ((e = seen_volumes(cx, &all)) || (e = place_ready(cx)))
		return e;
	for (i = 0; i < 3; i++)
		if ((e = see_place(cx, places[i], &all, &named[i], &empty[i])))
			return e;
	for (i = 0; i < all.n; i++)
		if (!seen_has(&named[0], all.v[i]) &&
		    !seen_has(&named[1], all.v[i]) &&
		    !seen_has(&named[2], all.v[i]))
			all.v[n++] = all.v[i];
	all.n = n;
	*volumes = all;
	*entries = empty[2];
	return OK;
}
