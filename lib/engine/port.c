/*
 * Instances that listen on a TCP port. A port is nobody's: another program of
 * this machine may have it before the instance does, or take it when the
 * instance ends. So who listens there is known by the inodes of the sockets
 * and by the processes that have them open, and run/sock/{id}.port says for
 * the gate which sockets those are. Rule 6 of process.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "engine/process.h"
#include "engine/procfs.h"

bool
port_wanted(const struct app *app)
{
	return strstr(app->command, "{port}") != NULL;
}

int64_t
port_of_slot(const struct cx *cx, int64_t slot)
{
	return cx->site->port_base + slot;
}

static void
keep(const struct tcp_sock *s, void *arg)
{
	struct ports *p = arg;

	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 256;
		struct tcp_sock *more =
			arena_array(&p->cx->arena, cap, sizeof(*more));

		if (p->n)
			memcpy(more, p->v, p->n * sizeof(*more));
		p->v = more;
		p->cap = cap;
	}
	p->v[p->n++] = *s;
}

enum err
ports_read(struct cx *cx, int64_t least, int64_t most, struct ports *out)
{
	struct ports p = {.cx = cx};
	enum err e = tcp_table(cx, (uint16_t)least, (uint16_t)most, keep, &p);

	if (!e)
		*out = p;
	return e;
}

int64_t
ports_connected(const struct ports *p, int64_t port)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		n += p->v[i].port == port && !p->v[i].listens &&
		     p->v[i].at == TCP_AT_LOOPBACK;
	return n;
}

/* ---- Who listens there ---- */

struct owner {
	struct procfs_tree tree;
	unsigned inode;
	bool found;
};

static bool
owns(pid_t pid, void *arg)
{
	struct owner *o = arg;

	o->found = procfs_in_tree(pid, &o->tree) &&
		   procfs_has_socket(pid, o->inode);
	return !o->found;
}

static bool
is_its(const struct record *r, unsigned inode)
{
	struct owner o = {.inode = inode};

	return procfs_tree(record_root(r), &o.tree) && procfs_each(owns, &o) &&
	       o.found;
}

/* What is known already is not asked for again: a socket's inode never comes
 * to be another's while it listens. */
static void
judge(const struct record *r, const struct name_port *known,
      const struct tcp_sock *s, struct port_seen *seen)
{
	if (!name_port_has(known, s->inode) && !is_its(r, s->inode)) {
		seen->stranger = s->at != TCP_AT_ELSEWHERE || seen->stranger;
		seen->uid = s->uid;
		return;
	}
	if (s->at != TCP_AT_LOOPBACK)
		seen->open = true;
	else if (seen->its.n < NAME_INODES)
		seen->its.inode[seen->its.n++] = s->inode;
}

static bool
mark_read(const struct place *pl, struct name_port *out)
{
	char text[NAME_MAX_LEN];
	ssize_t n = readlink(pl->port, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	return name_port_read(text, out);
}

void
port_look(const struct place *pl, const struct record *r,
	  const struct ports *all, struct port_seen *out)
{
	struct name_port known;
	size_t i;

	*out = (struct port_seen){.its.port = (long)r->port};
	if (!mark_read(pl, &known) || known.port != r->port)
		known = (struct name_port){.n = 0};
	for (i = 0; i < all->n; i++)
		if (all->v[i].port == r->port && all->v[i].listens)
			judge(r, &known, &all->v[i], out);
}

/* ---- The mark ---- */

enum err
port_mark(struct cx *cx, const struct place *pl, const struct port_seen *seen)
{
	const struct name_port nobody = {.port = seen->its.port},
			       *its = &nobody;
	const char *beside =
		arena_printf(&cx->arena, "%s.%d~", pl->port, (int)getpid());
	char text[NAME_MAX_LEN], now[NAME_MAX_LEN];
	ssize_t n = readlink(pl->port, now, sizeof(now) - 1);

	if (!seen->stranger && !seen->open)
		its = &seen->its;
	name_port(its, text);
	if (n >= 0 && (size_t)n == strlen(text) &&
	    !memcmp(now, text, (size_t)n))
		return OK;
	if (FAULT(FAULT_ENGINE_ROUTE))
		return cx_fail(cx, ERR_IO, "fault while marking the port of %s",
			       pl->id);
	if (unlink(beside) && errno != ENOENT)
		return cx_errno(cx, errno, "removing %s", beside);
	if (symlink(text, beside) || rename(beside, pl->port))
		return cx_errno(cx, errno, "making %s", pl->port);
	return OK;
}

enum err
port_list(struct cx *cx, const struct place *pl, const struct record *r,
	  struct ports *ports, bool *read, struct instance *one)
{
	int64_t base = cx->site->port_base;
	struct port_seen seen;
	enum err e;

	if (!*read &&
	    (e = ports_read(cx, base, base + cx->site->slots - 1, ports)))
		return e;
	*read = true;
	port_look(pl, r, ports, &seen);
	one->connections = ports_connected(ports, r->port);
	if (flow_wanted(cx))
		flow_of_port(cx, ports, r->port, one);
	return port_mark(cx, pl, &seen);
}

/* The web server reaches a port only in the host's own network. */
enum err
port_check(struct cx *cx, const struct app *app, const char *network)
{
	if (strcmp(network, "host"))
		return cx_fail(cx, ERR_CONFIG,
			       "the app %s listens on {port}, which nobody "
			       "reaches without network = host in its section; "
			       "let it listen on {socket} if it can",
			       app->name);
	if (strstr(app->command, "{socket}"))
		return cx_fail(cx, ERR_CONFIG,
			       "{socket} and {port} in the command of the app "
			       "%s: it must listen on one of them",
			       app->name);
	return OK;
}

void
port_endpoint(const struct record *r, int64_t slot, struct endpoint *out)
{
	snprintf(out->address, sizeof(out->address), "tcp:127.0.0.1:%lld",
		 (long long)r->port);
	out->slot = slot;
}
