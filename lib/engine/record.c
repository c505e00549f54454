/*
 * run/{id}.status: one line of the launcher about itself, then what
 * bubblewrap adds: the first process of the sandbox and, when the application
 * has ended, its exit code. Each line is a JSON object; all come from
 * programs of the host, appended, and any of them may be missing or torn.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "engine/process.h"

#define RECORD_MAX 4096

/* The number of `"key": 123,`; false when it is not there as a whole. */
static bool
number(const char *text, const char *key, uint64_t *out)
{
	const char *p = strstr(text, key);
	char *end;
	uint64_t n;

	if (!p)
		return false;
	p += strlen(key);
	if (*p < '0' || *p > '9')
		return false;
	n = strtoull(p, &end, 10);
	if (*end != ',' && *end != ' ' && *end != '}')
		return false;
	*out = n;
	return true;
}

static void
parse(const char *text, struct record *r)
{
	const char *boot = strstr(text, "\"boot\": \"");
	uint64_t n = 0;
	size_t len;

	if (number(text, "\"launcher\": ", &n))
		r->launcher = (pid_t)n;
	if (number(text, "\"launcher-start\": ", &n))
		r->launcher_start = n;
	if (number(text, "\"wall-ms\": ", &n))
		r->wall_ms = (int64_t)n;
	if (number(text, "\"port\": ", &n))
		r->port = (int64_t)n;
	if (number(text, "\"child-pid\": ", &n))
		r->child = (pid_t)n;
	if (number(text, "\"exit-code\": ", &n)) {
		r->ended = true;
		r->exit_code = (int)n;
	}
	if (!boot)
		return;
	boot += strlen("\"boot\": \"");
	len = strcspn(boot, "\"");
	if (len < sizeof(r->boot) && boot[len] == '"')
		memcpy(r->boot, boot, len);
}

enum err
record_read(struct cx *cx, const struct place *pl, struct record *r)
{
	struct record got = {.there = true};
	char text[RECORD_MAX];
	ssize_t n;
	int fd = open(pl->status, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT) {
		memset(r, 0, sizeof(*r));
		return OK;
	}
	if (fd < 0)
		return cx_errno(cx, errno, "%s", pl->status);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return cx_errno(cx, errno, "reading %s", pl->status);
	text[n] = '\0';
	parse(text, &got);
	*r = got;
	return OK;
}

enum err
record_open(struct cx *cx, const struct place *pl, int *fd)
{
	int f = open(pl->status,
		     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC |
			     O_NOFOLLOW,
		     0600);

	if (f < 0)
		return cx_errno(cx, errno, "%s", pl->status);
	*fd = f;
	return OK;
}

static bool
append(int fd, const char *line, int n)
{
	return n > 0 && write(fd, line, (size_t)n) == n;
}

bool
record_write(int fd, pid_t launcher, int64_t wall_ms, const char *boot,
	     int64_t port)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
			 "{ \"launcher\": %d, \"launcher-start\": %" PRIu64
			 ", \"wall-ms\": %" PRId64 ", \"port\": %" PRId64
			 ", \"boot\": \"%s\" }\n",
			 (int)launcher, proc_start_time(launcher), wall_ms,
			 port, boot);

	return append(fd, line, n);
}

bool
record_write_exit(int fd, int code)
{
	char line[64];

	return append(fd, line,
		      snprintf(line, sizeof(line), "{ \"exit-code\": %d }\n",
			       code));
}
