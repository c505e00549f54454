/*
 * The command template of an app. Words are split at spaces and tabs;
 * "..." keeps them, and in it \" and \\ stand for " and \. There is no
 * shell: no variables, no globs, no pipes.
 *
 * {socket} {port} {home} {id} {base} are replaced after splitting, so that no
 * value can add a word. Other braces stay as they are.
 */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include "base/config.h"
#include "base/cx.h"

struct command_values {
	const char *socket, *home, *id;
	const char *port; /* of 127.0.0.1; NULL: it has none */
};

#define COMMAND_WORDS_MAX 256

/* NULL-terminated words in cx's arena; ERR_CONFIG: empty, a quote without
 * its end, too many words, or {port} where it has none. */
MUST_USE enum err command_parse(struct cx *cx, const char *text,
				const struct command_values *v,
				const char *const **argv, size_t *n);
/* The same replacing in one text, e.g. the value of a variable. */
MUST_USE enum err command_fill(struct cx *cx, const char *text,
			       const struct command_values *v,
			       const char **out);
/* Absolute path of a program: itself when it has a slash, else found along
 * path (dir:dir). ERR_IMAGE: not there, or not executable. */
MUST_USE enum err command_find(struct cx *cx, const char *name,
			       const char *path, const char **out);
/* Words of a space-separated list (binds), as command_parse splits them. */
MUST_USE enum err command_words(struct cx *cx, const char *text,
				const char *const **words, size_t *n);

#endif
