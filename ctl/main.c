/* roostctl --site DIR COMMAND ...: what an administrator does by hand. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ctl/ctl.h"
#include "store/db.h"

enum { EXIT_USAGE = 2 };

static enum err
prepare(struct ctl *c)
{
	enum err e;

	if (c->command->need == NEED_NOTHING)
		return OK;
	if (!c->site_dir)
		return cx_fail(&c->cx, ERR_CONFIG,
			       "which site? say --site DIR, or set ROOST_SITE");
	if ((e = site_load(&c->cx, c->site_dir, &c->site)))
		return e;
	c->cx.site = &c->site;
	return c->command->need == NEED_DB ? db_open(&c->cx, DB_WRITE, &c->db)
					   : OK;
}

static int
finish(struct ctl *c, enum err e)
{
	int status = e == ERR_INVALID ? EXIT_USAGE
		     : e	      ? EXIT_FAILURE
				      : EXIT_SUCCESS;

	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "roostctl: the answer could not be written\n");
		status = EXIT_FAILURE;
	}
	if (e && *c->cx.why)
		fprintf(stderr, "roostctl: %s%s%s\n", c->cx.field,
			*c->cx.field ? ": " : "", c->cx.why);
	db_close(c->db);
	site_free(&c->site);
	cx_end(&c->cx);
	return status;
}

/* --site and --help may stand before the command as well as after it. */
static size_t
take_leading(struct ctl *c, size_t n, const char *const *argv)
{
	size_t i = 0;

	while (i + 1 < n && !strcmp(argv[i], "--site")) {
		c->site_dir = argv[i + 1];
		i += 2;
	}
	return i;
}

int
main(int argc, char **argv)
{
	const char *const *word = (const char *const *)argv + 1;
	size_t n = argc > 0 ? (size_t)argc - 1 : 0, skip, words;
	struct ctl c = {0};
	enum err e;

	setlocale(LC_CTYPE, "C.UTF-8");
	log_open("roostctl", 2, LOG_LEVEL_WARN);
	cx_begin(&c.cx, NULL);
	c.site_dir = getenv("ROOST_SITE");
	skip = take_leading(&c, n, word);
	word += skip;
	n -= skip;
	if (n && (!strcmp(word[0], "--help") || !strcmp(word[0], "-h"))) {
		help_print(NULL);
		return finish(&c, OK);
	}
	c.command = ctl_find(word, n, &words);
	if (!c.command) {
		e = cx_fail(&c.cx, ERR_INVALID,
			    n ? "there is no command \"%s\"; see roostctl help"
			      : "say what to do; see roostctl help%s",
			    n ? word[0] : "");
		return finish(&c, e);
	}
	if ((e = ctl_parse(&c, n - words, word + words)))
		return finish(&c, e);
	if (c.option[OPTION_HELP]) {
		help_print(c.command);
		return finish(&c, OK);
	}
	if (!(e = prepare(&c)))
		e = c.command->run(&c);
	return finish(&c, e);
}
