/*
 * How much the connections of instances have moved (count_open_connections =
 * traffic). Of TCP sockets the kernel tells the bytes. Of UNIX sockets it does
 * not: what the instance's processes have read, written and computed stands
 * in for them, and docs/ACTIVITY.md says what that cannot tell apart.
 */
#include <stdlib.h>
#include <string.h>

#include "base/proc.h"
#include "engine/process.h"
#include "engine/procfs.h"

/* So many bytes is a hundredth of a second of computing worth: an application
 * that only keeps its connections alive computes 10 to 20 ms a minute, one
 * that is worked with some hundred (measured: docs/ACTIVITY.md). */
#define BYTES_PER_TICK 100

bool
flow_wanted(const struct cx *cx)
{
	return !strcmp(cx->site->count_open_connections, "traffic");
}

static void
flow_add(struct cx *cx, struct instance *one, uint64_t key, int64_t moved)
{
	size_t n = one->n_flows;

	/* 0, 8, 16, 32, ...: full */
	if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) {
		struct flow *more =
			arena_array(&cx->arena, n ? 2 * n : 8, sizeof(*more));

		if (n)
			memcpy(more, one->flows, n * sizeof(*more));
		one->flows = more;
	}
	one->flows[one->n_flows++] = (struct flow){key, moved};
}

void
flow_of_port(struct cx *cx, const struct ports *p, int64_t port,
	     struct instance *one)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].port == port && !p->v[i].listens &&
		    p->v[i].at == TCP_AT_LOOPBACK)
			flow_add(cx, one, p->v[i].cookie, p->v[i].moved);
}

/* ---- Of UNIX sockets ---- */

struct walk {
	struct cx *cx;
	const struct roots *roots;
	struct instances *list;
};

static bool
is_in(pid_t pid, ino_t ns, const struct procfs_tree *t)
{
	return t->ns ? t->ns == ns : procfs_in_tree(pid, t);
}

static bool
each_process(pid_t pid, void *arg)
{
	const struct walk *w = arg;
	ino_t ns = procfs_namespace(pid);
	int64_t bytes, ticks;

	for (size_t i = 0; ns && i < w->roots->n; i++) {
		struct instance *one = &w->list->v[i];

		if (one->connections <= 0 || !w->roots->v[i].tree.root ||
		    !is_in(pid, ns, &w->roots->v[i].tree))
			continue;
		if (procfs_work(pid, &bytes, &ticks))
			flow_add(w->cx, one,
				 proc_start_time(pid) << 24 ^ (uint64_t)pid,
				 bytes + ticks * BYTES_PER_TICK);
		break;
	}
	return true;
}

void
flow_of_trees(struct cx *cx, const struct roots *roots, struct instances *list)
{
	struct walk w = {cx, roots, list};

	(void)procfs_each(each_process, &w);
}
