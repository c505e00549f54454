/* roostctl reference: the tables of the system as Markdown. */
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "ctl/ctl.h"
#include "rules/ttl.h"
#include "rules/words.h"

/* A cell: | would end it. */
static void
cell(const char *s)
{
	fputs(" ", stdout);
	for (; *s; s++) {
		if (*s == '|' || *s == '<')
			putchar('\\');
		putchar(*s);
	}
	fputs(" |", stdout);
}

static void
code(const char *s)
{
	printf(*s ? " `%s` |" : " %s|", s);
}

static void
number(long long n)
{
	printf(" %lld |", n);
}

static void
head(const char *title, const char *intro, const char *columns)
{
	const char *p;

	printf("# %s\n\n%s\n\n| %s |\n|", title, intro, columns);
	for (p = columns; p; p = strchr(p + 1, '|'))
		printf("---|");
	putchar('\n');
}

static void
row_end(void)
{
	putchar('\n');
}

static void
key_row(const char *type, const char *key, const char *def, long long least,
	long long most, const char *help)
{
	bool number_like = !strcmp(type, "INT");
	char range[64];

	if (number_like)
		snprintf(range, sizeof(range), "%lld to %lld", least, most);
	else if (!strcmp(type, "BOOL"))
		snprintf(range, sizeof(range), "yes or no");
	else
		snprintf(range, sizeof(range), "%s, at most %lld",
			 !strcmp(type, "PATH") ? "path" : "text", most);
	printf("|");
	code(key);
	cell(range);
	code(def);
	cell(help);
	row_end();
}

static void
config(void)
{
	head("roost.conf",
	     "How a site is laid out: `key = value` lines above the first "
	     "`[app NAME]`\nsection. Read once by each program when it starts. "
	     "Relative paths begin at the\ndirectory of roost.conf.",
	     "key | value | default | what it is");
#define X(type, key, def, least, most, help)                                   \
	key_row(#type, #key, def, least, most, help);
#include "base/config.def"
#undef X
}

static void
apps(void)
{
	head("[app NAME] sections of roost.conf",
	     "Each names a program that workspaces can run. Besides these keys "
	     "`env.NAME = value`\nsets a variable. In command and env these "
	     "words are replaced: `{socket}` the UNIX\nsocket to listen on, "
	     "or instead of it `{port}` the TCP port of 127.0.0.1 (with\n"
	     "`network = host`), "
	     "`{home}` the home, `{id}` the workspace, `{base}` the path\n"
	     "`/w/{id}/`, or `/` where workspaces have hosts of their own.",
	     "key | value | default | what it is");
#define X(type, key, def, least, most, help)                                   \
	key_row(#type, #key, def, least, most, help);
#include "base/app.def"
#undef X
}

static void
settings(void)
{
	enum setting s;

	head("Settings",
	     "What an administrator changes while the site runs: `roostctl "
	     "settings`.",
	     "setting | default | least | most | what it is");
	for (s = 0; s < SETTING__MAX; s++) {
		printf("|");
		code(setting_key(s));
		number(setting_default(s));
		number(setting_least(s));
		number(setting_most(s));
		cell(setting_help(s));
		row_end();
	}
}

static void
errors(void)
{
	int e;

	head("Errors",
	     "What the API answers, as `{\"error\": {\"code\": ..., "
	     "\"message\": ...}}`. Where\nrepeating may help, the same request "
	     "may be sent again.",
	     "code | HTTP | repeating may help | what people read");
	for (e = OK + 1; e < ERR__MAX; e++) {
		printf("|");
		code(err_slug((enum err)e));
		number(err_http((enum err)e));
		cell(err_again((enum err)e) ? "yes" : "no");
		cell(err_text((enum err)e));
		row_end();
	}
}

static void
reasons(void)
{
	int r;

	head("Reasons", "Why a workspace is in ERROR (`error_reason`).",
	     "reason | tried again by itself | only an admin may recover | "
	     "what people read");
	for (r = REASON_NONE + 1; r < REASON__MAX; r++) {
		printf("|");
		code(reason_name((enum reason)r));
		cell(reason_retries((enum reason)r) ? "yes" : "no");
		cell(reason_needs_admin((enum reason)r) ? "yes" : "no");
		cell(reason_text((enum reason)r));
		row_end();
	}
}

static void
activity(void)
{
	int h;

	head("Why it runs",
	     "`runs_because` of a workspace; where several hold it, the first "
	     "of them. What counts: [ACTIVITY.md](../ACTIVITY.md).",
	     "word | what it means");
	for (h = HOLD_NONE; h < HOLD__MAX; h++) {
		printf("|");
		code(h ? hold_name((enum hold)h) : "null");
		cell(hold_what((enum hold)h));
		row_end();
	}
}

static void
metrics(void)
{
	head("Metrics",
	     "What `/metrics` tells an administrator's token, as Prometheus "
	     "text.",
	     "metric | type | what it is");
#define X(name, type, value, help)                                             \
	printf("|");                                                           \
	code(name);                                                            \
	cell(type);                                                            \
	cell(help);                                                            \
	row_end();
#include "service/metrics.def"
#undef X
}

static void
faults(void)
{
	head("Fault points",
	     "Where tests make the outside world fail or the process die (not "
	     "in release builds):\nsee lib/base/fault.h.",
	     "point | what would have happened there");
#define X(point, what)                                                         \
	printf("|");                                                           \
	code(#point);                                                          \
	cell(what);                                                            \
	row_end();
#include "base/fault.def"
#undef X
}

static void
checks(void)
{
	head("roostctl doctor",
	     "What doctor looks at, in this order. Each line of its answer is "
	     "ok, warn or fail.",
	     "check | what it looks at");
#define X(check, name, what)                                                   \
	printf("|");                                                           \
	code(name);                                                            \
	cell(what);                                                            \
	row_end();
#include "ctl/doctor.def"
#undef X
}

static void
command_pages(void)
{
	size_t i;

	puts("# roostctl\n\nThe manual pages of all commands: `roostctl help "
	     "COMMAND` prints one.\n\n```");
	for (i = 0; i < n_commands; i++) {
		if (i)
			puts("\n-----------------------------------------------"
			     "-"
			     "----------------------------\n");
		help_print(&commands[i]);
	}
	puts("```");
}

static const struct {
	const char *topic;
	void (*print)(void);
} topics[] = {
	{"commands", command_pages}, {"config", config}, {"apps", apps},
	{"settings", settings},	     {"errors", errors}, {"reasons", reasons},
	{"activity", activity},	     {"doctor", checks}, {"metrics", metrics},
	{"faults", faults},
};

enum err
ctl_reference(struct ctl *c)
{
	size_t i;

	for (i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (!strcmp(topics[i].topic, c->arg[0])) {
			topics[i].print();
			return OK;
		}
	return cx_fail(&c->cx, ERR_INVALID,
		       "there is no reference of %s; see roostctl help "
		       "reference",
		       c->arg[0]);
}
