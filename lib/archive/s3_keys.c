#include "archive/s3_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"

#define FILE_MOST 8192

static const char *const names[] = {"aws_access_key_id",
				    "aws_secret_access_key",
				    "aws_session_token"};

static char *
trim(char *s)
{
	char *end;

	s += strspn(s, " \t\r");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s;
}

/* A line never appears in a message: there is a secret in it. */
static enum err
take_line(struct cx *cx, char *line, int number, const char *from,
	  const char *v[3], int *sections)
{
	char *eq;
	size_t i;

	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return OK;
	if (*line == '[') {
		if (!(*sections)++)
			return OK;
		return cx_fail(cx, ERR_CONFIG,
			       "%s line %d: there may be one section only: it"
			       " would not be clear which keys are meant",
			       from, number);
	}
	eq = strchr(line, '=');
	if (eq)
		*eq = '\0';
	for (i = 0; eq && i < 3; i++)
		if (!strcmp(trim(line), names[i])) {
			v[i] = arena_strdup(&cx->arena, trim(eq + 1));
			return OK;
		}
	return cx_fail(cx, ERR_CONFIG,
		       "%s line %d: expected aws_access_key_id,"
		       " aws_secret_access_key or aws_session_token, = and a"
		       " value",
		       from, number);
}

/* They go into headers and are signed: no spaces, no control characters. */
static bool
is_word(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s > 126)
			return false;
	return true;
}

static enum err
take(struct cx *cx, const char *const v[3], const char *from,
     struct s3_keys *out)
{
	if (!v[0] || !*v[0] || !v[1] || !*v[1])
		return cx_fail(cx, ERR_CONFIG,
			       "%s: no access key or no secret for the object"
			       " store",
			       from);
	if (!is_word(v[0]) || !is_word(v[1]) || (v[2] && !is_word(v[2])))
		return cx_fail(cx, ERR_CONFIG,
			       "%s: a key has characters that no key has",
			       from);
	*out = (struct s3_keys){v[0], v[1], v[2] ? v[2] : ""};
	return OK;
}

enum err
s3_keys_parse(struct cx *cx, char *text, const char *from, struct s3_keys *out)
{
	const char *v[3] = {NULL};
	int number = 0, sections = 0;
	char *next;
	enum err e;

	for (; text; text = next) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		if ((e = take_line(cx, text, ++number, from, v, &sections)))
			return e;
	}
	return take(cx, v, from, out);
}

static enum err
check_file(struct cx *cx, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return cx_errno(cx, errno, "look at %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size >= FILE_MOST)
		return cx_fail(cx, ERR_CONFIG, "%s is no file of credentials",
			       path);
	if (st.st_mode & 077)
		return cx_fail(cx, ERR_CONFIG,
			       "others can read %s: chmod 600 it, and get new"
			       " keys if somebody may have",
			       path);
	return OK;
}

static enum err
from_file(struct cx *cx, const char *path, struct s3_keys *out)
{
	char text[FILE_MOST];
	ssize_t n;
	enum err e;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return cx_fail(cx, ERR_CONFIG,
			       "s3_credentials: %s cannot be read: %s", path,
			       strerror(errno));
	if (!(e = check_file(cx, path, fd))) {
		n = read(fd, text, sizeof(text) - 1);
		if (n < 0)
			e = cx_errno(cx, errno, "read %s", path);
		else
			text[n] = '\0';
	}
	close(fd);
	if (!e)
		e = s3_keys_parse(cx, text, path, out);
	explicit_bzero(text, sizeof(text));
	return e;
}

enum err
s3_keys_load(struct cx *cx, struct s3_keys *out)
{
	const char *v[3];

	if (*cx->site->s3_credentials)
		return from_file(cx, cx->site->s3_credentials, out);
	v[0] = getenv("AWS_ACCESS_KEY_ID");
	v[1] = getenv("AWS_SECRET_ACCESS_KEY");
	v[2] = getenv("AWS_SESSION_TOKEN");
	return take(cx, v,
		    "s3_credentials names no file and the environment has no"
		    " AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY",
		    out);
}
