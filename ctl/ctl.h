/*
 * roostctl: one command, from words to an answer.
 *
 * 1. A command is a row of commands.def; what it needs (a site, its database)
 *    is there before its function runs.
 * 2. Answers go to stdout, complaints to stderr, once, by main.c. A command
 *    that fails has said nothing on stdout, unless it failed half way.
 * 3. A password is never taken from the command line, where every user of
 *    the machine could read it.
 * 4. What somebody else wrote is printed without control characters.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/config.h"
#include "base/cx.h"

struct db;

enum option {
#define X(option, name, value, help) option,
#include "ctl/options.def"
#undef X
	OPTION__MAX
};

enum need { NEED_NOTHING, NEED_SITE, NEED_DB };

struct ctl {
	struct cx cx;
	struct site site;
	struct db *db;
	const char *site_dir; /* --site, or ROOST_SITE */
	const struct command *command;
	const char *arg[8]; /* words after the command's name */
	size_t n_args;
	const char *option[OPTION__MAX]; /* NULL: not given; "" a flag */
};

struct command {
	const char *name;   /* "user add" */
	const char *usage;  /* its words, "NAME [VALUE]" */
	size_t least, most; /* how many words */
	enum need need;
	unsigned options; /* 1 << enum option */
	enum err (*run)(struct ctl *c);
	const char *summary; /* one line */
};

extern const struct command commands[];
extern const size_t n_commands;

#define X(fn, name, usage, least, most, need, options, summary)                \
	enum err fn(struct ctl *c);
#include "ctl/commands.def"
#undef X

/* The command that begins argv, and how many words its name has. */
const struct command *ctl_find(const char *const *argv, size_t n,
			       size_t *words);
/* Options and words of one command line; ERR_INVALID says what is wrong. */
MUST_USE enum err ctl_parse(struct ctl *c, size_t n, const char *const *argv);
/* The manual page of a command; NULL: the list of all. */
void help_print(const struct command *command);
/* The paragraphs of help.def; "" when there are none. */
const char *help_text(const struct command *command);

/* A number of an option or word; ERR_INVALID names it. */
MUST_USE enum err ctl_number(struct ctl *c, const char *what, const char *text,
			     int64_t least, int64_t most, int64_t *out);
/*
 * The password of this command: made up (--random, printed once as
 * "password: ..."), the first line of stdin (--stdin), or asked for twice on
 * the terminal. In c->cx.arena. Nothing else is checked here.
 */
MUST_USE enum err ctl_password(struct ctl *c, const char **out);
void password_random(char out[33]);
/* One row of the audit: roostctl did this. */
MUST_USE enum err ctl_audit(struct ctl *c, const char *action,
			    const char *target, const char *detail);
/*
 * Runs `change` and its audit row in one transaction, and rings the bell.
 */
struct change {
	enum err (*make)(struct ctl *c, void *arg);
	void *arg;
	const char *action, *target, *detail;
};
MUST_USE enum err ctl_change(struct ctl *c, const struct change *change);

#endif
