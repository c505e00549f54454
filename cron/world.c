/* The real world of a pass: the site's database, engine, homes and store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "cron/cron.h"

#define LOG_MAX ((off_t)16 << 20)

static int log_fd = -1;

int
log_file(void)
{
	return log_fd;
}

static enum log_level
level_of(const char *name)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"debug", LOG_LEVEL_DEBUG},
		      {"info", LOG_LEVEL_INFO},
		      {"warn", LOG_LEVEL_WARN},
		      {"error", LOG_LEVEL_ERROR}};

	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return LOG_LEVEL_INFO;
}

enum err
log_start(struct cx *cx)
{
	const char *path =
		arena_printf(&cx->arena, "%s/reconcile.log", cx->site->log_dir);
	struct stat st;
	enum err e;

	if ((e = fs_mkdirs(cx, cx->site->log_dir, 0750)) ||
	    (e = fs_mkdirs(cx, cx->site->run_dir, 0750)))
		return e;
	if (!stat(path, &st) && st.st_size > LOG_MAX)
		(void)!rename(path, arena_printf(&cx->arena, "%s.1", path));
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (log_fd < 0)
		return cx_errno(cx, errno, "log file %s", path);
	log_open("roost-reconcile", log_fd, level_of(cx->site->log_level));
	return OK;
}

static void
note(void *arg, const struct cx *cx, const char *event, const char *id,
     const char *detail)
{
	(void)arg;
	log_event(cx, LOG_LEVEL_INFO, event, "ws", id, "what", detail, NULL);
}

static void
say(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

enum err
world_open(struct cx *cx, enum db_mode mode, struct world *w)
{
	enum err e;

	w->note = note;
	w->say = say;
	if ((e = engine_find(cx, &w->engine)) ||
	    (e = home_find(cx, &w->home)) || (e = store_find(cx, &w->store)))
		return e;
	return db_open(cx, mode, &w->db);
}

void
world_close(struct world *w)
{
	db_close(w->db);
	w->db = NULL;
}
