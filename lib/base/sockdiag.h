/* The kernel's socket table (NETLINK_SOCK_DIAG). No privilege is needed. */
#ifndef BASE_SOCKDIAG_H
#define BASE_SOCKDIAG_H

#include <linux/rtnetlink.h>
#include <stdint.h>

#include "base/cx.h"

/* Sends request (n bytes, with its nlmsghdr) and calls each, with the bodies
 * of at least `least` bytes that come. */
MUST_USE enum err sockdiag_dump(struct cx *cx, const void *request, size_t n,
				size_t least,
				void (*each)(struct nlmsghdr *h, void *arg),
				void *arg);
/* RTA_NEXT, without its casts. */
struct rtattr *sockdiag_next(struct rtattr *a, unsigned *left);

/* From where a socket can be reached. */
enum tcp_at {
	TCP_AT_LOOPBACK, /* 127.0.0.1, as IPv4 or mapped into IPv6 */
	TCP_AT_ANY,	 /* every address, 127.0.0.1 among them */
	TCP_AT_ELSEWHERE /* not at 127.0.0.1 */
};

struct tcp_sock {
	bool listens; /* or is established */
	enum tcp_at at;
	uint16_t port;	/* its own */
	uint32_t inode; /* of its descriptors in /proc; 0: not accepted yet */
	uint32_t uid;
	uint64_t cookie; /* names this socket among all of this boot */
	int64_t moved;	 /* bytes received, and sent and acknowledged */
};

/* All that listen or are established on ports least..most of this network
 * namespace. */
MUST_USE enum err tcp_table(struct cx *cx, uint16_t least, uint16_t most,
			    void (*each)(const struct tcp_sock *s, void *arg),
			    void *arg);
/* Who would get a connection to 127.0.0.1:port now; inode 0: nobody. Costs
 * some microseconds, however many sockets there are. */
MUST_USE enum err tcp_listener(struct cx *cx, uint16_t port,
			       struct tcp_sock *out);
/* Nobody listens at 127.0.0.1:port, so that a program of ours may. */
bool tcp_port_free(uint16_t port);

#endif
