/* What the mains of both programs share: options, the site, the log. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/config.h"
#include "base/log.h"
#include "cgi/io.h"

static enum err
parse_mode(struct cx *cx, const char *s, unsigned *mode)
{
	char *end;
	unsigned long n = strtoul(s, &end, 8);

	if (!*s || *end || n > 0777)
		return cx_fail(cx, ERR_CONFIG, "--mode %s: not like 0660", s);
	*mode = (unsigned)n;
	return OK;
}

enum err
io_options(struct cx *cx, int argc, char *const argv[], struct options *out)
{
	struct options o = {.site = getenv("ROOST_SITE"), .mode = 0660};
	enum err e = OK;

	/* A server makes arguments of a plain program's query: ?--site+/x */
	if (io_is_cgi())
		argc = 1;
	for (int i = 1; i < argc && !e; i++) {
		const char *name = argv[i];

		if (i + 1 == argc)
			e = cx_fail(cx, ERR_CONFIG, "%s needs a value", name);
		else if (strcmp(name, "--site") == 0)
			o.site = argv[++i];
		else if (strcmp(name, "--socket") == 0)
			o.socket = argv[++i];
		else if (strcmp(name, "--mode") == 0)
			e = parse_mode(cx, argv[++i], &o.mode);
		else if (strcmp(name, "--remote") == 0)
			o.remote = strcmp(argv[++i], "yes") == 0;
		else
			e = cx_fail(cx, ERR_CONFIG,
				    "%s is not known: --site DIR, --socket "
				    "PATH or ADDRESS:PORT, --mode 0660, "
				    "--remote yes",
				    name);
	}
	if (!e && !o.site)
		e = cx_fail(cx, ERR_CONFIG, "no --site DIR and no ROOST_SITE");
	if (!e)
		*out = o;
	return e;
}

/* A request that waits is a descriptor. No more than are needed: what this
 * process starts inherits the limit. */
static void
raise_descriptors(const struct site *site)
{
	rlim_t want = (rlim_t)site->max_waiting + IO_DESCRIPTORS;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur >= want)
		return;
	l.rlim_cur = l.rlim_max < want ? l.rlim_max : want;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

static enum log_level
level(const char *name)
{
	return strcmp(name, "debug") == 0   ? LOG_LEVEL_DEBUG
	       : strcmp(name, "warn") == 0  ? LOG_LEVEL_WARN
	       : strcmp(name, "error") == 0 ? LOG_LEVEL_ERROR
					    : LOG_LEVEL_INFO;
}

int
io_main(const char *prog, int argc, char *const argv[],
	enum err (*run)(struct cx *cx, const struct options *o))
{
	static struct site site;
	struct cx cx = {0};
	struct options o;
	enum err e;

	log_open(prog, 2, LOG_LEVEL_INFO);
	cx_begin(&cx, NULL);
	if (!(e = io_options(&cx, argc, argv, &o)) &&
	    !(e = site_load(&cx, o.site, &site))) {
		cx.site = &site;
		log_open(prog, 2, level(site.log_level));
		raise_descriptors(&site);
		e = run(&cx, &o);
	}
	if (e) {
		log_fail(&cx, "start");
		fprintf(stderr, "%s: %s\n", prog, cx.why);
	}
	cx_end(&cx);
	site_free(&site);
	return e ? 1 : 0;
}
