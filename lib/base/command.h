/*
 * The command of an app: its words, and where its program is. What stands for
 * socket, home and so on is filled in by engine/command.h.
 *
 * Words are split at spaces and tabs; "..." keeps them, and in it \" and \\
 * stand for " and \. There is no shell: no variables, no globs, no pipes.
 */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include "base/config.h"
#include "base/cx.h"

#define COMMAND_WORDS_MAX 256
#define COMMAND_PATH "/usr/local/bin:/usr/bin:/bin"

/* NULL-terminated, in cx's arena. ERR_CONFIG: too many, or a quote without
 * its end. */
MUST_USE enum err command_words(struct cx *cx, const char *text,
				const char *const **words, size_t *n);
/* Absolute path of a program: itself when it has a slash, else found along
 * path (dir:dir). ERR_IMAGE: not there, or not executable. */
MUST_USE enum err command_find(struct cx *cx, const char *name,
			       const char *path, const char **out);
/* The PATH along which an app's program is found: its own, or COMMAND_PATH. */
const char *command_path(const struct app *app);
/* The program of an app on this machine. ERR_IMAGE, ERR_CONFIG. */
MUST_USE enum err command_program(struct cx *cx, const struct app *app,
				  const char **out);

#endif
