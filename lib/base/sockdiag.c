#include "base/sockdiag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DUMP_BYTES (256 << 10)
#define ANSWER_BYTES 4096
#define WAIT_MS 5000

static enum err
ask(struct cx *cx, const void *request, size_t n, int *out)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	enum err e;

	if (fd < 0)
		return cx_errno(cx, errno, "netlink socket");
	if (sendto(fd, request, n, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0) {
		e = cx_errno(cx, errno, "asking for the socket table");
		close(fd);
		return e;
	}
	*out = fd;
	return OK;
}

/* One datagram of the kernel's. */
static enum err
hear(struct cx *cx, int fd, void *space, size_t size, unsigned *n)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t got;

	do {
		if (poll(&p, 1, WAIT_MS) == 0)
			return cx_fail(cx, ERR_TIMEOUT,
				       "the socket table does not come");
		got = recv(fd, space, size, 0);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return cx_errno(cx, errno, "reading the socket table");
	*n = (unsigned)got;
	return OK;
}

/* NLMSG_NEXT, without its casts. */
static struct nlmsghdr *
message_after(struct nlmsghdr *h, unsigned *left)
{
	unsigned n = NLMSG_ALIGN(h->nlmsg_len);

	*left = n < *left ? *left - n : 0;
	return (void *)((char *)h + n);
}

struct rtattr *
sockdiag_next(struct rtattr *a, unsigned *left)
{
	unsigned n = RTA_ALIGN(a->rta_len);

	*left = n < *left ? *left - n : 0;
	return (void *)((char *)a + n);
}

struct visit {
	size_t least;
	void (*each)(struct nlmsghdr *h, void *arg);
	void *arg;
	bool done;
};

static enum err
take(struct cx *cx, void *p, unsigned left, struct visit *v)
{
	struct nlmsghdr *h = p;

	for (; NLMSG_OK(h, left); h = message_after(h, &left)) {
		const struct nlmsgerr *err = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_ERROR)
			return cx_errno(cx, -err->error, "the socket table");
		if (h->nlmsg_type == NLMSG_DONE)
			v->done = true;
		else if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			 h->nlmsg_len >= NLMSG_LENGTH(v->least))
			v->each(h, v->arg);
	}
	return OK;
}

enum err
sockdiag_dump(struct cx *cx, const void *request, size_t n, size_t least,
	      void (*each)(struct nlmsghdr *h, void *arg), void *arg)
{
	void *space = arena_alloc(&cx->arena, DUMP_BYTES);
	struct visit v = {.least = least, .each = each, .arg = arg};
	unsigned got = 0;
	int fd = -1;
	enum err e;

	if ((e = ask(cx, request, n, &fd)))
		return e;
	while (!e && !v.done)
		if (!(e = hear(cx, fd, space, DUMP_BYTES, &got)))
			e = take(cx, space, got, &v);
	close(fd);
	return e;
}

static enum tcp_at
reached_at(const struct inet_diag_msg *m, bool only_v6)
{
	const uint32_t *a = m->id.idiag_src;
	bool any = !a[0] && !a[1] && !a[2] && !a[3];
	bool mapped = !a[0] && !a[1] && a[2] == htonl(0xffff);
	bool v6 = m->idiag_family == AF_INET6;

	if (any && !(v6 && only_v6))
		return TCP_AT_ANY;
	if (v6 && !mapped)
		return TCP_AT_ELSEWHERE;
	return a[v6 ? 3 : 0] == htonl(INADDR_LOOPBACK) ? TCP_AT_LOOPBACK
						       : TCP_AT_ELSEWHERE;
}

/* struct tcp_info of linux/tcp.h as far as we read it; the C library's own
 * ends before the counters. */
struct info {
	struct tcp_info head;
	uint64_t pacing_rate, max_pacing_rate;
	uint64_t bytes_acked, bytes_received;
};
_Static_assert(sizeof(struct info) == 136, "as the kernel has it");

/* An older kernel's answer may be shorter. */
static int64_t
bytes_moved(const struct rtattr *a)
{
	struct info info = {.bytes_acked = 0};
	size_t n = RTA_PAYLOAD(a);

	memcpy(&info, RTA_DATA(a), n < sizeof(info) ? n : sizeof(info));
	return (int64_t)(info.bytes_acked + info.bytes_received);
}

static struct tcp_sock
tcp_sock(struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct rtattr *a =
		(void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(*m)));
	unsigned left = h->nlmsg_len - (unsigned)NLMSG_LENGTH(sizeof(*m));
	bool only_v6 = false;
	int64_t moved = 0;

	for (; RTA_OK(a, left); a = sockdiag_next(a, &left))
		if (a->rta_type == INET_DIAG_SKV6ONLY)
			only_v6 = *(const unsigned char *)RTA_DATA(a);
		else if (a->rta_type == INET_DIAG_INFO)
			moved = bytes_moved(a);
	return (struct tcp_sock){
		.listens = m->idiag_state == TCP_LISTEN,
		.at = reached_at(m, only_v6),
		.port = ntohs(m->id.idiag_sport),
		.inode = m->idiag_inode,
		.uid = m->idiag_uid,
		.cookie = (uint64_t)m->id.idiag_cookie[1] << 32 |
			  m->id.idiag_cookie[0],
		.moved = moved,
	};
}

struct tcp_visit {
	void (*each)(const struct tcp_sock *s, void *arg);
	void *arg;
};

static void
tcp_each(struct nlmsghdr *h, void *arg)
{
	const struct tcp_visit *v = arg;
	struct tcp_sock s = tcp_sock(h);

	v->each(&s, v->arg);
}

/* The kernel chooses: own port >= least and <= most. Each test is two words,
 * the second with the number; yes and no are how far to go on, and beyond the
 * end means no. */
static enum err
tcp_family(struct cx *cx, int family, uint16_t least, uint16_t most,
	   struct tcp_visit *v)
{
	const struct inet_diag_bc_op both[4] = {
		{INET_DIAG_BC_S_GE, 8, 20},
		{0, 0, least},
		{INET_DIAG_BC_S_LE, 8, 12},
		{0, 0, most},
	};
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
		struct nlattr a;
		struct inet_diag_bc_op ops[4];
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.r = {.sdiag_family = (uint8_t)family,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_ext = 1U << (INET_DIAG_INFO - 1),
		      .idiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN},
		.a = {.nla_len = sizeof(request.a) + sizeof(both),
		      .nla_type = INET_DIAG_REQ_BYTECODE},
	};

	memcpy(request.ops, both, sizeof(both));
	return sockdiag_dump(cx, &request, sizeof(request),
			     sizeof(struct inet_diag_msg), tcp_each, v);
}

enum err
tcp_table(struct cx *cx, uint16_t least, uint16_t most,
	  void (*each)(const struct tcp_sock *s, void *arg), void *arg)
{
	struct tcp_visit v = {each, arg};
	enum err e = tcp_family(cx, AF_INET, least, most, &v);

	return e ? e : tcp_family(cx, AF_INET6, least, most, &v);
}

enum err
tcp_listener(struct cx *cx, uint16_t port, struct tcp_sock *out)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST},
		.r = {.sdiag_family = AF_INET,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_states = 1U << TCP_LISTEN,
		      .id = {.idiag_sport = htons(port),
			     .idiag_src = {htonl(INADDR_LOOPBACK)},
			     .idiag_dst = {htonl(INADDR_LOOPBACK)},
			     .idiag_cookie = {INET_DIAG_NOCOOKIE,
					      INET_DIAG_NOCOOKIE}}},
	};
	void *space = arena_alloc(&cx->arena, ANSWER_BYTES);
	struct nlmsghdr *h = space;
	const struct nlmsgerr *err = NLMSG_DATA(h);
	unsigned n = 0;
	enum err e;
	int fd = -1;

	if ((e = ask(cx, &request, sizeof(request), &fd)))
		return e;
	e = hear(cx, fd, space, ANSWER_BYTES, &n);
	close(fd);
	if (e)
		return e;
	if (!NLMSG_OK(h, n) ||
	    (h->nlmsg_type == NLMSG_ERROR && err->error != -ENOENT))
		return cx_errno(cx, NLMSG_OK(h, n) ? -err->error : EPROTO,
				"the socket table");
	*out = h->nlmsg_type == NLMSG_ERROR ? (struct tcp_sock){.port = port}
					    : tcp_sock(h);
	return OK;
}

bool
tcp_port_free(uint16_t port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool free;

	/* As servers bind: an old connection's end is no obstacle. */
	free = fd >= 0 &&
	       !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	       !bind(fd, (const struct sockaddr *)&at, sizeof(at));
	if (fd >= 0)
		close(fd);
	return free;
}
