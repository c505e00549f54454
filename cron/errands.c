#include "cron/errands.h"

#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/fs.h"
#include "base/proc.h"

#define URL_MAX 400

/* The first line of the mark: where to ask; "" for wherever base_url says. */
static enum err
take_mark(struct cx *cx, const char *mark, const char **url)
{
	struct buf b;
	enum err e;

	buf_init(&b, URL_MAX);
	e = fs_read(cx, mark, &b);
	*url = arena_strndup(&cx->arena, buf_str(&b),
			     strcspn(buf_str(&b), "\n"));
	buf_free(&b);
	(void)unlink(mark);
	return e;
}

static enum err
start_doctor(struct cx *cx, const char *url)
{
	const char *argv[] = {arena_printf(&cx->arena, "%s/roostctl",
					   site_libexec(cx)),
			      "--site",
			      cx->site->dir,
			      "doctor",
			      "--url",
			      url,
			      NULL};

	if (*cx->site->base_url || strncmp(url, "http", 4) != 0)
		argv[4] = NULL;
	return proc_detach(cx, argv, -1);
}

enum err
errands(struct cx *cx)
{
	const char *mark = site_run_file(cx, "doctor.ask"), *url;
	enum err e;

	if (access(mark, F_OK))
		return OK;
	if ((e = take_mark(cx, mark, &url)))
		return e;
	return start_doctor(cx, url);
}

enum err
errand_warm(struct cx *cx)
{
	const char *argv[] = {arena_printf(&cx->arena, "%s/roost-reconcile",
					   site_libexec(cx)),
			      "--site", cx->site->dir, "--warm", NULL};

	return cx->site->warm_processes ? proc_detach(cx, argv, -1) : OK;
}
