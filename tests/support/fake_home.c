#include "support/fake_home.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/id.h"
#include "rules/names.h"

#define HOMES 256

enum place { NOWHERE, HOME, STAGE, TRASH };

static struct one {
	enum place at;
	char id[37], op_id[37];
} all[HOMES];

void
fake_home_clear(void)
{
	memset(all, 0, sizeof(all));
}

static struct one *
find(enum place at, const char *id, const char *op_id)
{
	size_t i;

	for (i = 0; i < HOMES; i++)
		if (all[i].at == at && (!id || !strcmp(all[i].id, id)) &&
		    (!op_id || !strcmp(all[i].op_id, op_id)))
			return &all[i];
	return NULL;
}

static void
add(enum place at, const char *id, const char *op_id)
{
	struct one *o = find(NOWHERE, NULL, NULL);

	if (!o)
		abort();
	o->at = at;
	memcpy(o->id, id, sizeof(o->id));
	memcpy(o->op_id, op_id ? op_id : "", op_id ? sizeof(o->op_id) : 1);
}

static enum err
check(struct cx *cx, const char *id, const char *op_id)
{
	if (!id || !id_is_uuid(id) || (op_id && !id_is_uuid(op_id)))
		return cx_fail(cx, ERR_INVALID, "not an id");
	return OK;
}

static enum err
fake_probe(struct cx *cx)
{
	(void)cx;
	return OK;
}

static enum err
fake_look(struct cx *cx, const char *const ids[], size_t n, bool there[])
{
	enum err e;
	size_t i;

	for (i = 0; i < n; i++)
		if ((e = check(cx, ids[i], NULL)))
			return e;
	for (i = 0; i < n; i++)
		there[i] = find(HOME, ids[i], NULL);
	return OK;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
names_of(struct cx *cx, enum place at, struct home_names *out)
{
	char name[NAME_MAX_LEN];
	size_t i;

	out->n = 0;
	out->v = arena_array(&cx->arena, HOMES, sizeof(*out->v));
	for (i = 0; i < HOMES; i++)
		if (all[i].at == at)
			out->v[out->n++] =
				arena_strdup(&cx->arena,
					     at == HOME
						     ? all[i].id
						     : name_trash(all[i].id,
								  all[i].op_id,
								  name));
	qsort(out->v, out->n, sizeof(*out->v), by_name);
}

static enum err
fake_list(struct cx *cx, struct home_names *ids)
{
	names_of(cx, HOME, ids);
	return OK;
}

static enum err
fake_create(struct cx *cx, const char *id, int64_t uid)
{
	enum err e = check(cx, id, NULL);

	(void)uid;
	if (!e && !find(HOME, id, NULL))
		add(HOME, id, NULL);
	return e;
}

static const char *
dir_of(struct cx *cx, const char *id, const char *op_id)
{
	return arena_printf(&cx->arena, "%s/fake-%s-%s", cx->site->homes_dir,
			    id, op_id);
}

static enum err
fake_stage(struct cx *cx, const char *id, const char *op_id, struct tree *stage)
{
	const char *dir = dir_of(cx, id, op_id);
	enum err e;

	if ((e = check(cx, id, op_id)) ||
	    (e = fs_remove_tree(cx, dir, NULL, NULL)) ||
	    (e = fs_mkdir(cx, dir, 0700)))
		return e;
	if (!find(STAGE, id, op_id))
		add(STAGE, id, op_id);
	*stage = (struct tree){.path = dir, .disk = dir};
	return OK;
}

static enum err
fake_tree(struct cx *cx, const char *id, struct tree *home)
{
	const char *path =
		arena_printf(&cx->arena, "%s/fake-%s", cx->site->homes_dir, id);

	*home = (struct tree){.path = path, .disk = path};
	return OK;
}

static const char *
fake_disk(struct cx *cx)
{
	return cx->site->homes_dir;
}

static enum err
move(struct cx *cx, struct one *o, enum place to, const char *id)
{
	if (o && find(to, id, to == TRASH ? o->op_id : NULL))
		return cx_fail(cx, ERR_EXISTS, "it is there");
	if (o) {
		o->at = to;
		return OK;
	}
	return find(to, id, NULL) ? OK
				  : cx_fail(cx, ERR_NOT_FOUND, "nothing there");
}

static enum err
fake_publish(struct cx *cx, const char *id, const char *op_id)
{
	enum err e = check(cx, id, op_id);

	return e ? e : move(cx, find(STAGE, id, op_id), HOME, id);
}

static enum err
fake_unstage(struct cx *cx, const char *id, const char *op_id)
{
	enum err e = check(cx, id, op_id);
	struct one *o = find(STAGE, id, op_id);

	if (e)
		return e;
	if (o)
		o->at = NOWHERE;
	return fs_remove_tree(cx, dir_of(cx, id, op_id), NULL, NULL);
}

static const char *
fake_path(struct cx *cx, const char *id)
{
	return arena_printf(&cx->arena, "%s/fake-%s", cx->site->homes_dir, id);
}

static enum err
fake_trash(struct cx *cx, const char *id, const char *op_id)
{
	enum err e = check(cx, id, op_id);
	struct one *o = find(HOME, id, NULL);

	if (e || !o)
		return e;
	if (find(TRASH, id, op_id))
		return cx_fail(cx, ERR_EXISTS, "it is in the trash");
	o->at = TRASH;
	memcpy(o->op_id, op_id, sizeof(o->op_id));
	return OK;
}

static enum err
fake_untrash(struct cx *cx, const char *id, const char *op_id)
{
	enum err e = check(cx, id, op_id);

	return e ? e : move(cx, find(TRASH, id, op_id), HOME, id);
}

static enum err
fake_trash_list(struct cx *cx, struct home_names *names)
{
	names_of(cx, TRASH, names);
	return OK;
}

static enum err
fake_purge(struct cx *cx, const char *name, bool (*quit)(void *), void *arg)
{
	char id[37], op_id[37];
	struct one *o;

	if (!name || !name_trash_ids(name, id, op_id))
		return cx_fail(cx, ERR_INVALID, "not a name in the trash");
	o = find(TRASH, id, op_id);
	if (o && quit && quit(arg))
		return cx_fail(cx, ERR_ABANDONED, "given up");
	if (o)
		o->at = NOWHERE;
	return OK;
}

static enum err
fake_sweep_stages(struct cx *cx, const char *const keep[], size_t n)
{
	size_t i, k;
	enum err e;

	for (i = 0; i < HOMES; i++) {
		bool kept = all[i].at != STAGE;

		for (k = 0; k < n; k++)
			kept |= !strcmp(all[i].op_id, keep[k]);
		if (!kept && (e = fake_unstage(cx, all[i].id, all[i].op_id)))
			return e;
	}
	return OK;
}

const struct home_ops home_fake = {
	.name = "fake",
	.probe = fake_probe,
	.look = fake_look,
	.list = fake_list,
	.create = fake_create,
	.stage = fake_stage,
	.publish = fake_publish,
	.unstage = fake_unstage,
	.path = fake_path,
	.tree = fake_tree,
	.disk = fake_disk,
	.trash = fake_trash,
	.untrash = fake_untrash,
	.trash_list = fake_trash_list,
	.purge = fake_purge,
	.sweep_stages = fake_sweep_stages,
};
