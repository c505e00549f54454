/* What roostctl says about itself. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

static const struct {
	const char *name, *value, *help;
} options[OPTION__MAX] = {
#define X(option, name, value, help) {name, value, help},
#include "ctl/options.def"
#undef X
};

static const struct {
	const char *name, *text;
} texts[] = {
#define X(name, text) {name, text},
#include "ctl/help.def"
#undef X
};

const char *
help_text(const struct command *command)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].name, command->name))
			return texts[i].text;
	return "";
}

/* "user add NAME", in cx-free memory of the caller. */
static const char *
synopsis(const struct command *k, char out[80])
{
	snprintf(out, 80, "%s%s%s", k->name, *k->usage ? " " : "", k->usage);
	return out;
}

static void
print_all(void)
{
	char line[80];
	size_t i;

	puts("usage: roostctl [--site DIR] COMMAND [WORD...] [OPTION...]\n");
	for (i = 0; i < n_commands; i++)
		printf("  %-26s %s\n", synopsis(&commands[i], line),
		       commands[i].summary);
	puts("\nThe site is a directory with a roost.conf. Without --site the "
	     "variable\nROOST_SITE says which. More about a command: "
	     "roostctl help COMMAND");
}

static void
print_options(const struct command *k)
{
	char line[80];
	size_t i;

	for (i = 0; i < OPTION__MAX; i++) {
		if (!(k->options & (1u << i)))
			continue;
		snprintf(line, sizeof(line), "%s%s%s", options[i].name,
			 options[i].value ? " " : "",
			 options[i].value ? options[i].value : "");
		printf("    %-16s %s\n", line, options[i].help);
	}
}

void
help_print(const struct command *k)
{
	char line[80];

	if (!k) {
		print_all();
		return;
	}
	printf("NAME\n    roostctl %s - %s\n\n", k->name, k->summary);
	printf("SYNOPSIS\n    roostctl %s%s%s\n",
	       k->need == NEED_NOTHING ? "" : "--site DIR ", synopsis(k, line),
	       k->options ? " [OPTION...]" : "");
	if (k->options) {
		printf("\nOPTIONS\n");
		print_options(k);
	}
	if (*help_text(k))
		printf("\nDESCRIPTION\n%s", help_text(k));
}

enum err
ctl_help(struct ctl *c)
{
	const struct command *k = NULL;
	size_t words;

	if (c->n_args) {
		k = ctl_find(c->arg, c->n_args, &words);
		if (!k || words < c->n_args)
			return cx_fail(&c->cx, ERR_INVALID,
				       "there is no command \"%s%s%s\"",
				       c->arg[0], c->n_args > 1 ? " " : "",
				       c->n_args > 1 ? c->arg[1] : "");
	}
	help_print(k);
	return OK;
}
