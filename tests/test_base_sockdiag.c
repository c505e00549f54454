/* The kernel's socket table: who listens, who is connected. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sockdiag.h"
#include "support/suite.h"
#include "support/tmpsite.h"

static struct tmpsite t;
static uint16_t port;

static void
up(void)
{
	tmpsite_open(&t, NULL);
	port = (uint16_t)(20000 + getpid() % 12000);
	while (!tcp_port_free(port))
		port++;
}

static void
down(void)
{
	tmpsite_close(&t);
}

/* A socket that listens at an address of IPv4, or of IPv6 where it has a
 * colon; -1: it may not. */
static int
listener(const char *at, bool only_v6)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = {.any = {.sa_family = strchr(at, ':') ? AF_INET6 : AF_INET}};
	bool v6 = a.any.sa_family == AF_INET6;
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int only = only_v6;

	ck_assert_int_ge(fd, 0);
	if (v6) {
		a.v6.sin6_port = htons(port);
		inet_pton(AF_INET6, at, &a.v6.sin6_addr);
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	} else {
		a.v4.sin_port = htons(port);
		inet_pton(AF_INET, at, &a.v4.sin_addr);
	}
	ck_assert_int_eq(bind(fd, &a.any, v6 ? sizeof(a.v6) : sizeof(a.v4)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static unsigned
inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return (unsigned)st.st_ino;
}

static struct tcp_sock
looked_up(void)
{
	struct tcp_sock s = {.inode = 99};

	ck_assert_int_eq(tcp_listener(&t.cx, port, &s), OK);
	ck_assert_uint_eq(s.port, port);
	return s;
}

struct seen {
	struct tcp_sock v[16];
	size_t n;
};

static void
see(const struct tcp_sock *s, void *arg)
{
	struct seen *seen = arg;

	ck_assert_uint_lt(seen->n, 16);
	seen->v[seen->n++] = *s;
}

static struct seen
table(void)
{
	struct seen seen = {.n = 0};

	ck_assert_int_eq(tcp_table(&t.cx, port, port, see, &seen), OK);
	return seen;
}

/* Where it listens, and whether a connection to 127.0.0.1 gets there. */
static const struct {
	const char *at;
	bool only_v6, reached;
	enum tcp_at where;
} places[] = {
	{"127.0.0.1", false, true, TCP_AT_LOOPBACK},
	{"0.0.0.0", false, true, TCP_AT_ANY},
	{"127.0.0.2", false, false, TCP_AT_ELSEWHERE},
	{"::ffff:127.0.0.1", false, true, TCP_AT_LOOPBACK},
	{"::", false, true, TCP_AT_ANY},
	{"::", true, false, TCP_AT_ELSEWHERE},
	{"::1", false, false, TCP_AT_ELSEWHERE},
};

START_TEST(it_is_known_who_listens_where)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int fd = listener(places[i].at, places[i].only_v6);
		struct tcp_sock one = looked_up();
		struct seen all = table();

		ck_assert_uint_eq(all.n, 1);
		ck_assert(all.v[0].listens);
		ck_assert_uint_eq(all.v[0].inode, inode_of(fd));
		ck_assert_uint_eq(all.v[0].uid, geteuid());
		ck_assert_int_eq(all.v[0].at, places[i].where);
		ck_assert_uint_eq(one.inode,
				  places[i].reached ? inode_of(fd) : 0);
		ck_assert_int_eq(tcp_port_free(port), !places[i].reached);
		close(fd);
		ck_assert_uint_eq(looked_up().inode, 0);
		ck_assert(tcp_port_free(port));
	}
}
END_TEST

static int
connected(void)
{
	const struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&a, sizeof(a)),
			 0);
	return fd;
}

START_TEST(connections_stand_in_the_table_once)
{
	static const char *const at[] = {"127.0.0.1", "::ffff:127.0.0.1"};
	size_t i, k;

	for (i = 0; i < 2; i++) {
		int fd = listener(at[i], false), c[3];
		struct seen all;

		for (k = 0; k < 3; k++)
			c[k] = connected();
		all = table();
		ck_assert_uint_eq(all.n, 4);
		for (k = 0; k < 4; k++) {
			ck_assert_uint_eq(all.v[k].port, port);
			ck_assert_int_eq(all.v[k].at, TCP_AT_LOOPBACK);
		}
		/* who is connected does not hide who listens */
		ck_assert_uint_eq(looked_up().inode, inode_of(fd));
		for (k = 0; k < 3; k++)
			close(c[k]);
		ck_assert_uint_eq(table().n, 1);
		close(fd);
	}
}
END_TEST

/* What a connection has carried, under a name that stays. */
START_TEST(bytes_of_a_connection_are_counted)
{
	int fd = listener("127.0.0.1", false), c = connected();
	int in = accept(fd, NULL, NULL);
	char text[1000] = "";
	struct tcp_sock was, now = {.listens = true};
	struct seen all = table();

	was = all.v[0].listens ? all.v[1] : all.v[0];
	ck_assert(!was.listens);
	ck_assert_int_eq(write(c, text, 700), 700);
	ck_assert_int_eq(read(in, text, sizeof(text)), 700);
	ck_assert_int_eq(write(in, text, 300), 300);
	ck_assert_int_eq(read(c, text, sizeof(text)), 300);
	for (int i = 0; i < 100 && now.moved < was.moved + 1000; i++) {
		all = table();
		now = all.v[0].listens ? all.v[1] : all.v[0];
		usleep(10000); /* until it is acknowledged */
	}
	ck_assert_int_eq(now.moved - was.moved, 1000);
	ck_assert_uint_eq(now.cookie, was.cookie);
	ck_assert_uint_ne(now.cookie, 0);
	close(in);
	close(c);
	close(fd);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {it_is_known_who_listens_where,
				      connections_stand_in_the_table_once,
				      bytes_of_a_connection_are_counted};

	return suite_run(&(struct suite){.name = "base_sockdiag",
					 .up = up,
					 .down = down,
					 .seconds = 60},
			 tests, sizeof(tests) / sizeof(*tests));
}
