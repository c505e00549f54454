/* Command lines: which command, which options, which words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

#define O(name) (1u << OPTION_##name)

const struct command commands[] = {
#define X(fn, name, usage, least, most, need, options, summary)                \
	{name, usage, least, most, need, options, fn, summary},
#include "ctl/commands.def"
#undef X
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

static const struct {
	const char *name, *value;
} options[OPTION__MAX] = {
#define X(option, name, value, help) {name, value},
#include "ctl/options.def"
#undef X
};

/* Every command takes these. */
#define ALWAYS (O(SITE) | O(HELP))

const struct command *
ctl_find(const char *const *argv, size_t n, size_t *words)
{
	size_t i, w;

	for (i = 0; i < n_commands; i++) {
		const char *name = commands[i].name, *end;

		for (w = 0; w < n && *name; w++) {
			end = name + strcspn(name, " ");
			if (strncmp(name, argv[w], (size_t)(end - name)) ||
			    argv[w][end - name])
				break;
			name = *end ? end + 1 : end;
		}
		if (!*name) {
			*words = w;
			return &commands[i];
		}
	}
	return NULL;
}

static enum err
take_option(struct ctl *c, const char *word, const char *next, size_t *used)
{
	size_t i, len;

	for (i = 0; i < OPTION__MAX; i++) {
		len = strlen(options[i].name);
		if (strncmp(word, options[i].name, len) ||
		    (word[len] && word[len] != '='))
			continue;
		if (!((c->command->options | ALWAYS) & (1u << i)))
			break;
		if (c->option[i])
			return cx_fail(&c->cx, ERR_INVALID, "%s is given twice",
				       options[i].name);
		*used = 1;
		if (!options[i].value && word[len])
			break;
		c->option[i] = "";
		if (!options[i].value)
			return OK;
		c->option[i] = word[len] ? word + len + 1 : next;
		*used = word[len] ? 1 : 2;
		if (!c->option[i] || !*c->option[i])
			return cx_fail(&c->cx, ERR_INVALID, "%s needs %s",
				       options[i].name, options[i].value);
		return OK;
	}
	return cx_fail(&c->cx, ERR_INVALID,
		       "%s takes no %s; see roostctl help %s", c->command->name,
		       word, c->command->name);
}

static enum err
take_word(struct ctl *c, const char *word)
{
	if (c->n_args == c->command->most)
		return cx_fail(&c->cx, ERR_INVALID,
			       "too many words: %s; see roostctl help %s", word,
			       c->command->name);
	c->arg[c->n_args++] = word;
	return OK;
}

enum err
ctl_parse(struct ctl *c, size_t n, const char *const *argv)
{
	bool words_only = false;
	size_t i, used;
	enum err e = OK;

	for (i = 0; i < n && !e; i += used) {
		used = 1;
		if (!words_only && !strcmp(argv[i], "--"))
			words_only = true;
		else if (!words_only && argv[i][0] == '-' && argv[i][1])
			e = take_option(c, argv[i],
					i + 1 < n ? argv[i + 1] : NULL, &used);
		else
			e = take_word(c, argv[i]);
	}
	if (e)
		return e;
	if (c->option[OPTION_SITE])
		c->site_dir = c->option[OPTION_SITE];
	if (c->n_args < c->command->least && !c->option[OPTION_HELP])
		return cx_fail(&c->cx, ERR_INVALID, "usage: roostctl %s %s",
			       c->command->name, c->command->usage);
	return OK;
}

enum err
ctl_number(struct ctl *c, const char *what, const char *text, int64_t least,
	   int64_t most, int64_t *out)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most)
		return cx_fail(&c->cx, ERR_INVALID,
			       "%s must be a whole number from %lld to %lld",
			       what, (long long)least, (long long)most);
	*out = n;
	return OK;
}
