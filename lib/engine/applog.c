/* What an application says: log/ws-{id}.log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/process.h"
#include "rules/names.h"

#define BEGINS "[roost] starting "
#define TAIL_MAX 300
#define WORDS_READ 4095 /* of which TAIL_MAX are said */

/* The last n bytes of fd at most; how many came. */
static size_t
read_end(int fd, char *out, size_t n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)n ? size - (off_t)n : 0;
	ssize_t got = pread(fd, out, n, from);

	return got > 0 ? (size_t)got : 0;
}

/* Writers append, so they go on behind what is kept. */
static void
cut(int fd)
{
	static char kept[APPLOG_KEEP];
	struct stat st;
	size_t n;

	if (fstat(fd, &st) || st.st_size <= APPLOG_MAX)
		return;
	n = read_end(fd, kept, sizeof(kept));
	if (!ftruncate(fd, 0) && write(fd, kept, n) < 0)
		return;
}

enum err
applog_open(struct cx *cx, const struct place *pl, int *fd)
{
	int f = open(pl->log,
		     O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	char iso[CLOCK_ISO_MAX];

	if (f < 0)
		return cx_errno(cx, errno, "%s", pl->log);
	cut(f);
	if (dprintf(f, BEGINS "%s\n", clock_iso(clock_now_ms(), iso)) < 0) {
		close(f);
		return cx_errno(cx, errno, "writing %s", pl->log);
	}
	*fd = f;
	return OK;
}

void
applog_say(int fd, const char *line)
{
	if (dprintf(fd, "[roost] %s\n", line) < 0)
		return;
}

void
applog_add(const struct place *pl, const char *text, size_t n)
{
	int fd = open(pl->log, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (write(fd, text, n) == (ssize_t)n)
		cut(fd);
	close(fd);
}

void
applog_trim(const struct place *pl)
{
	struct stat st;
	int fd;

	if (lstat(pl->log, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size <= APPLOG_MAX)
		return;
	fd = open(pl->log, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	cut(fd);
	close(fd);
}

/* Where what was said since the last start begins. */
static char *
since_start(char *text)
{
	char *at = text, *next;

	while ((next = strstr(at, BEGINS)))
		at = next + strlen(BEGINS) +
		     strcspn(next + strlen(BEGINS), "\n");
	return at;
}

/* Fit for an error message: one line of valid text, its end. */
static char *
as_message(char *at)
{
	size_t n = strlen(at);
	char *p;

	while (n && (at[n - 1] == '\n' || at[n - 1] == ' '))
		at[--n] = '\0';
	if (n > TAIL_MAX)
		at += n - TAIL_MAX;
	/* The cut may stand inside a character. */
	while (((unsigned char)*at & 0xc0) == 0x80)
		at++;
	for (p = at; *p; p++)
		if (*p == '\n')
			*p = '|';
		else if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (!name_text_ok(at, 0, TAIL_MAX, false))
		for (p = at; *p; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
	return at;
}

/* text has room for n + 1 bytes. */
static const char *
message_of(struct cx *cx, char *text, size_t n)
{
	char *at, *p;

	text[n] = '\0';
	/* A byte 0 would hide what follows it. */
	for (p = text; p < text + n; p++)
		if (!*p)
			*p = '?';
	at = since_start(text);
	while (*at == '\n')
		at++;
	return arena_strdup(&cx->arena, as_message(at));
}

const char *
applog_words(struct cx *cx, const char *text, size_t n)
{
	char end[WORDS_READ + 1];
	size_t some = n < WORDS_READ ? n : WORDS_READ;

	if (some)
		memcpy(end, text + n - some, some);
	return message_of(cx, end, some);
}

const char *
applog_tail(struct cx *cx, const struct place *pl)
{
	char text[WORDS_READ + 1];
	size_t n;
	int fd = open(pl->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return "";
	n = read_end(fd, text, WORDS_READ);
	close(fd);
	return message_of(cx, text, n);
}
