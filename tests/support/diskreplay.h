/*
 * What a power cut could leave of what disklog.h wrote down.
 *
 * A journalling filesystem's promise, and no more: a change of a directory
 * lasts when that directory was synced after it (a rename: one of the two),
 * and then so do all earlier changes of the same directory; what was written
 * to a file lasts when that file was synced. Of the rest each directory may
 * have kept any first part, and each file any of its writes, the last of them
 * torn. A file's own sync does not keep its name.
 */
#ifndef SUPPORT_DISKREPLAY_H
#define SUPPORT_DISKREPLAY_H

#include "support/disklog.h"

enum disk_luck {
	DISK_ALL,    /* everything had reached the disk: a kill */
	DISK_NONE,   /* only what was synced */
	DISK_NAMES,  /* names as well, but no content */
	DISK_BYTES,  /* content as well, but no names */
	DISK_CHANCE, /* anything between */
	DISK_LUCKS
};

struct disk_kid {
	char *name;
	int node;
};

struct disk_image {
	struct disk_kid *kid; /* of a directory */
	size_t n, max;
	char *data; /* of a file */
	size_t len, room;
};

FIX_DISK struct {
	size_t cut; /* ops before this had been issued */
	enum disk_luck luck;
	uint64_t seed;
	size_t *least, *last; /* per node: its directory's ops before it */
	struct disk_image *image;
} replay;

FIX_DISK uint32_t
disk_dice(uint32_t sides)
{
	replay.seed = replay.seed * UINT64_C(6364136223846793005) +
		      UINT64_C(1442695040888963407);
	return (uint32_t)(replay.seed >> 33) % sides;
}

FIX_DISK bool
disk_kept(const struct disk_op *o)
{
	return o->kept_at < replay.cut;
}

FIX_DISK bool
disk_of_dir(const struct disk_op *o)
{
	return o->what <= DISK_MOVE;
}

/* Both sides of a rename last, or neither. */
FIX_DISK bool
disk_raise(size_t i, size_t *cut)
{
	const struct disk_op *o = &disk.op[i];
	bool changed = false;

	if (cut[o->at] > i && cut[o->at2] <= i) {
		cut[o->at2] = i + 1;
		changed = true;
	}
	if (cut[o->at2] > i && cut[o->at] <= i) {
		cut[o->at] = i + 1;
		changed = true;
	}
	return changed;
}

FIX_DISK bool
disk_lower(size_t i, size_t *cut)
{
	const struct disk_op *o = &disk.op[i];

	if ((cut[o->at] > i) == (cut[o->at2] > i))
		return false;
	if (cut[o->at] > i)
		cut[o->at] = i;
	else
		cut[o->at2] = i;
	return true;
}

FIX_DISK void
disk_agree(bool (*how)(size_t, size_t *), size_t *cut)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < replay.cut; i++)
			if (disk.op[i].what == DISK_MOVE)
				again |= how(i, cut);
	}
}

FIX_DISK void
disk_cuts(void)
{
	free(replay.least);
	free(replay.last);
	replay.least = calloc(disk.n_nodes, sizeof *replay.least);
	replay.last = calloc(disk.n_nodes, sizeof *replay.last);
	for (size_t i = 0; i < replay.cut; i++) {
		const struct disk_op *o = &disk.op[i];

		if (disk_of_dir(o) && disk_kept(o)) {
			replay.least[o->at] = i + 1;
			if (o->what == DISK_MOVE)
				replay.least[o->at2] = i + 1;
		}
	}
	disk_agree(disk_raise, replay.least);
	for (size_t i = 0; i < disk.n_nodes; i++) {
		size_t least = replay.least[i];

		if (replay.luck == DISK_ALL || replay.luck == DISK_NAMES)
			replay.last[i] = replay.cut;
		else if (replay.luck == DISK_CHANCE && replay.cut > least)
			replay.last[i] =
				least +
				disk_dice((uint32_t)(replay.cut - least + 1));
		else
			replay.last[i] = least;
	}
	disk_agree(disk_lower, replay.last);
}

/* ---- The files as they come out ---- */

FIX_DISK void
disk_put(int dir, const char *name, int node)
{
	struct disk_image *d = &replay.image[dir];

	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->kid[i].name, name)) {
			d->kid[i].node = node;
			return;
		}
	d->kid = disk_grow(d->kid, d->n, &d->max, sizeof *d->kid);
	d->kid[d->n++] = (struct disk_kid){strdup(name), node};
}

FIX_DISK int
disk_take_out(int dir, const char *name)
{
	struct disk_image *d = &replay.image[dir];

	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->kid[i].name, name)) {
			int node = d->kid[i].node;

			free(d->kid[i].name);
			d->kid[i] = d->kid[--d->n];
			return node;
		}
	return -1;
}

FIX_DISK void
disk_resize(struct disk_image *f, size_t len)
{
	if (len > f->room || !f->data) {
		f->room = len * 2 + 64;
		f->data = realloc(f->data, f->room);
		if (!f->data)
			abort();
	}
	if (len > f->len)
		memset(f->data + f->len, 0, len - f->len);
	f->len = len;
}

FIX_DISK void
disk_do_name(size_t i)
{
	const struct disk_op *o = &disk.op[i];
	int node;

	if (replay.last[o->at] <= i)
		return;
	if (o->what == DISK_ADD) {
		disk_put(o->at, o->name, o->node);
		return;
	}
	node = disk_take_out(o->at, o->name);
	if (o->what == DISK_MOVE && node >= 0)
		disk_put(o->at2, o->name2, node);
}

FIX_DISK void
disk_do_bytes(const struct disk_op *o)
{
	struct disk_image *f = &replay.image[o->node];
	size_t len = o->len;
	bool kept = disk_kept(o);

	if (!kept && (replay.luck == DISK_NONE || replay.luck == DISK_NAMES))
		return;
	if (!kept && replay.luck == DISK_CHANCE) {
		uint32_t d = disk_dice(4);

		if (d == 0)
			return;
		if (d == 1) /* torn between two sectors */
			len = len / 1024 * 512;
	}
	if (o->what == DISK_SIZE) {
		disk_resize(f, o->off);
		return;
	}
	disk_resize(f, f->len > o->off + len ? f->len : o->off + len);
	memcpy(f->data + o->off, o->data, len);
}

FIX_DISK void
disk_clear(void)
{
	for (size_t i = 0; replay.image && i < disk.n_nodes; i++) {
		struct disk_image *m = &replay.image[i];

		for (size_t k = 0; k < m->n; k++)
			free(m->kid[k].name);
		free(m->kid);
		free(m->data);
	}
	free(replay.image);
	replay.image = NULL;
}

/* Only new files may be written; the last words are said to a path. */
FIX_DISK void
disk_write_file(int at, const char *name, const struct disk_image *f)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			(mode_t)0600);

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
	ck_assert_int_eq(pwrite(fd, f->data ? f->data : "", f->len, 0),
			 (ssize_t)f->len);
	close(fd);
}

FIX_DISK void
disk_lay_out(int at, int node)
{
	const struct disk_image *d = &replay.image[node];

	for (size_t i = 0; i < d->n; i++) {
		const char *name = d->kid[i].name;
		int kid = d->kid[i].node, sub;
		const struct disk_node *n = &disk.node[kid];

		if (S_ISREG(n->type)) {
			disk_write_file(at, name, &replay.image[kid]);
		} else if (S_ISLNK(n->type)) {
			ck_assert_int_eq(symlinkat(n->target, at, name), 0);
		} else if (S_ISDIR(n->type)) {
			ck_assert_int_eq(mkdirat(at, name, 0711), 0);
			sub = openat(at, name, O_RDONLY | O_DIRECTORY);
			ck_assert_int_ge(sub, 0);
			disk_lay_out(sub, kid);
			close(sub);
		}
	}
}

/* The tree as it may be after a cut before op `cut`, into an empty dir. */
FIX_DISK void
disk_replay(size_t cut, enum disk_luck luck, uint64_t seed, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	replay.cut = cut;
	replay.luck = luck;
	replay.seed = seed;
	disk_cuts();
	replay.image = calloc(disk.n_nodes, sizeof *replay.image);
	for (size_t i = 0; i < disk.n_nodes; i++)
		if (disk.node[i].base) {
			disk_resize(&replay.image[i], disk.node[i].base_len);
			memcpy(replay.image[i].data, disk.node[i].base,
			       disk.node[i].base_len);
		}
	for (size_t i = 0; i < cut; i++) {
		if (disk_of_dir(&disk.op[i]))
			disk_do_name(i);
		else if (disk.op[i].what <= DISK_SIZE)
			disk_do_bytes(&disk.op[i]);
	}
	disk_lay_out(fd, 0);
	close(fd);
	disk_clear();
}

#endif
