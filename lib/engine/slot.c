/*
 * Slots: run/slots/NN.sock, a symlink to run/sock/{id}.sock, for servers that
 * know only a fixed pool of addresses. Changed only under run/slots.lock.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/lock.h"
#include "engine/process.h"

#define SLOTS_WAIT_MS 5000

/* "../sock/{id}.sock"; false when it is something else. */
static bool
slot_target(const char *target, char id[37])
{
	const char head[] = "../sock/";
	size_t n = sizeof(head) - 1;

	if (strncmp(target, head, n) || strlen(target) != n + 36 + 5 ||
	    strcmp(target + n + 36, ".sock") || !id_is_uuid_n(target + n, 36))
		return false;
	memcpy(id, target + n, 36);
	id[36] = '\0';
	return true;
}

/* "07.sock"; -1 when it is none of ours. */
static int64_t
slot_number(const char *name)
{
	char *end;
	long n;

	if (*name < '0' || *name > '9')
		return -1;
	n = strtol(name, &end, 10);
	return strcmp(end, ".sock") ? -1 : n;
}

const char *
slot_path(struct cx *cx, int64_t n)
{
	return arena_printf(&cx->arena, "%s/slots/%02lld.sock",
			    cx->site->run_dir, (long long)n);
}

static int
by_id(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static bool
slot_entry(int dir, const char *name, struct slot *s)
{
	char target[128];
	ssize_t n;

	if ((s->n = slot_number(name)) < 0)
		return false;
	n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return slot_target(target, s->id);
}

enum err
slots_read(struct cx *cx, struct slots *out)
{
	const char *path = site_run_file(cx, "slots");
	size_t cap = (size_t)cx->site->slots + 1;
	struct slots got = {arena_array(&cx->arena, cap, sizeof(*got.v)), 0};
	struct dirent *d;
	DIR *dir = opendir(path);

	if (!dir && errno != ENOENT)
		return cx_errno(cx, errno, "%s", path);
	errno = 0;
	while (dir && got.n < cap && (d = readdir(dir))) {
		if (slot_entry(dirfd(dir), d->d_name, &got.v[got.n]))
			got.n++;
		errno = 0;
	}
	if (errno) {
		int errnum = errno;

		closedir(dir);
		return cx_errno(cx, errnum, "reading %s", path);
	}
	if (dir)
		closedir(dir);
	if (got.n)
		qsort(got.v, got.n, sizeof(*got.v), by_id);
	*out = got;
	return OK;
}

int64_t
slots_find(const struct slots *s, const char *id)
{
	struct slot key = {.n = 0};
	const struct slot *found;

	if (!s->n || strlen(id) != 36)
		return -1;
	memcpy(key.id, id, 37);
	found = bsearch(&key, s->v, s->n, sizeof(*s->v), by_id);
	return found ? found->n : -1;
}

static const char *
slot_owner(const struct slots *s, int64_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].n == n)
			return s->v[i].id;
	return NULL;
}

/* Who wants a slot, and how. */
struct wish {
	const char *id;
	bool port;  /* nobody may listen on its port */
	bool steal; /* from an owner who is dead: keeps no slot */
	enum err (*alive)(struct cx *cx, const char *id, bool *alive);
	size_t taken; /* ports that somebody else listens on */
};

/* Puts id into slot n when it is empty or may be stolen, and its port free. */
static enum err
slot_try(struct cx *cx, const struct slots *s, int64_t n, struct wish *w,
	 bool *got)
{
	const char *path = slot_path(cx, n), *owner = slot_owner(s, n);
	bool alive = false;
	enum err e;

	*got = false;
	if (owner && !w->steal)
		return OK;
	if (owner && ((e = w->alive(cx, owner, &alive)) || alive))
		return e;
	if (w->port && !tcp_port_free((uint16_t)port_of_slot(cx, n))) {
		w->taken++;
		return OK;
	}
	if (owner && unlink(path) && errno != ENOENT)
		return cx_errno(cx, errno, "removing %s", path);
	if (!symlink(arena_printf(&cx->arena, "../sock/%s.sock", w->id), path))
		*got = true;
	else if (errno != EEXIST)
		return cx_errno(cx, errno, "making %s", path);
	return OK;
}

/*
 * Slots are given out in turn, the last number kept in the lock's file: one
 * that was just let go is used again as late as can be, long after the last
 * request that was on its way to its old owner.
 */
static enum err
slot_choose(struct cx *cx, const struct slots *s, struct wish *w, int lock,
	    int64_t *slot)
{
	int64_t all = cx->site->slots, last = 0, i, n;
	char text[32] = "";
	bool got = false;
	enum err e;

	if (pread(lock, text, sizeof(text) - 1, 0) > 0)
		last = strtol(text, NULL, 10);
	for (i = 0; i < 2 * all; i++) {
		n = (last + 1 + i) % all;
		w->steal = i >= all;
		if ((e = slot_try(cx, s, n, w, &got)))
			return e;
		if (!got)
			continue;
		snprintf(text, sizeof(text), "%-8lld\n", (long long)n);
		if (pwrite(lock, text, strlen(text), 0) < 0)
			return cx_errno(cx, errno, "run/slots.lock");
		*slot = n;
		return OK;
	}
	if (w->taken)
		return cx_fail(cx, ERR_BUSY,
			       "other programs listen on the TCP ports of the "
			       "slots that are free: set another port_base in "
			       "roost.conf (now %lld), and restart the web "
			       "server",
			       (long long)cx->site->port_base);
	return cx_fail(cx, ERR_BUSY,
		       "all %lld slots of the web server are in use (slots in "
		       "roost.conf)",
		       (long long)all);
}

enum err
slot_take(struct cx *cx, const char *id, bool port,
	  enum err (*alive)(struct cx *, const char *, bool *), int64_t *slot)
{
	struct wish w = {.id = id, .port = port, .alive = alive};
	struct slots s;
	int64_t have;
	int lock = -1;
	enum err e;

	if ((e = lock_wait(cx, site_run_file(cx, "slots.lock"),
			   clock_mono_ms() + SLOTS_WAIT_MS, &lock)))
		return e;
	if (!(e = slots_read(cx, &s))) {
		have = slots_find(&s, id);
		if (have >= 0 && have < cx->site->slots)
			*slot = have;
		else
			e = slot_choose(cx, &s, &w, lock, slot);
	}
	lock_drop(lock);
	return e;
}

enum err
slot_free(struct cx *cx, const char *id)
{
	const char *path;
	struct slots s;
	int64_t n;
	int lock = -1;
	enum err e;

	if ((e = lock_wait(cx, site_run_file(cx, "slots.lock"),
			   clock_mono_ms() + SLOTS_WAIT_MS, &lock)))
		return e;
	if (!(e = slots_read(cx, &s)) && (n = slots_find(&s, id)) >= 0) {
		path = slot_path(cx, n);
		if (unlink(path) && errno != ENOENT)
			e = cx_errno(cx, errno, "removing %s", path);
	}
	lock_drop(lock);
	return e;
}
