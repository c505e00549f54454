/*
 * The command template of an app, split as base/command.h says.
 *
 * {socket} {port} {home} {id} {base} are replaced after splitting, so that no
 * value can add a word. Other braces stay as they are.
 */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include "base/command.h"

struct command_values {
	const char *socket, *home, *id;
	const char *port; /* of 127.0.0.1; NULL: it has none */
};

/* NULL-terminated words in cx's arena; ERR_CONFIG: empty, a quote without
 * its end, too many words, or {port} where it has none. */
MUST_USE enum err command_parse(struct cx *cx, const char *text,
				const struct command_values *v,
				const char *const **argv, size_t *n);
/* The same replacing in one text, e.g. the value of a variable. */
MUST_USE enum err command_fill(struct cx *cx, const char *text,
			       const struct command_values *v,
			       const char **out);
#endif
