#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/id.h"
#include "cron/cron.h"

struct options {
	const char *site, *id, *op_id;
	long lock_fd, parent;
	bool kick, chores, warm, help;
};

static bool
number(const char *s, long *out)
{
	char *end;

	if (!s || !*s)
		return false;
	*out = strtol(s, &end, 10);
	return !*end && *out >= 0 && *out <= 0x7fffffff;
}

/* One option and its values; how many words it took, 0 when it is wrong. */
static int
option(char *const *v, int n, struct options *o)
{
	if (!strcmp(v[0], "--kick"))
		return o->kick = true, 1;
	if (!strcmp(v[0], "--chores"))
		return o->chores = true, 1;
	if (!strcmp(v[0], "--warm"))
		return o->warm = true, 1;
	if (!strcmp(v[0], "--help"))
		return o->help = true, 1;
	if (!strcmp(v[0], "--site") && n > 1)
		return o->site = v[1], 2;
	if (!strcmp(v[0], "--lock") && n > 1 && number(v[1], &o->lock_fd))
		return 2;
	if (!strcmp(v[0], "--parent") && n > 1 && number(v[1], &o->parent))
		return 2;
	if (!strcmp(v[0], "--worker") && n > 2 && id_is_uuid(v[1]) &&
	    id_is_uuid(v[2])) {
		o->id = v[1];
		o->op_id = v[2];
		return 3;
	}
	return 0;
}

static bool
parse(int argc, char *const *argv, struct options *o)
{
	int took;

	for (int i = 1; i < argc; i += took) {
		took = option(argv + i, argc - i, o);
		if (!took)
			return false;
	}
	return o->help || (o->site && (!o->id || o->lock_fd > 2));
}

static int
usage(FILE *to)
{
	fputs("usage: roost-reconcile --site DIR [--kick]\n"
	      "\n"
	      "Looks at all workspaces of the site in DIR and does what is to\n"
	      "be done. Cron starts it each minute:\n"
	      "  * * * * * roost-reconcile --site DIR\n"
	      "Without --site the environment variable ROOST_SITE says DIR.\n"
	      "--kick: started after somebody's wish and not by cron.\n"
	      "Exit status: 0, or 1 when it could not do its work.\n",
	      to);
	return to == stderr ? 2 : 0;
}

static int
run(struct cx *cx, const struct options *o)
{
	if (o->id)
		return worker_main(cx, o->id, o->op_id, (int)o->lock_fd,
				   o->parent);
	if (o->chores)
		return chores_main(cx);
	if (o->warm)
		return warm_main(cx);
	return pass_main(cx, o->kick ? PASS_KICK : PASS_CRON);
}

int
main(int argc, char **argv)
{
	struct options o = {.site = getenv("ROOST_SITE"), .lock_fd = -1};
	struct site site = {0};
	struct cx cx = {0};
	int status = 1;

	if (!parse(argc, argv, &o))
		return usage(stderr);
	if (o.help)
		return usage(stdout);
	cx_begin(&cx, NULL);
	if (site_load(&cx, o.site, &site)) {
		fprintf(stderr, "roost-reconcile: %s\n", cx.why);
	} else {
		cx.site = &site;
		if (log_start(&cx))
			fprintf(stderr, "roost-reconcile: %s\n", cx.why);
		else
			status = run(&cx, &o);
	}
	cx_end(&cx);
	site_free(&site);
	return status;
}
