/* Where passwords come from: never from argv. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/id.h"
#include "ctl/ctl.h"

#define PASSWORD_MAX 1024

/* 20 characters of 32: 100 bits, none that looks like another. */
void
password_random(char out[33])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char r[20];
	size_t i, n = 0;

	id_random(r, sizeof(r));
	for (i = 0; i < sizeof(r); i++) {
		if (i && i % 5 == 0)
			out[n++] = '-';
		out[n++] = letters[r[i] % 32];
	}
	out[n] = '\0';
}

/* One line without its end, at most max - 1 bytes; false: none, or longer. */
static bool
read_line(int fd, char *line, size_t max)
{
	size_t n = 0;
	char ch;

	while (read(fd, &ch, 1) == 1) {
		if (ch == '\n') {
			line[n] = '\0';
			return true;
		}
		if (n + 1 == max || !ch)
			return false;
		line[n++] = ch;
	}
	line[n] = '\0';
	return n > 0;
}

static bool
ask(int tty, const char *prompt, char *line, size_t max)
{
	struct termios was, quiet;
	bool ok;

	if (tcgetattr(tty, &was))
		return false;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (dprintf(tty, "%s", prompt) < 0 || tcsetattr(tty, TCSAFLUSH, &quiet))
		return false;
	ok = read_line(tty, line, max);
	tcsetattr(tty, TCSAFLUSH, &was);
	return dprintf(tty, "\n") > 0 && ok;
}

static enum err
from_terminal(struct ctl *c, char *out)
{
	char again[PASSWORD_MAX];
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (tty < 0)
		return cx_fail(&c->cx, ERR_INVALID,
			       "there is no terminal to ask for the password; "
			       "say --random or --stdin");
	ok = ask(tty, "password: ", out, PASSWORD_MAX) &&
	     ask(tty, "the same again: ", again, sizeof(again));
	close(tty);
	if (!ok)
		return cx_fail(&c->cx, ERR_INVALID, "no password was given");
	if (strcmp(out, again))
		return cx_fail(&c->cx, ERR_INVALID,
			       "the two were not the same; nothing is changed");
	return OK;
}

enum err
ctl_password(struct ctl *c, const char **out)
{
	char line[PASSWORD_MAX];
	enum err e;

	if (c->option[OPTION_RANDOM] && c->option[OPTION_STDIN])
		return cx_fail(&c->cx, ERR_INVALID,
			       "--random or --stdin, not both");
	if (c->option[OPTION_RANDOM])
		password_random(line);
	else if (c->option[OPTION_STDIN]) {
		if (!read_line(0, line, sizeof(line)))
			return cx_fail(&c->cx, ERR_INVALID,
				       "standard input holds no password");
	} else if ((e = from_terminal(c, line)))
		return e;
	*out = arena_strdup(&c->cx.arena, line);
	explicit_bzero(line, sizeof(line));
	return OK;
}
