/* A web server in fifty lines: asks a FastCGI program over a UNIX socket.
 * Header only. */
#ifndef SUPPORT_FCGICLIENT_H
#define SUPPORT_FCGICLIENT_H

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

#define FCGI_UNUSED __attribute__((unused)) static

/* -1 when nobody listens. */
FCGI_UNUSED int
fcgi_connect(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

FCGI_UNUSED void
fcgi_record(struct buf *out, int type, const void *p, size_t n)
{
	const unsigned char head[8] = {1,
				       (unsigned char)type,
				       0,
				       1,
				       (unsigned char)(n >> 8 & 0xff),
				       (unsigned char)(n & 0xff),
				       0,
				       0};

	buf_add(out, head, sizeof(head));
	buf_add(out, p, n);
}

FCGI_UNUSED void
fcgi_pair(struct buf *out, const char *name, const char *value)
{
	size_t len[2] = {strlen(name), strlen(value)};

	for (int i = 0; i < 2; i++) {
		unsigned char l[4] = {(unsigned char)(len[i] >> 24 | 0x80),
				      (unsigned char)(len[i] >> 16 & 0xff),
				      (unsigned char)(len[i] >> 8 & 0xff),
				      (unsigned char)(len[i] & 0xff)};

		buf_add(out, l, 4);
	}
	buf_puts(out, name);
	buf_puts(out, value);
}

/* A whole GET; more pairs may have been put into vars before. */
FCGI_UNUSED void
fcgi_get(int fd, const char *target, const char *cookie, const char *accept)
{
	static const unsigned char begin[8] = {0, 1, 0, 0, 0, 0, 0, 0};
	struct buf vars, out;

	buf_init(&vars, 60000);
	buf_init(&out, 70000);
	fcgi_pair(&vars, "REQUEST_METHOD", "GET");
	fcgi_pair(&vars, "REQUEST_URI", target);
	fcgi_pair(&vars, "HTTP_HOST", "roost.example");
	fcgi_pair(&vars, "HTTP_COOKIE", cookie);
	fcgi_pair(&vars, "HTTP_ACCEPT", accept);
	fcgi_record(&out, 1, begin, sizeof(begin));
	fcgi_record(&out, 4, vars.data, vars.len);
	fcgi_record(&out, 4, "", 0);
	fcgi_record(&out, 5, "", 0);
	(void)!send(fd, out.data, out.len, MSG_NOSIGNAL);
	buf_free(&vars);
	buf_free(&out);
}

/* Reads to the end of the answer; text gets what it says. False when it broke
 * off before FCGI_END_REQUEST. */
FCGI_UNUSED bool
fcgi_answer(int fd, struct buf *text)
{
	unsigned char h[8], block[65536 + 256];

	while (recv(fd, h, sizeof(h), MSG_WAITALL) == sizeof(h)) {
		size_t n = ((size_t)h[4] << 8 | h[5]) + h[6];

		if (n && recv(fd, block, n, MSG_WAITALL) != (ssize_t)n)
			return false;
		if (h[1] == 3)
			return true;
		if (h[1] == 6)
			buf_add(text, block, n - h[6]);
	}
	return false;
}

#endif
