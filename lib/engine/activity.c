/*
 * Who is connected, from one dump of the kernel's UNIX sockets. A server's
 * end of a connection carries device and inode of the socket file that was
 * bound; the path that it carries too is the workspace's to choose, and is
 * not looked at.
 */
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/sockdiag.h"
#include "engine/process.h"

/* The socket file of one instance, as the kernel names it. */
struct key {
	uint32_t dev, ino;
	struct instance *of;
};

struct keys {
	struct key *v;
	size_t n;
	bool any_dev; /* devices are not compared */
};

static int
by_inode(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

/* The kernel's own form of a device number: 12 bits and 20. */
static uint32_t
kernel_dev(dev_t dev)
{
	return major(dev) << 20 | minor(dev);
}

/* There stat gives files another device than the kernel's own; the number of
 * the file must do. */
static bool
devices_differ(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (fs.f_type == BTRFS_SUPER_MAGIC ||
				      fs.f_type == OVERLAYFS_SUPER_MAGIC);
}

static void
keys_of(struct cx *cx, const struct instances *list, struct keys *k)
{
	struct stat st;
	size_t i;

	k->v = arena_array(&cx->arena, list->n + 1, sizeof(*k->v));
	k->n = 0;
	k->any_dev = devices_differ(cx->site->run_dir);
	for (i = 0; i < list->n; i++) {
		const char *sock =
			arena_printf(&cx->arena, "%s/sock/%s.sock",
				     cx->site->run_dir, list->v[i].id);

		if (lstat(sock, &st) || !S_ISSOCK(st.st_mode))
			continue;
		list->v[i].connections = 0;
		k->v[k->n++] =
			(struct key){k->any_dev ? 0 : kernel_dev(st.st_dev),
				     (uint32_t)st.st_ino, &list->v[i]};
	}
	qsort(k->v, k->n, sizeof(*k->v), by_inode);
}

/* Whose end of a connection one socket of the dump is; NULL: nobody's. One that
 * the other side has closed says so (shutdown) and is nobody's any more. */
static const struct key *
key_of(struct nlmsghdr *h, const struct keys *k)
{
	struct unix_diag_msg *m = NLMSG_DATA(h);
	struct rtattr *a = (void *)(m + 1);
	unsigned left = h->nlmsg_len - (unsigned)NLMSG_LENGTH(sizeof(*m));
	const struct unix_diag_vfs *vfs = NULL;
	struct key key = {0};
	unsigned char shut = 0;

	for (; RTA_OK(a, left); a = sockdiag_next(a, &left))
		if (a->rta_type == UNIX_DIAG_VFS &&
		    RTA_PAYLOAD(a) >= sizeof(*vfs))
			vfs = RTA_DATA(a);
		else if (a->rta_type == UNIX_DIAG_SHUTDOWN)
			shut = *(const unsigned char *)RTA_DATA(a);
	if (!vfs || shut == 3)
		return NULL;
	key.dev = k->any_dev ? 0 : vfs->udiag_vfs_dev;
	key.ino = vfs->udiag_vfs_ino;
	return bsearch(&key, k->v, k->n, sizeof(*k->v), by_inode);
}

static enum err
dump(struct cx *cx, void (*each)(struct nlmsghdr *h, void *arg), void *arg)
{
	const struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.r = {.sdiag_family = AF_UNIX,
		      .udiag_states = 1U << TCP_ESTABLISHED,
		      .udiag_show = UDIAG_SHOW_VFS},
	};

	return sockdiag_dump(cx, &request, sizeof(request),
			     sizeof(struct unix_diag_msg), each, arg);
}

static void
count(struct nlmsghdr *h, void *arg)
{
	const struct key *found = key_of(h, arg);

	if (found)
		found->of->connections++;
}

enum err
activity_count(struct cx *cx, struct instances *list)
{
	struct keys k;

	keys_of(cx, list, &k);
	return k.n == 0 ? OK : dump(cx, count, &k);
}

/* ---- Which sockets those are, of one ---- */

struct gather {
	struct keys k;
	struct ends *ends;
};

void
ends_add(struct ends *s, unsigned inode)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		unsigned *more = arena_array(&s->cx->arena, cap, sizeof(*more));

		if (s->n)
			memcpy(more, s->v, s->n * sizeof(*more));
		s->v = more;
		s->cap = cap;
	}
	s->v[s->n++] = inode;
}

static void
gather(struct nlmsghdr *h, void *arg)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	struct gather *g = arg;

	if (key_of(h, &g->k))
		ends_add(g->ends, m->udiag_ino);
}

enum err
activity_ends(struct cx *cx, const char *id, struct ends *out)
{
	struct instance one = {.id = ""};
	struct instances list = {.v = &one, .n = 1};
	struct gather g = {.ends = out};

	memcpy(one.id, id, strnlen(id, sizeof(one.id) - 1));
	*out = (struct ends){.cx = cx};
	keys_of(cx, &list, &g.k);
	return g.k.n == 0 ? OK : dump(cx, gather, &g);
}
