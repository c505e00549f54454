/*
 * Who is connected, from one dump of the kernel's UNIX sockets. A server's
 * end of a connection carries device and inode of the socket file that was
 * bound; the path that it carries too is the workspace's to choose, and is
 * not looked at.
 */
#include <errno.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/process.h"

#define DUMP_BYTES (256 << 10)
#define DUMP_WAIT_MS 5000

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

static enum err
ask(struct cx *cx, int fd)
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
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (sendto(fd, &request, sizeof(request), 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return cx_errno(cx, errno, "asking for the socket table");
	return OK;
}

/* NLMSG_NEXT and RTA_NEXT, without their casts. */
static struct nlmsghdr *
message_after(struct nlmsghdr *h, unsigned *left)
{
	unsigned n = NLMSG_ALIGN(h->nlmsg_len);

	*left = n < *left ? *left - n : 0;
	return (void *)((char *)h + n);
}

static struct rtattr *
attribute_after(struct rtattr *a, unsigned *left)
{
	unsigned n = RTA_ALIGN(a->rta_len);

	*left = n < *left ? *left - n : 0;
	return (void *)((char *)a + n);
}

/* One socket of the dump. Its end of a connection that the other side has
 * closed says so (shutdown) and is nobody's any more. */
static void
count(struct nlmsghdr *h, const struct keys *k)
{
	struct unix_diag_msg *m = NLMSG_DATA(h);
	struct rtattr *a = (void *)(m + 1);
	unsigned left = h->nlmsg_len - (unsigned)NLMSG_LENGTH(sizeof(*m));
	const struct unix_diag_vfs *vfs = NULL;
	struct key key = {0};
	const struct key *found;
	unsigned char shut = 0;

	for (; RTA_OK(a, left); a = attribute_after(a, &left))
		if (a->rta_type == UNIX_DIAG_VFS &&
		    RTA_PAYLOAD(a) >= sizeof(*vfs))
			vfs = RTA_DATA(a);
		else if (a->rta_type == UNIX_DIAG_SHUTDOWN)
			shut = *(const unsigned char *)RTA_DATA(a);
	if (!vfs || shut == 3)
		return;
	key.dev = k->any_dev ? 0 : vfs->udiag_vfs_dev;
	key.ino = vfs->udiag_vfs_ino;
	found = bsearch(&key, k->v, k->n, sizeof(*k->v), by_inode);
	if (found)
		found->of->connections++;
}

/* One datagram of the dump; *done when it was the last. */
static enum err
take(struct cx *cx, void *p, size_t n, const struct keys *k, bool *done)
{
	struct nlmsghdr *h = p;
	unsigned left = (unsigned)n;

	for (; NLMSG_OK(h, left); h = message_after(h, &left)) {
		const struct nlmsgerr *err = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_ERROR)
			return cx_errno(cx, -err->error, "the socket table");
		if (h->nlmsg_type == NLMSG_DONE)
			*done = true;
		else if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			 h->nlmsg_len >=
				 NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			count(h, k);
	}
	return OK;
}

static enum err
dump(struct cx *cx, int fd, const struct keys *k)
{
	void *space = arena_alloc(&cx->arena, DUMP_BYTES);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool done = false;
	enum err e;
	ssize_t n;

	if ((e = ask(cx, fd)))
		return e;
	while (!done) {
		if (poll(&p, 1, DUMP_WAIT_MS) <= 0)
			return cx_fail(cx, ERR_TIMEOUT,
				       "the socket table does not come");
		n = recv(fd, space, DUMP_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return cx_errno(cx, errno, "reading the socket table");
		if ((e = take(cx, space, (size_t)n, k, &done)))
			return e;
	}
	return OK;
}

enum err
activity_count(struct cx *cx, struct instances *list)
{
	struct keys k;
	enum err e;
	int fd;

	keys_of(cx, list, &k);
	if (k.n == 0)
		return OK;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return cx_errno(cx, errno, "netlink socket");
	e = dump(cx, fd, &k);
	close(fd);
	return e;
}
